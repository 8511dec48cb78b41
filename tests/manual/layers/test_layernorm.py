"""Layer norm and RMS norm against torch's and jax's own, and against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers.layernorm import EPS, layer_norm, layer_norm_backward, rms_norm, rms_norm_backward
from tests import exact
from tests.manual.layers.vouch import normal, vouch

# Of two features a layer norm leaves the sign alone: dx is 0 but for eps, and float32 has no digit of it.
shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(3, 9))
dtypes = st.sampled_from(exact.DTYPES)


def in_torch(x, gamma, beta):
    return F.layer_norm(x, x.shape[-1:], gamma, beta, EPS)


def in_jax(x, gamma, beta):
    return gamma * jax.nn.standardize(x, axis=-1, epsilon=EPS) + beta


def rms_in_torch(x, gamma):
    return F.rms_norm(x, x.shape[-1:], gamma, EPS)


def rms_in_jax(x, gamma):
    return gamma * x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + EPS)


@given(shapes, dtypes, st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_layer_norm_is_torchs_and_jaxs(shape, dtype, spread, seed):
    x, gamma, beta = normal(shape, shape[-1:], shape[-1:], seed=seed, dtype=dtype)
    x = x * x.dtype.type(spread)
    vouch((layer_norm, layer_norm_backward), x, gamma, beta, torch_op=in_torch, jax_op=in_jax)


@given(shapes, dtypes, st.floats(0.1, 10), st.integers(0, 2**32 - 1))
def test_rms_norm_is_torchs_and_jaxs(shape, dtype, spread, seed):
    x, gamma = normal(shape, shape[-1:], seed=seed, dtype=dtype)
    x = x * x.dtype.type(spread)
    vouch((rms_norm, rms_norm_backward), x, gamma, torch_op=rms_in_torch, jax_op=rms_in_jax)


def test_every_row_comes_out_with_mean_0_and_variance_1():
    x, ones = 3 + 5 * normal((4, 100))[0], np.ones(100)
    out = layer_norm(x, ones, 0 * ones)[0]
    np.testing.assert_allclose(out.mean(axis=-1), 0, atol=1e-14)
    np.testing.assert_allclose(
        out.var(axis=-1), 1, rtol=1e-5
    )  # eps is 1e-5 of a variance of about 25, or less


def test_a_row_moved_as_a_whole_changes_nothing_so_its_gradient_sums_to_zero():
    x, gamma, dout = normal((3, 6), (6,), (3, 6))
    dx, _, _ = layer_norm_backward(dout, layer_norm(x, gamma, 0 * gamma)[1])
    np.testing.assert_allclose(dx.sum(axis=-1), 0, atol=1e-14)


def test_a_constant_row_gives_beta_and_no_nan():
    gamma, beta, dout = normal((4,), (4,), (2, 4))
    out, cache = layer_norm(np.full((2, 4), 7.0), gamma, beta)
    np.testing.assert_array_equal(out, np.broadcast_to(beta, (2, 4)))
    assert all(np.isfinite(d).all() for d in layer_norm_backward(dout, cache))


def without_mean_path(dout, cache):
    x_hat, rsigma, gamma = cache
    g = dout * gamma
    dx = (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True)) * rsigma
    return dx, *layer_norm_backward(dout, cache)[1:]


def over_the_wrong_axis(dout, cache):
    x_hat, rsigma, gamma = cache
    g = dout * gamma
    dx = (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0)) * rsigma
    return dx, *layer_norm_backward(dout, cache)[1:]


@pytest.mark.parametrize("backward", [without_mean_path, over_the_wrong_axis], ids=lambda f: f.__name__)
def test_a_classical_mistake_is_found_and_placed(backward):
    report = check_vjp((layer_norm, backward), *normal((3, 5), (5,), (5,)))
    assert {v.name: v.status for v in report.verdicts} == {"x": "wrong", "gamma": "agree", "beta": "agree"}
