"""Token embedding, and the same table as the output layer.

ids is an integer array of any shape (...); E is (V, C), a row for each of V tokens.
"""

import numpy as np

from ..arrays import Array, Cache


def embedding(ids: Array, E: Array) -> tuple[Array, Cache]:
    """Return out[...] = E[ids], (..., C): the product of a one-hot matrix and E, without the matrix."""
    return E[ids], (ids, E)


def embedding_backward(dout: Array, cache: Cache) -> Array:
    """Return dE, (V, C): row v is the sum of dout over the positions of token v.

    E[ids] = one_hot E, so dE = one_hot^T dout. A token that occurs twice gets two terms: `dE[ids] = dout` would
    keep the last alone. The terms are sorted by token and summed in runs, many times faster than np.add.at.
    """
    ids, E = cache
    flat, rows = ids.reshape(-1), dout.reshape(-1, dout.shape[-1])
    dE = np.zeros(E.shape, dout.dtype)
    if flat.size:
        order = np.argsort(flat, kind="stable")
        tokens = flat[order]
        starts = np.flatnonzero(np.r_[True, tokens[1:] != tokens[:-1]])
        dE[tokens[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return dE


def unembedding(x: Array, E: Array) -> tuple[Array, Cache]:
    """Return logits = x E^T, (..., V): the output layer whose weight is the embedding itself (Press and Wolf 2017)."""
    return x @ E.T, (x, E)


def unembedding_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return (dx, dE). E is used twice: its gradient is this dE plus that of `embedding_backward`."""
    x, E = cache
    dE = dout.reshape(-1, dout.shape[-1]).T @ x.reshape(-1, x.shape[-1])
    return dout @ E, dE
