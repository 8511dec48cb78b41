"""Hyperbolic embedding: distances in the Poincare ball, a softmax over negatives, small functions and gathered rows."""
import numpy as np

NODES, DIM, NEGATIVES = 6, 2, 3


def to_ball(E):
    r = np.sqrt(1.0 + np.sum(E ** 2, axis=1, keepdims=True))
    return E / (1.0 + r), r


def to_ball_backward(dB, E, r):
    dE = dB / (1.0 + r)
    dr = -np.sum(dB * E, axis=1, keepdims=True) / (1.0 + r) ** 2
    dE += dr * E / r
    return dE


def distance(u, v):
    """u (N, 1, D), v (N, K, D) -> (N, K)"""
    diff = u - v
    sq = np.sum(diff ** 2, axis=2)
    alpha = 1 - np.sum(u ** 2, axis=2)
    beta = 1 - np.sum(v ** 2, axis=2)
    gamma = 1 + 2 * sq / (alpha * beta) + 1e-3
    root = np.sqrt(gamma ** 2 - 1)
    return np.log(gamma + root), (u, v, diff, sq, alpha, beta, root)


def distance_backward(ddist, cache):
    u, v, diff, sq, alpha, beta, root = cache
    dgamma = ddist / root
    dsq = 2 * dgamma / (alpha * beta)
    dalpha = np.sum(-2 * dgamma * sq / (alpha ** 2 * beta), axis=1, keepdims=True)
    dbeta = -2 * dgamma * sq / (alpha * beta ** 2)
    ddiff = 2 * dsq[:, :, None] * diff
    du = ddiff.sum(axis=1, keepdims=True) - 2 * dalpha[:, :, None] * u
    dv = -ddiff - 2 * dbeta[:, :, None] * v
    return du, dv


def backward(E, x, y=None):
    N = len(x)
    B, r = to_ball(E)
    u, v = B[x[:, :1]], B[x[:, 1:]]
    dist, cache = distance(u, v)
    logits = -dist
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[:, 0].mean()

    dlogits = np.exp(log_p)
    dlogits[:, 0] -= 1
    dlogits /= N
    du, dv = distance_backward(-dlogits, cache)
    dB = np.zeros_like(B)
    np.add.at(dB, x[:, :1], du)
    np.add.at(dB, x[:, 1:], dv)
    return loss, to_ball_backward(dB, E, r)


def draw(rng, scale=1.0):
    return min(scale, 3.0) * rng.normal(size=(NODES, DIM))


def batch(rng, n):
    return np.array([rng.permutation(NODES)[:2 + NEGATIVES] for _ in range(n)]), None


rng = np.random.default_rng(62)
params = draw(rng)
x, y = batch(rng, 5)
