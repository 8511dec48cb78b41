"""Recurrent cells: one step each, on paper, against torch's and jax's over random shapes, and with mistakes planted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers import cells
from manual.layers.cells import GATES
from tests.exact import DTYPES
from tests.manual.layers.vouch import normal, vouch

LAYERS = {
    "rnn": (cells.rnn_cell, cells.rnn_cell_backward),
    "lstm": (cells.lstm_cell, cells.lstm_cell_backward),
    "gru": (cells.gru_cell, cells.gru_cell_backward),
}


def inputs(cell, batch, width, hidden, seed=0, dtype="float64"):
    """x, h, (an LSTM's c,) W_ih, W_hh, b, (a GRU's b_hn)"""
    G, state = len(GATES[cell]), (batch, hidden)
    shapes = [(batch, width), state, (G * hidden, width), (G * hidden, hidden), (G * hidden,)]
    if cell == "lstm":
        shapes.insert(2, state)
    if cell == "gru":
        shapes.append((hidden,))
    return normal(*shapes, seed=seed, dtype=dtype)


# ---- torch's own cells, whose second bias vector takes b_hn and is 0 elsewhere; jax has none, so they are spelled out


def rnn_in_torch(x, h, W_ih, W_hh, b):
    return torch.rnn_tanh_cell(x, h, W_ih, W_hh, b, torch.zeros_like(b))


def lstm_in_torch(x, h, c, W_ih, W_hh, b):
    return torch.stack(torch.lstm_cell(x, (h, c), W_ih, W_hh, b, torch.zeros_like(b)))


def gru_in_torch(x, h, W_ih, W_hh, b, b_hn):
    return torch.gru_cell(x, h, W_ih, W_hh, b, F.pad(b_hn, (b.numel() - b_hn.numel(), 0)))


def rnn_in_jax(x, h, W_ih, W_hh, b):
    return jnp.tanh(jnp.hstack([x, h]) @ jnp.hstack([W_ih, W_hh]).T + b)


def lstm_in_jax(x, h, c, W_ih, W_hh, b):
    i, f, g, o = jnp.split(jnp.hstack([x, h]) @ jnp.hstack([W_ih, W_hh]).T + b, 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jnp.stack([jax.nn.sigmoid(o) * jnp.tanh(c), c])


def gru_in_jax(x, h, W_ih, W_hh, b, b_hn):
    of_x, of_h = jnp.split(x @ W_ih.T + b, 3, axis=1), jnp.split(h @ W_hh.T, 3, axis=1)
    r, z = (jax.nn.sigmoid(of_x[k] + of_h[k]) for k in (0, 1))
    n = jnp.tanh(of_x[2] + r * (of_h[2] + b_hn))
    return n + z * (h - n)


OWN = {
    "rnn": (rnn_in_torch, rnn_in_jax),
    "lstm": (lstm_in_torch, lstm_in_jax),
    "gru": (gru_in_torch, gru_in_jax),
}


@pytest.mark.parametrize("cell", LAYERS)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from(DTYPES),
)
def test_torch_and_jax_vouch_for_a_cell_of_any_size(cell, batch, width, hidden, seed, dtype):
    torch_op, jax_op = OWN[cell]
    arrays = inputs(cell, batch, width, hidden, seed, dtype)
    vouch(LAYERS[cell], *arrays, torch_op=torch_op, jax_op=jax_op, seed=seed)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("cell", LAYERS)
def test_nothing_is_widened(cell, dtype):
    forward, backward = LAYERS[cell]
    out, cache = forward(*inputs(cell, 2, 3, 4, dtype=dtype))
    assert {a.dtype for a in (*out, *backward(out, cache))} == {np.dtype(dtype)}


# ---- On paper


def test_an_lstm_on_paper():
    """i = f = o = 1/2 and g = tanh(log 2) = 3/5: c' = 1/2 2 + 1/2 3/5 = 1.3, h' = tanh(1.3) / 2."""
    before = np.array([[2.0]])
    a = cells.lstm_gates(np.array([[0.0, 0.0, np.log(2), 0.0]]))
    assert a.ravel().tolist() == pytest.approx([0.5, 0.5, 0.6, 0.5], rel=1e-15)
    c = cells.lstm_state(a, before)
    h, s = cells.lstm_output(a, c)
    assert [c.item(), h.item(), s.item()] == pytest.approx([1.3, np.tanh(1.3) / 2, np.tanh(1.3)], rel=1e-15)
    found = cells.lstm_state_backward(np.array([[10.0]]), a, before)
    assert [d.item() for d in found] == pytest.approx([6, 20, 5, 5], rel=1e-15)
    do, through_h = cells.lstm_output_backward(np.array([[1.0]]), a, np.array([[0.5]]))
    assert (do.item(), through_h.item()) == (0.5, 0.5 * (1 - 0.25))


def test_a_gru_keeps_its_state_where_z_is_1_and_takes_the_candidate_where_z_is_0():
    h = np.array([[5.0, 5.0]])
    a = np.array([[0.5, 0.5, 1.0, 0.0, -0.25, -0.25]])
    assert cells.gru_state(a, h).tolist() == [[5.0, -0.25]]
    dz, dn, dh = cells.gru_state_backward(np.array([[1.0, 1.0]]), a, h)
    assert (dz.tolist(), dn.tolist(), dh.tolist()) == ([[5.25, 5.25]], [[0.0, 1.0]], [[1.0, 0.0]])


def test_a_grus_candidate_bias_is_no_second_bias_of_its_net_input():
    """Behind the reset gate: with r = 1/2 it counts half. As much on b instead gives another state."""
    zeros = np.zeros((1, 3))
    a, u = cells.gru_gates(zeros, zeros, np.array([1.0]))
    assert u.item() == 1
    assert a[0, 2] == np.tanh(0.5)
    with_b, _ = cells.gru_gates(np.array([[0.0, 0.0, 1.0]]), zeros, np.array([0.0]))
    assert with_b[0, 2] == np.tanh(1.0)


def test_blocks_are_views_in_the_order_of_the_gates():
    z = np.arange(8.0).reshape(1, 8)
    parts = cells.blocks(z, 4)
    assert [p.tolist() for p in parts] == [[[0, 1]], [[2, 3]], [[4, 5]], [[6, 7]]]
    assert all(np.shares_memory(p, z) for p in parts)
    assert np.array_equal(cells.join(*parts), z)


# ---- Planted


def planted(cell, **rules):
    """The cell's backward with functions of manual.layers.cells replaced."""

    def backward(dout, cache):
        with pytest.MonkeyPatch.context() as patch:
            for name, rule in rules.items():
                patch.setattr(cells, name, rule)
            return LAYERS[cell][1](dout, cache)

    return LAYERS[cell][0], backward


def cell_not_accumulated(dout, cache):
    return cells.lstm_cell_backward((dout[0], 0 * dout[1]), cache)


def tanh_twice(dh, a, s):
    return dh * s, dh * cells.blocks(a, 4)[3] * (1 - np.tanh(s) ** 2)


def sigmoid_missing(da, a):
    return da


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [
        ((cells.lstm_cell, cell_not_accumulated), {"x", "h", "c", "W_ih", "W_hh", "b"}),
        (planted("lstm", lstm_output_backward=tanh_twice), {"x", "h", "c", "W_ih", "W_hh", "b"}),
        (planted("lstm", sigmoid_gate_backward=sigmoid_missing), {"x", "h", "W_ih", "W_hh", "b"}),
        (
            planted("gru", gru_state_backward=lambda d, a, h: (0 * d, d, 0 * d)),
            {"x", "h", "W_ih", "W_hh", "b", "b_hn"},
        ),
    ],
    ids=[
        "lstm-cell-not-accumulated",
        "lstm-tanh-twice",
        "lstm-gate-derivative-missing",
        "gru-candidate-alone",
    ],
)
def test_a_mistake_shows_in_what_it_touches_and_nowhere_else(layer, wrong):
    cell = layer[0].__name__.split("_")[0]
    report = check_vjp(layer, *inputs(cell, 4, 3, 2))
    assert {v.name for v in report.verdicts if v.status == "wrong"} == wrong
    assert {v.name for v in report.verdicts if v.passes} == set(report_names(cell)) - wrong


def report_names(cell):
    return [
        "x",
        "h",
        *(["c"] if cell == "lstm" else []),
        "W_ih",
        "W_hh",
        "b",
        *(["b_hn"] if cell == "gru" else []),
    ]
