"""Restricted Boltzmann machine: Gaussian visible units, free energy of data minus that of given negatives, one helper twice."""
import numpy as np

DECAY = 1e-2


def free_energy(v, vbias, hbias, W, logvar):
    """Return F(v) of every row, and what its derivatives need."""
    sigma2 = np.exp(logvar)
    act = (v / sigma2) @ W + hbias
    hidden_term = np.logaddexp(0.0, act).sum(axis=1)
    vis_term = ((v - vbias) ** 2 / (2 * sigma2)).sum(axis=1)
    return vis_term - hidden_term, (v, vbias, W, sigma2, act)


def free_energy_grad(weight, cache):
    """Return the gradients of weight . F, the hidden units at their mean."""
    v, vbias, W, sigma2, act = cache
    ph = 1.0 / (1.0 + np.exp(-act))
    diff = v - vbias
    wcol = weight.reshape(-1, 1)
    dvbias = -(wcol * diff / sigma2).sum(axis=0)
    dhbias = -(wcol * ph).sum(axis=0)
    dW = -(v / sigma2).T @ (wcol * ph)
    # through the precision: both the quadratic and the scaled input
    dprec_vis = 0.5 * (wcol * diff * diff).sum(axis=0)
    dprec_hid = -(wcol * v * (ph @ W.T)).sum(axis=0)
    dlogvar = -(dprec_vis + dprec_hid) / sigma2
    return [dvbias, dhbias, dW, dlogvar]


def backward(params, x, y):
    vbias, hbias, W, logvar = params
    n_pos, n_neg = x.shape[0], y.shape[0]
    F_pos, cache_pos = free_energy(x, vbias, hbias, W, logvar)
    F_neg, cache_neg = free_energy(y, vbias, hbias, W, logvar)
    loss = F_pos.mean() - F_neg.mean()
    loss += DECAY / 2 * np.sum(W * W)

    pos = free_energy_grad(np.full(n_pos, 1.0 / n_pos), cache_pos)
    neg = free_energy_grad(np.full(n_neg, -1.0 / n_neg), cache_neg)
    grads = [p + q for p, q in zip(pos, neg)]
    grads[2] = grads[2] + DECAY * W
    return loss, grads


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=4), scale * rng.normal(size=3), scale * rng.normal(size=(4, 3)),
            np.tanh(scale * rng.normal(size=4))]


def batch(rng, n):
    return rng.normal(size=(n, 4)), 1.2 * rng.normal(size=(n + 1, 4))


rng = np.random.default_rng(502)
params = draw(rng)
x, y = batch(rng, 4)
