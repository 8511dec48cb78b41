"""Softmax regression: all parameters unrolled in one vector theta, one-hot by indexing, penalty on the weights alone."""
import numpy as np

K, D, lam = 3, 4, 0.1


def cost(theta, X, labels):
    m = X.shape[0]
    W = theta[:K * D].reshape(K, D)
    b = theta[K * D:]
    A = X.dot(W.T) + b
    A = A - A.max(axis=1)[:, None]
    logP = A - np.log(np.exp(A).sum(axis=1))[:, None]
    ground = np.zeros((m, K))
    ground[range(m), labels] = 1
    J = -(1.0 / m) * np.sum(ground * logP) + (lam / 2.0) * np.sum(W ** 2)
    return J, (X, W, logP, ground, m)


def grad(cache):
    X, W, logP, ground, m = cache
    error = np.exp(logP) - ground
    W_grad = (1.0 / m) * error.T.dot(X)
    W_grad = W_grad + lam * W
    b_grad = (1.0 / m) * np.sum(error, axis=0)
    return np.concatenate((W_grad.ravel(), b_grad))


def backward(params, x, y):
    J, cache = cost(params, x, y)
    return J, grad(cache)


def draw(rng, scale=1.0):
    return scale * rng.normal(size=K * D + K)


def batch(rng, n):
    return rng.normal(size=(n, D)), rng.integers(0, K, n)


rng = np.random.default_rng(20)
params = draw(rng)
x, y = batch(rng, 9)
