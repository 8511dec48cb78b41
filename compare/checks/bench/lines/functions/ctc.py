"""Connectionist temporal classification: forward and backward tables of probabilities with blanks, rescaled each frame, one utterance."""
import numpy as np

BLANK = 0


def with_blanks(labels):
    ext = [BLANK]
    for l in labels:
        ext += [l, BLANK]
    return ext


def may_skip(ext, s):
    return s >= 2 and ext[s] != BLANK and ext[s] != ext[s - 2]


def backward(params, x, y):
    W, b = params
    ext = with_blanks(y)
    T, S = len(x), len(ext)
    z = x @ W + b
    ez = np.exp(z - z.max(axis=1, keepdims=True))
    prob = ez / ez.sum(axis=1, keepdims=True)

    # alphas, each frame divided by its sum
    alpha = np.zeros((T, S))
    scale = np.zeros(T)
    alpha[0, 0] = prob[0, BLANK]
    if S > 1:
        alpha[0, 1] = prob[0, ext[1]]
    scale[0] = alpha[0].sum()
    alpha[0] = alpha[0] / scale[0]
    for t in range(1, T):
        for s in range(S):
            a = alpha[t - 1, s]
            if s > 0:
                a = a + alpha[t - 1, s - 1]
            if may_skip(ext, s):
                a = a + alpha[t - 1, s - 2]
            alpha[t, s] = a * prob[t, ext[s]]
        scale[t] = alpha[t].sum()
        alpha[t] = alpha[t] / scale[t]
    finish = alpha[T - 1, S - 1]
    if S > 1:
        finish = finish + alpha[T - 1, S - 2]
    loss = -(np.log(scale).sum() + np.log(finish))

    # betas hold the sum over the ways on, without the frame itself
    beta = np.zeros((T, S))
    beta[T - 1, S - 2 if S > 1 else 0:] = 1 / finish
    for t in range(T - 2, -1, -1):
        for s in range(S):
            total = beta[t + 1, s] * prob[t + 1, ext[s]]
            if s + 1 < S:
                total += beta[t + 1, s + 1] * prob[t + 1, ext[s + 1]]
            if s + 2 < S and may_skip(ext, s + 2):
                total += beta[t + 1, s + 2] * prob[t + 1, ext[s + 2]]
            beta[t, s] = total / scale[t + 1]
    gamma = alpha * beta
    dz = prob.copy()
    for s in range(S):
        dz[:, ext[s]] -= gamma[:, s]
    return loss, (x.T @ dz, dz.sum(axis=0))


def draw(rng, scale=1.0):
    return scale * rng.normal(size=(3, 4)), scale * rng.normal(size=4)


def batch(rng, n):
    n = min(n, 40)
    k = max(n // 3, 1)
    # neighbours differ or repeat: a repeated one needs a blank between
    return rng.normal(size=(n, 3)), [int(i) for i in rng.integers(1, 4, k)]


rng = np.random.default_rng(612)
params = draw(rng)
x, y = batch(rng, 6)
