"""Hidden Markov model: log-likelihood of symbols by scaled recursions, logits for start, transition and emission."""
import numpy as np


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(pi, A, B, obs):
    T, S = len(obs), len(pi)
    alpha, c = np.zeros((T, S)), np.zeros(T)
    for t in range(T):
        a = pi * B[:, obs[t]] if t == 0 else alpha[t - 1] @ A * B[:, obs[t]]
        c[t] = a.sum()
        alpha[t] = a / c[t]
    return alpha, c


def smooth(A, B, obs, c):
    T, S = len(obs), A.shape[0]
    beta = np.ones((T, S))
    for t in reversed(range(T - 1)):
        beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t + 1]
    return beta


def backward(params, x, y=None):
    pi, A, B = softmax(params[0]), softmax(params[1]), softmax(params[2])
    alpha, c = forward(pi, A, B, x)
    nll = -np.log(c).sum()

    beta = smooth(A, B, x, c)
    gamma = alpha * beta
    counts = np.zeros_like(A)
    emitted = np.zeros_like(B)
    for t in range(len(x)):
        emitted[:, x[t]] += gamma[t]
        if t > 0:
            counts += np.outer(alpha[t - 1], B[:, x[t]] * beta[t]) * A / c[t]
    d_pi = pi - gamma[0]
    d_A = counts.sum(axis=1, keepdims=True) * A - counts
    d_B = emitted.sum(axis=1, keepdims=True) * B - emitted
    return nll, [d_pi, d_A, d_B]


def draw(rng, scale=1.0):
    s = min(scale, 3)
    return [s * rng.normal(size=3), s * rng.normal(size=(3, 3)), s * rng.normal(size=(3, 4))]


def batch(rng, n):
    return [int(o) for o in rng.integers(0, 4, n)], None


rng = np.random.default_rng(34)
params = draw(rng)
x, y = batch(rng, 7)
