"""Recurrent cells: one step from its input and the state before it to the next state.

    x (N, I) the step's input     h, c (N, H) the state     W_ih (G H, I)     W_hh (G H, H)     b (G H,)

The rows of W_ih, W_hh and b are G blocks of H, one for each gate, in torch's, cuDNN's and Equinox's order
(GATES). Keras has an LSTM's in the same order and a GRU's as z, r, n; Haiku an LSTM's as i, g, f, o; Flax keeps each
gate's weights in arrays of their own. torch has two bias vectors where only their sum matters: here there is one.
A gate's derivative is written by its output a, which is kept: sigma' = a (1 - a), tanh' = 1 - a^2.
"""

import numpy as np

from ..activations import sigmoid
from ..arrays import Array, Cache

GATES = {"rnn": ("z",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}


def blocks(a: Array, count: int) -> list[Array]:
    """Return the `count` blocks (..., H) of a (..., count H), as views."""
    H = a.shape[-1] // count
    return [a[..., k * H : (k + 1) * H] for k in range(count)]


def join(*gates: Array) -> Array:
    """Join gates (..., H) to one array: the inverse of `blocks`."""
    return np.concatenate(gates, axis=-1)


def sigmoid_gate_backward(da: Array, a: Array) -> Array:
    """Return dL/dz for a = sigma(z)"""
    return da * a * (1 - a)


def tanh_gate_backward(da: Array, a: Array) -> Array:
    """Return dL/dz for a = tanh(z)"""
    return da * (1 - a * a)


# ---- RNN (Elman 1990; Goodfellow, Bengio and Courville 2016, eq. 10.8 and 10.9)


def rnn_cell(x: Array, h: Array, W_ih: Array, W_hh: Array, b: Array) -> tuple[Array, Cache]:
    """Return h' = tanh(x W_ih^T + h W_hh^T + b), (N, H)"""
    new = np.tanh(x @ W_ih.T + h @ W_hh.T + b)
    return new, (x, h, W_ih, W_hh, new)


def rnn_cell_backward(dnew: Array, cache: Cache) -> tuple[Array, ...]:
    """Return (dx, dh, dW_ih, dW_hh, db)"""
    x, h, W_ih, W_hh, new = cache
    dz = tanh_gate_backward(dnew, new)
    return dz @ W_ih, dz @ W_hh, dz.T @ x, dz.T @ h, dz.sum(axis=0)


# ---- LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000)


def lstm_gates(z: Array) -> Array:
    """Return i, f, o = sigma(z_i), sigma(z_f), sigma(z_o) and g = tanh(z_g): (N, 4H) of the net inputs (N, 4H)."""
    i, f, g, o = blocks(z, 4)
    return join(sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o))


def lstm_state(a: Array, c: Array) -> Array:
    """Return c' = f c + i g: f keeps, i writes"""
    i, f, g, _ = blocks(a, 4)
    return f * c + i * g


def lstm_state_backward(dnew: Array, a: Array, c: Array) -> tuple[Array, Array, Array, Array]:
    """Return (di, df, dg, dc): the derivative by each factor is the other factor"""
    i, f, g, _ = blocks(a, 4)
    return dnew * g, dnew * c, dnew * i, dnew * f


def lstm_output(a: Array, c: Array) -> tuple[Array, Array]:
    """Return h' = o tanh(c'), and tanh(c') for the backward pass"""
    s = np.tanh(c)
    return blocks(a, 4)[3] * s, s


def lstm_output_backward(dh: Array, a: Array, s: Array) -> tuple[Array, Array]:
    """Return (do, dc') for s = tanh(c')"""
    return dh * s, tanh_gate_backward(dh * blocks(a, 4)[3], s)


def lstm_cell(
    x: Array, h: Array, c: Array, W_ih: Array, W_hh: Array, b: Array
) -> tuple[tuple[Array, Array], Cache]:
    """Return (h', c'), each (N, H)."""
    a = lstm_gates(x @ W_ih.T + h @ W_hh.T + b)
    new_c = lstm_state(a, c)
    new_h, s = lstm_output(a, new_c)
    return (new_h, new_c), (x, h, c, W_ih, W_hh, a, s)


def lstm_cell_backward(dout: tuple[Array, Array], cache: Cache) -> tuple[Array, ...]:
    """Return (dx, dh, dc, dW_ih, dW_hh, db) from dout = (dh', dc'): c' is used twice, in h' and by the next step."""
    x, h, c, W_ih, W_hh, a, s = cache
    dnew_h, dnew_c = dout
    do, through_h = lstm_output_backward(dnew_h, a, s)
    di, df, dg, dc = lstm_state_backward(dnew_c + through_h, a, c)
    i, f, g, o = blocks(a, 4)
    dz = join(
        sigmoid_gate_backward(di, i),
        sigmoid_gate_backward(df, f),
        tanh_gate_backward(dg, g),
        sigmoid_gate_backward(do, o),
    )
    return dz @ W_ih, dz @ W_hh, dc, dz.T @ x, dz.T @ h, dz.sum(axis=0)


# ---- GRU (Cho et al. 2014, with the reset gate behind the candidate's product, as cuDNN, torch, Flax and Equinox
# have it). The candidate's hidden bias b_hn is inside that product, so no other bias can replace it.


def gru_gates(zx: Array, zh: Array, b_hn: Array) -> tuple[Array, Array]:
    """Return r = sigma(zx_r + zh_r), z = sigma(zx_z + zh_z), n = tanh(zx_n + r u) with u = zh_n + b_hn

    zx = x W_ih^T + b and zh = h W_hh^T are (N, 3H). Returns the gates (N, 3H), and u (N, H).
    """
    zx_r, zx_z, zx_n = blocks(zx, 3)
    zh_r, zh_z, zh_n = blocks(zh, 3)
    r, u = sigmoid(zx_r + zh_r), zh_n + b_hn
    return join(r, sigmoid(zx_z + zh_z), np.tanh(zx_n + r * u)), u


def gru_reset_backward(dz_n: Array, r: Array, u: Array) -> tuple[Array, Array]:
    """Return (dr, du) from dL/d(net input of n), which is zx_n + r u"""
    return dz_n * u, dz_n * r


def gru_state(a: Array, h: Array) -> Array:
    """Return h' = (1 - z) n + z h: z is what is kept, as in Cho et al. 2014; in Chung et al. 2014 it is what is new"""
    _, z, n = blocks(a, 3)
    return (1 - z) * n + z * h


def gru_state_backward(dnew: Array, a: Array, h: Array) -> tuple[Array, Array, Array]:
    """Return (dz, dn, dh)"""
    _, z, n = blocks(a, 3)
    return dnew * (h - n), dnew * (1 - z), dnew * z


def gru_cell(x: Array, h: Array, W_ih: Array, W_hh: Array, b: Array, b_hn: Array) -> tuple[Array, Cache]:
    """Return h', (N, H)."""
    a, u = gru_gates(x @ W_ih.T + b, h @ W_hh.T, b_hn)
    return gru_state(a, h), (x, h, W_ih, W_hh, a, u)


def gru_cell_backward(dnew: Array, cache: Cache) -> tuple[Array, ...]:
    """Return (dx, dh, dW_ih, dW_hh, db, db_hn): h is used twice, in the gates and in z h."""
    x, h, W_ih, W_hh, a, u = cache
    r, z, n = blocks(a, 3)
    dz, dn, dh = gru_state_backward(dnew, a, h)
    dz_n = tanh_gate_backward(dn, n)
    dr, du = gru_reset_backward(dz_n, r, u)
    dz_r, dz_z = sigmoid_gate_backward(dr, r), sigmoid_gate_backward(dz, z)
    dzx, dzh = join(dz_r, dz_z, dz_n), join(dz_r, dz_z, du)
    return dzx @ W_ih, dh + dzh @ W_hh, dzx.T @ x, dzh.T @ h, dzx.sum(axis=0), du.sum(axis=0)
