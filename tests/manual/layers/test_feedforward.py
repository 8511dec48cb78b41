"""Linear, feed-forward and SwiGLU against torch's and jax's own operations."""

import jax
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from manual.activations import ACTIVATIONS
from manual.layers.feedforward import (
    feed_forward,
    feed_forward_backward,
    linear,
    linear_backward,
    swiglu,
    swiglu_backward,
)
from tests import exact
from tests.manual.layers.vouch import normal, vouch

shapes = st.tuples(st.integers(1, 3), st.integers(1, 4))
widths = st.integers(1, 5)
dtypes = st.sampled_from(exact.DTYPES)
seeds = st.integers(0, 2**32 - 1)


def argument(z):
    return 2 * (2 / np.pi) ** 0.5 * (z + 0.044715 * z**3)


# The frameworks' own gelus lose digits where 1 + erf or 1 + tanh cancels (the exceptions in tests/torch_ref and
# tests/jax_ref, where they are swept), some hundred units here. So these are written in the forms that do not.
OWN = {
    "gelu": (
        lambda z: z * torch.erfc(-z * 0.5**0.5) / 2,
        lambda z: z * jax.lax.erfc(-z * 0.5**0.5) / 2,
    ),
    "gelu_tanh": (
        lambda z: z * torch.sigmoid(argument(z)),
        lambda z: z * jax.nn.sigmoid(argument(z)),
    ),
    "silu": (F.silu, jax.nn.silu),
}


@given(shapes, widths, widths, st.booleans(), dtypes, seeds)
def test_linear_is_torchs_and_jaxs(shape, i, o, bias, dtype, seed):
    x, W, b = normal((*shape, i), (o, i), (o,), seed=seed, dtype=dtype)
    inputs = (x, W, b) if bias else (x, W)
    vouch((linear, linear_backward), *inputs, torch_op=F.linear, jax_op=lambda x, W, b=0: x @ W.T + b)


@given(shapes, widths, widths, st.sampled_from(list(OWN)), dtypes, seeds)
def test_feed_forward_is_torchs_and_jaxs(shape, width, hidden, name, dtype, seed):
    inputs = normal(
        (*shape, width), (hidden, width), (hidden,), (width, hidden), (width,), seed=seed, dtype=dtype
    )
    in_torch, in_jax = OWN[name]

    def forward(x, W1, b1, W2, b2):
        return feed_forward(x, W1, b1, W2, b2, activation=name)

    vouch(
        (forward, feed_forward_backward),
        *inputs,
        torch_op=lambda x, W1, b1, W2, b2: F.linear(in_torch(F.linear(x, W1, b1)), W2, b2),
        jax_op=lambda x, W1, b1, W2, b2: in_jax(x @ W1.T + b1) @ W2.T + b2,
    )


@given(st.tuples(st.integers(1, 3), st.integers(1, 4), widths), dtypes, seeds)
def test_swiglu_is_torchs_and_jaxs(shape, dtype, seed):
    vouch(
        (swiglu, swiglu_backward),
        *normal(shape, shape, seed=seed, dtype=dtype),
        torch_op=lambda gate, up: F.silu(gate) * up,
        jax_op=lambda gate, up: jax.nn.silu(gate) * up,
    )


@pytest.mark.parametrize("name", OWN)
def test_a_float32_layer_stays_float32(name):
    inputs = normal((2, 3), (4, 3), (4,), (3, 4), (3,), dtype="float32")
    out, cache = feed_forward(*inputs, activation=name)
    assert {a.dtype for a in (out, *feed_forward_backward(out, cache))} == {np.dtype("float32")}


def test_the_two_gelus_differ_by_less_than_a_thousandth():
    z = np.linspace(-6, 6, 1001)
    off = np.abs(ACTIVATIONS["gelu"](z) - ACTIVATIONS["gelu_tanh"](z)).max()
    assert 1e-4 < off < 1e-3
