import numpy as np


def gaussian_nll(mu, log_var):
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    diff = x - mu
    return 0.5 * np.sum(np.log(2 * np.pi) + log_var + diff**2 / np.exp(log_var)), (diff, log_var)


def gaussian_nll_back(scale, saved):
    diff, log_var = saved
    d_mu = -diff / np.exp(log_var)
    d_log_var = 0.5 - 0.5 * diff**2 / np.exp(log_var)
    return scale * d_mu, scale * d_log_var


criterion = (gaussian_nll, gaussian_nll_back)
g = np.random.default_rng(91)
inputs = (g.normal(size=(2, 3)), g.normal(size=(2, 3)))
