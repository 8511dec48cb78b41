import numpy as np


def im2col(x, k, s):
    n, c, h, w = x.shape
    oh, ow = (h - k) // s + 1, (w - k) // s + 1
    col = np.zeros((n, c, k, k, oh, ow))
    for i in range(k):
        for j in range(k):
            col[:, :, i, j] = x[:, :, i : i + s * oh : s, j : j + s * ow : s]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1), oh, ow


def col2im(col, shape, k, s, oh, ow):
    n, c, h, w = shape
    col = col.reshape(n, oh, ow, c, k, k).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros(shape)
    for i in range(k):
        for j in range(k):
            img[:, :, i : i + s * oh : s, j : j + s * ow : s] += col[:, :, i, j]
    return img


def forward(x, W, b):
    col, oh, ow = im2col(x, W.shape[2], 1)
    out = col @ W.reshape(len(W), -1).T + b
    return out.reshape(len(x), oh, ow, -1).transpose(0, 3, 1, 2), (x.shape, col, W, oh, ow)


def backward(dout, cache):
    shape, col, W, oh, ow = cache
    d = dout.transpose(0, 2, 3, 1).reshape(-1, len(W))
    dx = col2im(d @ W.reshape(len(W), -1), shape, W.shape[2], 1, oh, ow)
    return dx, (col.T @ d).T.reshape(W.shape), d.sum(axis=0)


conv = (forward, backward)
rng = np.random.default_rng(77)
inputs = (rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3))
