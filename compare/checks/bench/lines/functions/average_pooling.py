"""Average pooling: a 1-d convolution over time, windows gathered in a list comprehension, pooled by reshape, repeated back."""
import numpy as np

WIDTH, POOL = 3, 2


def softplus(z):
    return np.logaddexp(0, z)


def softplus_prime(z):
    return 1 / (1 + np.exp(-z))


def backward(params, x, y):
    kernel, bias, weights = params
    N, T = x.shape
    steps = T - WIDTH + 1
    windows = np.stack([x[:, t:t + WIDTH] for t in range(steps)], axis=1)      # (N, steps, WIDTH)
    z = windows @ kernel + bias                                              # (N, steps, F)
    a = softplus(z)
    pooled = a.reshape(N, steps // POOL, POOL, -1).mean(axis=2)
    flat = pooled.reshape(N, -1)
    pred = np.dot(flat, weights)
    residual = pred - y
    loss = np.mean(np.sqrt(1 + residual ** 2) - 1)                            # pseudo-Huber

    delta = residual / np.sqrt(1 + residual ** 2) / N
    d_weights = np.dot(flat.T, delta)
    d_flat = np.outer(delta, weights)
    d_pooled = d_flat.reshape(pooled.shape)
    d_a = np.repeat(d_pooled, POOL, axis=1) / POOL
    d_z = d_a * softplus_prime(z)
    d_kernel = np.zeros_like(kernel)
    for t in range(steps):
        d_kernel += np.dot(x[:, t:t + WIDTH].T, d_z[:, t])
    d_bias = np.sum(np.sum(d_z, axis=1), axis=0)
    return loss, [d_kernel, d_bias, d_weights]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=(WIDTH, 2)), scale * rng.normal(size=2), scale * rng.normal(size=6)]


def batch(rng, n):
    return rng.normal(size=(n, 8)), rng.normal(size=n)


rng = np.random.default_rng(7)
params = draw(rng)
x, y = batch(rng, 5)
