"""Scaled dot-product attention, many heads in one batched product (Vaswani et al. 2017, section 3.2.1).

    S = q k^T / sqrt(d)      A = softmax(S) over the keys      out = A v

query q, key k and value v are (N, H, T, d): samples, heads, positions, features of a head. Scores S and weights A are
(N, H, T, T): row i belongs to the query at position i, column j to the key at position j. Causal: position i attends
to the positions j <= i alone.
"""

import numpy as np

from ..arrays import Array, Cache


def split_heads(x: Array, heads: int) -> Array:
    """Reshape (N, T, C) to (N, H, T, d), C = H d, without a copy. Its backward is merge_heads."""
    N, T, C = x.shape
    return x.reshape(N, T, heads, C // heads).swapaxes(1, 2)


def merge_heads(x: Array) -> Array:
    """Reshape (N, H, T, d) to (N, T, C). Its backward is split_heads."""
    N, H, T, d = x.shape
    return x.swapaxes(1, 2).reshape(N, T, H * d)


def scores(query: Array, key: Array) -> tuple[Array, Cache]:
    """Return S = q k^T / sqrt(d)"""
    scale = query.dtype.type(1 / np.sqrt(query.shape[-1]))
    return (query @ key.swapaxes(-1, -2)) * scale, (query, key, scale)


def scores_backward(dS: Array, cache: Cache) -> tuple[Array, Array]:
    """Return (dq, dk). S[i, j] is linear in q[i] and in k[j], and the scale is a factor of both derivatives."""
    query, key, scale = cache
    dS = dS * scale
    return dS @ key, dS.swapaxes(-1, -2) @ query


def weights(S: Array, *, causal: bool = True) -> tuple[Array, Array]:
    """Return A = softmax(S) over the last axis; with `causal` over the positions j <= i alone, 0 elsewhere."""
    if causal:
        S = np.where(past(S.shape[-2], S.shape[-1]), S, -np.inf)
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    A = e / e.sum(axis=-1, keepdims=True)
    return A, A


def weights_backward(dA: Array, cache: Cache) -> Array:
    """Return dS = A (dA - sum_j dA A): the softmax's Jacobian. dS is 0 where A is 0, so no mask is needed."""
    A = cache
    return A * (dA - (dA * A).sum(axis=-1, keepdims=True))


def mixture(A: Array, value: Array) -> tuple[Array, Cache]:
    """Return out = A v, (N, H, T, d): for each position the average of the values, weighted by its row of A."""
    return A @ value, (A, value)


def mixture_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return (dA, dv)"""
    A, value = cache
    return dout @ value.swapaxes(-1, -2), A.swapaxes(-1, -2) @ dout


def attention(query: Array, key: Array, value: Array, *, causal: bool = True) -> tuple[Array, Cache]:
    """Return out (N, H, T, d): scores, their softmax, and the mixture of values."""
    S, of_scores = scores(query, key)
    A, of_weights = weights(S, causal=causal)
    out, of_mixture = mixture(A, value)
    return out, (of_scores, of_weights, of_mixture)


def attention_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return (dq, dk, dv): the three steps from the last to the first."""
    of_scores, of_weights, of_mixture = cache
    dA, dv = mixture_backward(dout, of_mixture)
    dS = weights_backward(dA, of_weights)
    return *scores_backward(dS, of_scores), dv


def past(queries: int, keys: int) -> Array:
    """Return the (T, T) mask, True where position i attends to j <= i; the last query is at the last key."""
    return np.tri(queries, keys, keys - queries, dtype=bool)
