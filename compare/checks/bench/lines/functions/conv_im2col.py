"""Convolution by im2col: index arrays built once, np.add.at scatters the columns back, padding sliced off."""
import numpy as np


def get_im2col_indices(shape, field, padding):
    N, C, H, W = shape
    out_h = H + 2 * padding - field + 1
    out_w = W + 2 * padding - field + 1
    i0 = np.tile(np.repeat(np.arange(field), field), C)
    i1 = np.repeat(np.arange(out_h), out_w)
    j0 = np.tile(np.arange(field), field * C)
    j1 = np.tile(np.arange(out_w), out_h)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    k = np.repeat(np.arange(C), field * field).reshape(-1, 1)
    return k, i, j


def im2col(x, field, padding):
    p = padding
    N, C, H, W = x.shape
    xp = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=x.dtype)
    xp[:, :, p:-p, p:-p] = x
    k, i, j = get_im2col_indices(x.shape, field, padding)
    cols = xp[:, k, i, j]
    return cols.transpose(1, 2, 0).reshape(field * field * C, -1)


def col2im_backward(cols, shape, field, padding):
    N, C, H, W = shape
    dxp = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    k, i, j = get_im2col_indices(shape, field, padding)
    dcols = cols.reshape(C * field * field, -1, N)
    dcols = dcols.transpose(2, 0, 1)
    np.add.at(dxp, (slice(None), k, i, j), dcols)
    return dxp[:, :, padding:-padding, padding:-padding]


def backward(params, x, y):
    K1, b1, K2, b2 = params['K1'], params['b1'], params['K2'], params['b2']
    N, C, H, W = x.shape
    F = K1.shape[0]

    cols1 = im2col(x, 3, 1)
    z1 = (K1.reshape(F, -1) @ cols1 + b1).reshape(F, H, W, N).transpose(3, 0, 1, 2)
    a1 = np.maximum(z1, 0)
    cols2 = im2col(a1, 3, 1)
    z2 = (K2.reshape(1, -1) @ cols2 + b2).reshape(1, H, W, N).transpose(3, 0, 1, 2)
    loss = np.mean(np.sum((z2[:, 0] - y) ** 2, axis=(1, 2)))

    dz2 = 2 * (z2 - y[:, None]) / N
    dz2_ = dz2.transpose(1, 2, 3, 0).reshape(1, -1)
    dK2 = (dz2_ @ cols2.T).reshape(K2.shape)
    db2 = dz2_.sum(axis=1, keepdims=True)
    dcols2 = K2.reshape(1, -1).T @ dz2_
    da1 = col2im_backward(dcols2, a1.shape, 3, 1)
    dz1 = da1 * (z1 > 0)
    dz1_ = dz1.transpose(1, 2, 3, 0).reshape(F, -1)
    dK1 = (dz1_ @ cols1.T).reshape(K1.shape)
    db1 = dz1_.sum(axis=1, keepdims=True)
    return loss, {'K1': dK1, 'b1': db1, 'K2': dK2, 'b2': db2}


def draw(rng, scale=1.0):
    return {'K1': scale * rng.normal(size=(2, 2, 3, 3)), 'b1': scale * rng.normal(size=(2, 1)),
            'K2': scale * rng.normal(size=(1, 2, 3, 3)), 'b2': scale * rng.normal(size=(1, 1))}


def batch(rng, n):
    return rng.normal(size=(n, 2, 3, 4)), rng.normal(size=(n, 3, 4))


rng = np.random.default_rng(6)
params = draw(rng)
x, y = batch(rng, 3)
