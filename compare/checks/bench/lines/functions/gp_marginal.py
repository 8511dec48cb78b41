"""Gaussian process: log marginal likelihood in log hyperparameters of one vector, trace formula with the inverse matrix."""
import numpy as np


def kernel(theta, X):
    ls, sf, sn = np.exp(theta[0]), np.exp(theta[1]), np.exp(theta[2])
    diff = X[:, None, :] - X[None, :, :]
    D2 = np.sum(diff ** 2, axis=2)
    K = sf ** 2 * np.exp(-0.5 * D2 / ls ** 2)
    return K, D2, ls, sn


def backward(params, x, y):
    n = len(x)
    K, D2, ls, sn = kernel(params, x)
    Ky = K + (sn ** 2 + 1e-6) * np.eye(n)
    L = np.linalg.cholesky(Ky)
    alpha = np.linalg.solve(Ky, y)
    nlml = 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2 * np.pi)

    Kinv = np.linalg.inv(Ky)
    inner = np.outer(alpha, alpha) - Kinv
    grad = np.zeros(3)
    # length scale
    dK = K * D2 / ls ** 2
    grad[0] = -0.5 * np.trace(inner @ dK)
    # signal
    dK = 2 * K
    grad[1] = -0.5 * np.trace(inner @ dK)
    # noise
    dK = 2 * sn ** 2 * np.eye(n)
    grad[2] = -0.5 * np.trace(inner @ dK)
    return nlml, grad


def draw(rng, scale=1.0):
    return np.tanh(scale * rng.normal(size=3)) - np.array([0.0, 0.0, 0.5])


def batch(rng, n):
    x = rng.normal(size=(n, 2))
    return x, np.sin(x[:, 0]) + 0.1 * rng.normal(size=n)


rng = np.random.default_rng(19)
params = draw(rng)
x, y = batch(rng, 8)
