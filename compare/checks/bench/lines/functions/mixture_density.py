"""Mixture density network: outputs split in three, responsibilities, log-sum-exp over components, one target a sample."""
import numpy as np

K = 3


def logsumexp(a):
    m = a.max(axis=1, keepdims=True)
    return m + np.log(np.exp(a - m).sum(axis=1, keepdims=True))


def backward(params, x, y):
    W1, b1, W2, b2 = params
    N = x.shape[0]
    h = np.tanh(x @ W1 + b1)
    out = h @ W2 + b2
    logits, mu, s = out[:, :K], out[:, K:2 * K], np.tanh(out[:, 2 * K:])
    log_pi = logits - logsumexp(logits)
    t = y.reshape(-1, 1)
    sigma = np.exp(s)
    log_n = -0.5 * ((t - mu) / sigma) ** 2 - s - 0.5 * np.log(2 * np.pi)
    log_p = logsumexp(log_pi + log_n)
    nll = -np.mean(log_p)

    # gamma: responsibilities
    gamma = np.exp(log_pi + log_n - log_p)
    pi = np.exp(log_pi)
    d_logits = (pi - gamma) / N
    d_mu = gamma * (mu - t) / sigma ** 2 / N
    d_s = gamma * (1 - (t - mu) ** 2 / sigma ** 2) / N
    d_out = np.hstack([d_logits, d_mu, d_s * (1 - s ** 2)])
    dW2 = h.T @ d_out
    db2 = d_out.sum(axis=0)
    d_h = d_out @ W2.T
    d_z = d_h * (1.0 - np.square(h))
    dW1 = x.T @ d_z
    db1 = d_z.sum(axis=0)
    return nll, [dW1, db1, dW2, db2]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=s) for s in ((5, 5), (5,), (5, 3 * K), (3 * K,))]


def batch(rng, n):
    return rng.normal(size=(n, 5)), rng.normal(size=n)


rng = np.random.default_rng(32)
params = draw(rng)
x, y = batch(rng, 5)
