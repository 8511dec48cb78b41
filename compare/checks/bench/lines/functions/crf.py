"""Linear-chain CRF: forward and backward messages in log space, expected counts minus observed counts, one sequence."""
import numpy as np


def lse(a, axis):
    m = np.max(a, axis=axis, keepdims=True)
    return np.squeeze(m, axis=axis) + np.log(np.sum(np.exp(a - m), axis=axis))


def backward(params, x, y):
    W, A = params['W'], params['A']
    T, S = len(x), A.shape[0]
    U = x @ W
    alpha = np.zeros((T, S))
    beta = np.zeros((T, S))
    alpha[0] = U[0]
    for t in range(1, T):
        alpha[t] = U[t] + lse(alpha[t - 1][:, None] + A, 0)
    logZ = lse(alpha[-1], 0)
    score = U[0, y[0]]
    for t in range(1, T):
        score += A[y[t - 1], y[t]] + U[t, y[t]]
    loss = logZ - score

    for t in range(T - 2, -1, -1):
        beta[t] = lse(A + U[t + 1] + beta[t + 1], 1)
    dU = np.exp(alpha + beta - logZ)
    for t in range(T):
        dU[t, y[t]] -= 1
    dA = np.zeros_like(A)
    for t in range(T - 1):
        joint = alpha[t][:, None] + A + (U[t + 1] + beta[t + 1])[None, :] - logZ
        dA += np.exp(joint)
        dA[y[t], y[t + 1]] -= 1
    dW = x.T @ dU
    return loss, {'W': dW, 'A': dA}


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(4, 3)), 'A': scale * rng.normal(size=(3, 3))}


def batch(rng, n):
    return rng.normal(size=(n, 4)), [int(s) for s in rng.integers(0, 3, n)]


rng = np.random.default_rng(33)
params = draw(rng)
x, y = batch(rng, 6)
