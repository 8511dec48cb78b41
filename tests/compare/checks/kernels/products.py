"""Kernels of matrix products, each with a right and a wrong backward pass."""

import numpy as np


def linear(x, W, b):
    return x @ W + b


def linear_backward(dout, x, W, b):
    dx = dout @ W.T
    dW = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dW, db


def linear_operands_swapped(dout, x, W, b):
    dx = dout @ W.T
    dW = (dout.T @ x).reshape(W.shape)  # wrong
    db = dout.sum(axis=0)
    return dx, dW, db


def dora(x, V, A, B, m):
    """A weight in magnitude and direction, with a low-rank update (DoRA)."""
    U = V + B @ A
    norm = np.sqrt((U**2).sum(axis=0))
    W = m * U / norm
    return x @ W, (x, U, A, B, m, norm, W)


def dora_backward(dy, cache):
    x, U, A, B, m, norm, W = cache
    dW = x.T @ dy
    dx = dy @ W.T
    dm = (dW * U).sum(axis=0) / norm
    dot = (dW * U).sum(axis=0) / norm**2
    dU = m / norm * (dW - U * dot)
    return dx, dU, B.T @ dU, dU @ A.T, dm


def dora_without_scale(dy, cache):
    x, U, A, B, m, norm, W = cache
    dW = x.T @ dy
    dx = dy @ W.T
    dm = (dW * U).sum(axis=0) / norm
    dot = (dW * U).sum(axis=0) / norm**2
    dU = (dW - U * dot) / norm  # wrong
    return dx, dU, B.T @ dU, dU @ A.T, dm


def attention(q, k, v):
    scale = 1.0 / np.sqrt(q.shape[-1])
    scores = scale * (q @ k.transpose(0, 2, 1))
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p, scale)


def attention_backward(do, cache):
    q, k, v, p, scale = cache
    dv = p.transpose(0, 2, 1) @ do
    dp = do @ v.transpose(0, 2, 1)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dq = scale * (ds @ k)
    dk = scale * (ds.transpose(0, 2, 1) @ q)
    return dq, dk, dv


def attention_without_scale(do, cache):
    q, k, v, p, scale = cache
    dv = p.transpose(0, 2, 1) @ do
    dp = do @ v.transpose(0, 2, 1)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dq = scale * (ds @ k)
    dk = ds.transpose(0, 2, 1) @ q  # wrong
    return dq, dk, dv
