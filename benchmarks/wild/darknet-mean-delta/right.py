import numpy as np


def batchnorm(x, gamma, beta):
    n = x.shape[0]
    mu = x.sum(axis=0) / n
    variance = ((x - mu) ** 2).sum(axis=0) / n
    xn = (x - mu) / np.sqrt(variance + 1e-5)
    return gamma * xn + beta, (x, gamma, mu, variance, xn)


def batchnorm_delta(delta, cache):
    x, gamma, mu, variance, xn = cache
    n = x.shape[0]
    scale_updates = (delta * xn).sum(axis=0)
    bias_updates = delta.sum(axis=0)
    d = delta * gamma
    mean_delta = d.sum(axis=0) * (-1.0 / np.sqrt(variance + 1e-5))
    variance_delta = (d * (x - mu)).sum(axis=0) * -0.5 * (variance + 1e-5) ** -1.5
    dx = d / np.sqrt(variance + 1e-5) + variance_delta * 2 * (x - mu) / n + mean_delta / n
    return dx, scale_updates, bias_updates


layer = (batchnorm, batchnorm_delta)
g = np.random.default_rng(4)
inputs = (g.normal(size=(5, 4)) * 3, g.uniform(0.5, 1.5, 4), g.normal(size=4))
