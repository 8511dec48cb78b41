"""Kernels that gather, scatter and slide, each with a right and a wrong backward pass."""

import numpy as np


def embedding(table, ids):
    return table[ids], (table.shape, ids)


def embedding_backward(dout, cache):
    shape, ids = cache
    dtable = np.zeros(shape)
    np.add.at(dtable, ids, dout)
    return dtable, None


def embedding_overwrites(dout, cache):
    shape, ids = cache
    dtable = np.zeros(shape)
    for i, row in zip(ids.ravel(), dout.reshape(-1, shape[1])):
        dtable[i] = row  # wrong
    return dtable, None


def gather(x, index):
    return np.take_along_axis(x, index, axis=1) * 2.0, (x.shape, index)


def gather_backward(dout, cache):
    shape, index = cache
    dx = np.zeros(shape)
    rows = np.arange(shape[0])[:, None]
    np.add.at(dx, (rows, index), 2.0 * dout)
    return dx, None


def gather_counts_once(dout, cache):
    shape, index = cache
    dx = np.zeros(shape)
    rows = np.arange(shape[0])[:, None]
    dx[rows, index] += 2.0 * dout  # wrong
    return dx, None


def cross_entropy(logits, labels):
    """The mean over the labels that are not -1."""
    keep = labels >= 0
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    count = keep.sum()
    loss = -(logp[np.arange(len(labels)), np.where(keep, labels, 0)] * keep).sum() / count
    return loss, (logp, labels, keep, count)


def cross_entropy_backward(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    d = d * keep[:, None]
    return dloss * d / count, None


def cross_entropy_counts_ignored(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    d = d * keep[:, None]
    return dloss * d / len(labels), None  # wrong


def cross_entropy_ignored_not_masked(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    return dloss * d / count, None  # wrong


def conv1d(x, w, b):
    n, c, s = x.shape
    f, _, k = w.shape
    out = np.zeros((n, f, s - k + 1))
    for i in range(s - k + 1):
        out[:, :, i] = np.tensordot(x[:, :, i : i + k], w, axes=([1, 2], [1, 2])) + b
    return out, (x, w)


def conv1d_backward(dout, cache):
    x, w = cache
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = dout.sum(axis=(0, 2))
    for i in range(dout.shape[2]):
        dw += np.tensordot(dout[:, :, i], x[:, :, i : i + k], axes=(0, 0))
        dx[:, :, i : i + k] += np.tensordot(dout[:, :, i], w, axes=(1, 0))
    return dx, dw, db


def conv1d_bias_over_wrong_axes(dout, cache):
    x, w = cache
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = dout.sum(axis=(0, 1))[: w.shape[0]]  # wrong
    for i in range(dout.shape[2]):
        dw += np.tensordot(dout[:, :, i], x[:, :, i : i + k], axes=(0, 0))
        dx[:, :, i : i + k] += np.tensordot(dout[:, :, i], w, axes=(1, 0))
    return dx, dw, db
