"""Critic with a gradient penalty: the input gradient of a tanh net, squared distance of its norm from one, differentiated again."""
import numpy as np

LAM = 0.7


class Critic:
    def __init__(self, p):
        self.W, self.b, self.v = p["W"], p["b"], p["v"]
        self.g = {k: np.zeros_like(a) for k, a in p.items()}

    def score(self, x):
        a = np.tanh(x @ self.W.T + self.b)
        return a @ self.v, (x, a)

    def score_backward(self, ds, cache):
        x, a = cache
        self.g["v"] += a.T @ ds
        da = np.outer(ds, self.v)
        dz = da * (1 - a ** 2)
        self.g["W"] += dz.T @ x
        self.g["b"] += dz.sum(axis=0)

    def slope(self, x):
        """d score / d x, one row a sample."""
        a = np.tanh(x @ self.W.T + self.b)
        s = (1 - a ** 2) * self.v
        return s @ self.W, (x, a, s)

    def slope_backward(self, dslope, cache):
        x, a, s = cache
        self.g["W"] += s.T @ dslope
        ds = dslope @ self.W.T
        self.g["v"] += np.sum(ds * (1 - a ** 2), axis=0)
        da = -2 * a * self.v * ds
        dz = da * (1 - a ** 2)
        self.g["W"] += dz.T @ x
        self.g["b"] += dz.sum(axis=0)


def backward(params, x, y):
    real, fake = x
    mix = y[:, None] * real + (1 - y[:, None]) * fake
    net = Critic(params)
    up, cache_up = net.score(real)
    down, cache_down = net.score(fake)
    slope, cache_slope = net.slope(mix)
    norm = np.sqrt(np.sum(slope ** 2, axis=1) + 1e-2)
    off = norm - 1
    n = len(real)
    loss = down.mean() - up.mean() + LAM * np.mean(off ** 2)

    net.score_backward(-np.ones(n) / n, cache_up)
    net.score_backward(np.ones(n) / n, cache_down)
    dnorm = 2 * LAM * off / n
    dslope = (dnorm / norm)[:, None] * slope
    net.slope_backward(dslope, cache_slope)
    return loss, net.g


def draw(rng, scale=1.0):
    return {"W": scale * rng.normal(size=(5, 3)), "b": scale * rng.normal(size=5), "v": scale * rng.normal(size=5)}


def batch(rng, n):
    return (rng.normal(size=(n, 3)), 1 + rng.normal(size=(n, 3))), rng.random(n)


rng = np.random.default_rng(83)
params = draw(rng)
x, y = batch(rng, 4)
