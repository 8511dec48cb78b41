"""Scaled dot-product attention, many heads in one batched product (Vaswani et al. 2017, section 3.2.1).

    S = q k^T / sqrt(d)      A = softmax(S) over the keys      out = A v

q, k, v are (N, H, T, d): samples, heads, places, features of a head; S and A are (N, H, T, T), row i what place
i asks, column j what place j answers. Causal: place i sees the places j <= i and no other.
"""

import numpy as np

from ..arrays import Array, Cache


def split_heads(x: Array, heads: int) -> Array:
    """(N, T, C) -> (N, H, T, d), C = H d, without a copy. Its backward is merge_heads."""
    N, T, C = x.shape
    return x.reshape(N, T, heads, C // heads).swapaxes(1, 2)


def merge_heads(x: Array) -> Array:
    """(N, H, T, d) -> (N, T, C). Its backward is split_heads."""
    N, H, T, d = x.shape
    return x.swapaxes(1, 2).reshape(N, T, H * d)


def scores(q: Array, k: Array) -> tuple[Array, Cache]:
    """S = q k^T / sqrt(d)"""
    scale = q.dtype.type(1 / np.sqrt(q.shape[-1]))
    return (q @ k.swapaxes(-1, -2)) * scale, (q, k, scale)


def scores_backward(dS: Array, cache: Cache) -> tuple[Array, Array]:
    """(dq, dk). S[i, j] is linear in q[i] and in k[j], and the scale stands in both derivatives."""
    q, k, scale = cache
    dS = dS * scale
    return dS @ k, dS.swapaxes(-1, -2) @ q


def weights(S: Array, *, causal: bool = True) -> tuple[Array, Array]:
    """A = softmax(S) over the last axis; with `causal` over the past and present alone, 0 elsewhere."""
    if causal:
        S = np.where(past(S.shape[-2], S.shape[-1]), S, -np.inf)
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    A = e / e.sum(axis=-1, keepdims=True)
    return A, A


def weights_backward(dA: Array, cache: Cache) -> Array:
    """dS = A (dA - sum_j dA A): the softmax's Jacobian. Where A is 0, in the future, so is dS: no mask is needed."""
    A = cache
    return A * (dA - (dA * A).sum(axis=-1, keepdims=True))


def mixture(A: Array, v: Array) -> tuple[Array, Cache]:
    """out = A v, (N, H, T, d): for each place the average of the values, weighted by its row of A."""
    return A @ v, (A, v)


def mixture_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """(dA, dv)"""
    A, v = cache
    return dout @ v.swapaxes(-1, -2), A.swapaxes(-1, -2) @ dout


def attention(q: Array, k: Array, v: Array, *, causal: bool = True) -> tuple[Array, Cache]:
    """out (N, H, T, d): scores, their softmax, and the mixture of values."""
    S, of_scores = scores(q, k)
    A, of_weights = weights(S, causal=causal)
    out, of_mixture = mixture(A, v)
    return out, (of_scores, of_weights, of_mixture)


def attention_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """(dq, dk, dv): the three steps from the last to the first."""
    of_scores, of_weights, of_mixture = cache
    dA, dv = mixture_backward(dout, of_mixture)
    dS = weights_backward(dA, of_weights)
    return *scores_backward(dS, of_scores), dv


def past(queries: int, keys: int) -> Array:
    """(T, T) mask: True where place i may see place j, j <= i; the last query stands at the last key."""
    return np.tri(queries, keys, keys - queries, dtype=bool)
