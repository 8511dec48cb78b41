"""Bayes by backprop: weights drawn as mu + softplus(rho) * eps, a KL to a Gaussian prior in closed form, tuples of pairs."""
import numpy as np

PRIOR = 0.8
_noise = np.random.default_rng(5)
EPS = [_noise.normal(size=s) for s in ((3, 4), (4,), (4, 2), (2,))]


def softplus(r):
    return np.logaddexp(0, r) + 1e-2


def softplus_grad(r):
    return 0.5 * (1 + np.tanh(0.5 * r))


def kl(mu, sigma):
    return np.sum(np.log(PRIOR / sigma) + (sigma ** 2 + mu ** 2) / (2 * PRIOR ** 2) - 0.5)


def backward(params, x, y):
    mus, rhos = params
    sigmas = [softplus(r) for r in rhos]
    W1, b1, W2, b2 = [m + s * e for m, s, e in zip(mus, sigmas, EPS)]
    n = len(x)
    z = x @ W1 + b1
    h = np.where(z > 0, z, 0.2 * z)
    f = h @ W2 + b2
    mean, log_noise = f[:, 0], np.tanh(f[:, 1])
    precision = np.exp(-2 * log_noise)
    r = y - mean
    nll = np.sum(0.5 * precision * r ** 2 + log_noise)
    complexity = sum(kl(m, s) for m, s in zip(mus, sigmas))
    loss = (nll + complexity) / n

    g_mean = -precision * r / n
    g_log = (1 - precision * r ** 2) / n
    gf = np.column_stack([g_mean, g_log * (1 - log_noise ** 2)])
    gW2, gb2 = h.T @ gf, gf.sum(axis=0)
    gh = gf @ W2.T
    gz = gh * np.where(z > 0, 1.0, 0.2)
    gW1, gb1 = x.T @ gz, gz.sum(axis=0)
    g_mus, g_rhos = [], []
    for g, mu, rho, sigma, eps in zip((gW1, gb1, gW2, gb2), mus, rhos, sigmas, EPS):
        g_mus.append(g + mu / PRIOR ** 2 / n)
        g_sigma = g * eps + (sigma / PRIOR ** 2 - 1 / sigma) / n
        g_rhos.append(g_sigma * softplus_grad(rho))
    return loss, (g_mus, g_rhos)


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=e.shape) for e in EPS], [scale * rng.normal(size=e.shape) for e in EPS]


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=n)


rng = np.random.default_rng(82)
params = draw(rng)
x, y = batch(rng, 5)
