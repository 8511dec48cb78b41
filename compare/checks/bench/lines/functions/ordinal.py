"""Ordinal regression: cumulative logits, cut points as a first cut plus exponentials summed up, early returns at the two ends."""
import numpy as np

LEVELS = 4


def F(u):
    return 1.0 / (1.0 + np.exp(-u))


def f(u):
    s = F(u)
    return s * (1 - s)


class Cuts:
    """Increasing thresholds: c_1 = free[0], c_k = c_{k-1} + exp(free[k - 1])."""

    def __init__(self, free):
        self.free = free
        self.steps = np.exp(free[1:])
        self.values = np.cumsum(np.concatenate([free[:1], self.steps]))
        self.grad = np.zeros_like(self.values)

    def upper(self, k):
        return self.values[k] if k < LEVELS - 1 else None

    def lower(self, k):
        return self.values[k - 1] if k > 0 else None

    def free_grad(self):
        out = np.zeros_like(self.free)
        for j in range(len(self.free)):
            tail = self.grad[j:].sum()
            out[j] = tail if j == 0 else tail * self.steps[j - 1]
        return out


def interval(score, lo, hi):
    """Return P(lo < score + noise < hi), and its slope in score, lo and hi."""
    if lo is None:
        return F(hi - score), -f(hi - score), 0.0, f(hi - score)
    if hi is None:
        return 1 - F(lo - score), f(lo - score), -f(lo - score), 0.0
    slope_hi, slope_lo = f(hi - score), f(lo - score)
    return F(hi - score) - F(lo - score), slope_lo - slope_hi, -slope_lo, slope_hi


def backward(params, x, y):
    w, quad, free = params
    cuts = Cuts(free)
    n = len(y)
    total = 0.0
    w_grad, quad_grad = np.zeros_like(w), np.zeros_like(quad)
    for row, level in zip(x, y):
        score = w @ row + row @ quad @ row
        p, p_score, p_lo, p_hi = interval(score, cuts.lower(level), cuts.upper(level))
        p = p + 1e-6
        total -= np.log(p)
        back = -1 / (n * p)
        w_grad += back * p_score * row
        quad_grad += back * p_score * np.outer(row, row)
        if level > 0:
            cuts.grad[level - 1] += back * p_lo
        if level < LEVELS - 1:
            cuts.grad[level] += back * p_hi
    return total / n, (w_grad, quad_grad, cuts.free_grad())


def draw(rng, scale=1.0):
    return scale * rng.normal(size=3), 0.3 * scale * rng.normal(size=(3, 3)), np.tanh(scale * rng.normal(size=LEVELS - 1))


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.integers(0, LEVELS, n)


rng = np.random.default_rng(508)
params = draw(rng)
x, y = batch(rng, 7)
