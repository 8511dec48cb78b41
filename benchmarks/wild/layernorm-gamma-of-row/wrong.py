import numpy as np


def normalise(x, gamma, beta):
    mu = x.mean(axis=1, keepdims=True)
    sd = np.sqrt(((x - mu) ** 2).mean(axis=1, keepdims=True) + 1e-8)
    out = (x - mu) / sd * gamma + beta
    return out, (out, gamma, beta, sd)


def normalise_back(grad, kept):
    out, gamma, beta, sd = kept
    rows = np.arange(len(out))[:, None]
    xhat = (out - beta[rows]) / gamma[rows]
    dgamma = (grad * xhat).sum(axis=0)
    dbeta = grad.sum(axis=0)
    clean = (out - beta) / gamma
    g = grad * gamma
    dx = (g - g.mean(1, keepdims=True) - clean * (g * clean).mean(1, keepdims=True)) / sd
    return dx, dgamma, dbeta


invertible = (normalise, normalise_back)
rr = np.random.default_rng(44)
inputs = (rr.normal(size=(4, 4)), rr.uniform(0.5, 1.5, 4), rr.normal(size=4))
