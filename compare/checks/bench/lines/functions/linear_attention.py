"""Linear attention: causal, a positive feature map, prefix sums by np.cumsum, suffix sums by flipping twice."""
import numpy as np


def phi(u):
    return np.where(u > 0, u + 1, np.exp(np.minimum(u, 0)))


def dphi(u):
    return np.where(u > 0, 1, np.exp(np.minimum(u, 0)))


def suffix(a):
    """Sum from each position to the end of the sequence (axis 0)."""
    return np.flip(np.cumsum(np.flip(a, 0), axis=0), 0)


def backward(params, x, y):
    Pq, Pk, Pv = params
    q_raw, k_raw, v = x @ Pq, x @ Pk, x @ Pv
    q, k = phi(q_raw), phi(k_raw)

    kv = k[:, :, None] * v[:, None, :]         # (T, d, e)
    S = np.cumsum(kv, axis=0)
    Z = np.cumsum(k, axis=0)
    num = np.einsum('td,tde->te', q, S)
    den = np.einsum('td,td->t', q, Z)
    o = num / den[:, None]
    res = o - y
    loss = 0.5 * np.sum(res * res) / res.shape[0]

    d_o = res / res.shape[0]
    d_num = d_o / den[:, None]
    d_den = -(d_o * num).sum(1) / den ** 2
    d_q = np.einsum('te,tde->td', d_num, S) + d_den[:, None] * Z
    d_S = q[:, :, None] * d_num[:, None, :]
    d_Z = d_den[:, None] * q
    d_kv = suffix(d_S)
    d_k = suffix(d_Z)
    d_k = d_k + (d_kv * v[:, None, :]).sum(axis=2)
    d_v = (d_kv * k[:, :, None]).sum(axis=1)
    d_q = d_q * dphi(q_raw)
    d_k = d_k * dphi(k_raw)
    return loss, tuple(x.T @ d for d in (d_q, d_k, d_v))


def draw(rng, scale=1.0):
    return scale * rng.normal(size=(3, 4)), scale * rng.normal(size=(3, 4)), scale * rng.normal(size=(3, 2))


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 2))


rng = np.random.default_rng(506)
params = draw(rng)
x, y = batch(rng, 6)
