"""Gaussian mixture: full covariances through inverse Cholesky factors, components in a loop, responsibilities, a log-normal-like prior."""
import numpy as np

LOG_2PI = 1.8378770664093453
PRIOR = 0.1


def lower(diag, off):
    """The precision factor of one component: exp on the diagonal, one free entry below it."""
    return np.array([[np.exp(diag[0]), 0.0], [off, np.exp(diag[1])]])


def backward(params, x, y=None):
    alphas, means, diags, offs = params
    n, k = x.shape[0], means.shape[0]
    top = alphas.max()
    log_pi = alphas - (top + np.log(np.sum(np.exp(alphas - top))))

    terms = np.empty((k, n))
    white = []
    for j in range(k):
        L = lower(diags[j], offs[j])
        centred = x - means[j]
        z = centred @ L.T
        terms[j] = log_pi[j] - LOG_2PI + diags[j].sum() - 0.5 * np.einsum('nd,nd->n', z, z)
        white.append((L, centred, z))
    best = np.max(terms, axis=0)
    ll = best + np.log(np.exp(terms - best).sum(axis=0))
    err = -np.sum(ll) / n + PRIOR * (0.5 * np.sum(np.exp(2 * diags)) - np.sum(diags))

    resp = np.exp(terms - ll) / n
    g_alphas = np.exp(log_pi) - resp.sum(axis=1)
    g_means, g_diags, g_offs = np.zeros_like(means), np.zeros_like(diags), np.zeros_like(offs)
    for j, (L, centred, z) in enumerate(white):
        g_z = resp[j][:, None] * z
        g_means[j] = -(g_z @ L).sum(axis=0)
        g_L = g_z.T @ centred
        for d in range(2):
            g_diags[j, d] = g_L[d, d] * L[d, d] - resp[j].sum()
        g_offs[j] = g_L[1, 0]
    g_diags += PRIOR * (np.exp(2 * diags) - 1)
    return err, (g_alphas, g_means, g_diags, g_offs)


def torch_loss(params, x, y):
    """The same loss on tensors: np.array of a nest of numbers keeps no graph."""
    alphas, means, diags, offs = params
    z0 = (x[None, :, 0] - means[:, None, 0]) * diags[:, None, 0].exp()
    z1 = (x[None, :, 1] - means[:, None, 1]) * diags[:, None, 1].exp() + (x[None, :, 0] - means[:, None, 0]) * offs[:, None]
    terms = alphas.log_softmax(0)[:, None] - LOG_2PI + diags.sum(1)[:, None] - 0.5 * (z0 ** 2 + z1 ** 2)
    return -terms.logsumexp(0).mean() + PRIOR * (0.5 * (2 * diags).exp().sum() - diags.sum())


def draw(rng, scale=1.0):
    return (scale * rng.normal(size=3), scale * rng.normal(size=(3, 2)), np.tanh(scale * rng.normal(size=(3, 2))),
            scale * rng.normal(size=3))


def batch(rng, n):
    return 1.5 * rng.normal(size=(n, 2)), None


rng = np.random.default_rng(511)
params = draw(rng)
x, y = batch(rng, 6)
