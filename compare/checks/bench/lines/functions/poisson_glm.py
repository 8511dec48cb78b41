"""Poisson regression: counts with exposure in x's last column, two groups of coefficients in a tuple-built list, offsets."""
import numpy as np
from scipy.special import gammaln


def backward(params, x, y):
    beta, tau = params
    features, exposure, group = x[:, :-2], x[:, -2], x[:, -1].astype(int)
    eta = features @ beta + tau[group]
    mu = exposure * np.exp(np.clip(eta, -20, 20))
    nll = np.sum(mu - y * np.log(mu) + gammaln(y + 1))
    prior = 0.5 * (beta @ beta) + 0.5 * np.sum((tau - tau.mean()) ** 2)

    inside = (np.abs(eta) < 20).astype(eta.dtype)
    score = (mu - y) * inside
    d_beta = features.T @ score + beta
    d_tau = np.bincount(group, weights=score, minlength=len(tau))
    d_tau = d_tau + (tau - tau.mean())
    return nll + prior, [d_beta, d_tau]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=3) / 2, scale * rng.normal(size=4) / 2]


def batch(rng, n):
    group = rng.integers(0, 4, n)
    x = np.column_stack([rng.normal(size=(n, 3)), rng.uniform(0.5, 2, n), group])
    return x, rng.poisson(2.0, n).astype(float)


rng = np.random.default_rng(44)
params = draw(rng)
x, y = batch(rng, 10)
