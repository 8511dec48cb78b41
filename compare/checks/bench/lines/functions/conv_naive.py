"""Convolution with max pooling: naive loops over samples, filters and pixels, forward and backward functions with caches."""
import numpy as np


def conv_forward(x, w, b):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    out = np.zeros((N, F, H - HH + 1, W - WW + 1))
    for n in range(N):
        for f in range(F):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    out[n, f, i, j] = np.sum(x[n, :, i:i + HH, j:j + WW] * w[f]) + b[f]
    return out, (x, w, b)


def conv_backward(dout, cache):
    x, w, b = cache
    N, F, OH, OW = dout.shape
    _, _, HH, WW = w.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    g = dout[n, f, i, j]
                    db[f] += g
                    dw[f] += g * x[n, :, i:i + HH, j:j + WW]
                    dx[n, :, i:i + HH, j:j + WW] += g * w[f]
    return dx, dw, db


def pool_forward(x):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H // 2, W // 2))
    for i in range(H // 2):
        for j in range(W // 2):
            out[:, :, i, j] = np.max(x[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2], axis=(2, 3))
    return out, (x, out)


def pool_backward(dout, cache):
    x, out = cache
    dx = np.zeros_like(x)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2]
            mask = window == out[:, :, i, j][:, :, None, None]
            mask = mask / mask.sum(axis=(2, 3), keepdims=True)  # ties share
            dx[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2] += mask * dout[:, :, i, j][:, :, None, None]
    return dx


def backward(params, x, y):
    c1, cache_c1 = conv_forward(x, params['K1'], params['b1'])
    a1 = np.tanh(c1)
    c2, cache_c2 = conv_forward(a1, params['K2'], params['b2'])
    p, cache_p = pool_forward(c2)
    flat = p.reshape(p.shape[0], -1)
    s = flat.dot(params['W']) + params['b']
    loss = np.sum((s - y) ** 2) / (2 * x.shape[0])

    ds = (s - y) / x.shape[0]
    grads = {'W': flat.T.dot(ds), 'b': ds.sum(axis=0)}
    dp = ds.dot(params['W'].T).reshape(p.shape)
    dc2 = pool_backward(dp, cache_p)
    da1, grads['K2'], grads['b2'] = conv_backward(dc2, cache_c2)
    dc1 = da1 * (1 - a1 ** 2)
    _, grads['K1'], grads['b1'] = conv_backward(dc1, cache_c1)
    return loss, grads


def draw(rng, scale=1.0):
    shapes = {'K1': (2, 1, 2, 2), 'b1': (2,), 'K2': (2, 2, 2, 2), 'b2': (2,), 'W': (2, 2), 'b': (2,)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 1, 4, 4)), rng.normal(size=(n, 2))


rng = np.random.default_rng(5)
params = draw(rng)
x, y = batch(rng, 3)
