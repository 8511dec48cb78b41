"""Embedding with mean pooling: token ids in a matrix, padding masked out, np.add.at for repeated words."""
import numpy as np

PAD = 0


def backward(params, x, y):
    E, W1, b1, W2, b2 = params['emb'], params['W1'], params['b1'], params['W2'], params['b2']
    B, T = x.shape
    mask = (x != PAD).astype(E.dtype)
    length = mask.sum(axis=1, keepdims=True)
    vec = E[x] * mask[:, :, None]
    mean = vec.sum(axis=1) / length
    pre = mean @ W1 + b1
    act = pre * (pre > 0)
    logit = (act @ W2 + b2).squeeze(-1)
    loss = np.mean(np.maximum(logit, 0) - logit * y + np.log1p(np.exp(-np.abs(logit))))

    d_logit = (1 / (1 + np.exp(-logit)) - y) / B
    d_logit = d_logit[:, np.newaxis]
    g_W2 = act.T @ d_logit
    g_b2 = d_logit.sum(axis=0)
    d_act = d_logit @ W2.T
    d_pre = d_act * (pre > 0)
    g_W1 = mean.T @ d_pre
    g_b1 = d_pre.sum(axis=0)
    d_mean = d_pre @ W1.T
    d_vec = (d_mean / length)[:, None, :] * mask[:, :, None]
    g_E = np.zeros_like(E)
    np.add.at(g_E, x, d_vec)
    return loss, {'emb': g_E, 'W1': g_W1, 'b1': g_b1, 'W2': g_W2, 'b2': g_b2}


def draw(rng, scale=1.0):
    return {
        'emb': scale * rng.normal(size=(7, 5)),
        'W1': scale * rng.normal(size=(5, 5)), 'b1': scale * rng.normal(size=(5,)),
        'W2': scale * rng.normal(size=(5, 1)), 'b2': scale * rng.normal(size=(1,)),
    }


def batch(rng, n):
    x = rng.integers(1, 7, size=(n, 6))
    x[:, 4:] *= rng.integers(0, 2, size=(n, 2))
    return x, rng.integers(0, 2, n).astype(float)


rng = np.random.default_rng(16)
params = draw(rng)
x, y = batch(rng, 5)
