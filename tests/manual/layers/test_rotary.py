"""Rotary positions against complex multiplication, which is what they are, in torch and in jax."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compare.checks.vjp import check_vjp
from manual.layers.rotary import rotary, rotary_backward
from tests import exact
from tests.manual.layers.vouch import normal, vouch


def in_torch(x):
    T, half = x.shape[-2], x.shape[-1] // 2
    rates = 10_000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.outer(torch.arange(T, dtype=torch.float64), rates)
    z = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], -1)


def in_jax(x):
    T, half = x.shape[-2], x.shape[-1] // 2
    angle = np.outer(np.arange(T), 10_000.0 ** (-np.arange(half) / half))
    z = jax.lax.complex(x[..., :half], x[..., half:]) * jnp.exp(1j * angle)
    return jnp.concatenate([z.real, z.imag], -1)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.sampled_from([2, 4, 6, 10])),
    st.sampled_from(exact.DTYPES),
    st.integers(0, 2**32 - 1),
)
def test_rotary_is_a_complex_rotation(shape, dtype, seed):
    vouch((rotary, rotary_backward), *normal(shape, seed=seed, dtype=dtype), torch_op=in_torch, jax_op=in_jax)


def test_lengths_stay_and_the_first_place_is_not_turned():
    x = normal((2, 5, 6))[0]
    out, _ = rotary(x)
    np.testing.assert_array_equal(out[:, 0], x[:, 0])
    np.testing.assert_allclose(np.linalg.norm(out, axis=-1), np.linalg.norm(x, axis=-1), rtol=1e-15)


def test_a_product_depends_on_the_distance_alone():
    q, k = (np.broadcast_to(a, (8, 6)) for a in normal((6,), (6,)))
    products = rotary(q)[0] @ rotary(k)[0].T
    for distance in range(-7, 8):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-13)


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_the_type_stays_and_far_places_keep_their_digits(dtype):
    x = np.ones((4096, 4), dtype)
    out, _ = rotary(x)
    right, _ = rotary(x.astype(np.float64))
    assert out.dtype == dtype
    # cos and sin are rounded once each, and so are two products and their sum.
    np.testing.assert_allclose(out, right, rtol=0, atol=3 * np.finfo(dtype).eps)


def test_turning_the_cotangent_forward_is_found():
    report = check_vjp((rotary, lambda dout, cache: rotary(dout)[0]), *normal((2, 3, 4)))
    assert report["x"].status == "wrong"
