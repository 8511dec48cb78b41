"""Batch normalisation: on paper, against torch's and jax's, its two hidden paths, and running statistics."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers import batch_norm as bn
from manual.layers.batch_norm import (
    EPS,
    batch_norm,
    batch_norm_backward,
    batch_norm_inference,
    batch_norm_inference_backward,
    running_statistics,
)
from tests.exact import DTYPES
from tests.manual.layers.vouch import normal, vouch

LAYER = (batch_norm, batch_norm_backward)


@st.composite
def shapes(draw):
    """(N, C) or (N, C, H, V) with three values a channel or more: two are always +-1 after it, whatever x is."""
    batch, channels = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    image = draw(st.sampled_from([(), (1, 1), (2, 1), (2, 3), (4, 5)]))
    return (max(batch, 3) if np.prod(image) < 3 else batch, channels, *image)


def in_torch(x, gamma, beta):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=EPS)


def spread(x, c):
    return c.reshape(1, -1, *[1] * (x.ndim - 2))


def in_jax(x, gamma, beta):
    axes = (0, *range(2, x.ndim))
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return spread(x, gamma) * (x - mean) / jnp.sqrt(var + EPS) + spread(x, beta)


@given(shapes(), st.integers(0, 2**32 - 1), st.sampled_from(DTYPES))
def test_torch_and_jax_vouch_for_the_training_form(shape, seed, dtype):
    inputs = normal(shape, shape[1:2], shape[1:2], seed=seed, dtype=dtype)
    vouch(LAYER, *inputs, torch_op=in_torch, jax_op=in_jax, seed=seed)


@given(shapes(), st.integers(0, 2**32 - 1), st.sampled_from(DTYPES))
def test_torch_and_jax_vouch_for_the_inference_form(shape, seed, dtype):
    x, gamma, beta, mean, var = normal(shape, *[shape[1:2]] * 4, seed=seed, dtype=dtype)
    var = var**2 + var.dtype.type(0.1)

    def by_torch(x, gamma, beta):
        running = (torch.from_numpy(s).to(x.dtype) for s in (mean, var))
        return F.batch_norm(x, *running, gamma, beta, training=False, eps=EPS)

    def by_jax(x, gamma, beta):
        hat = (x - spread(x, jnp.array(mean))) / jnp.sqrt(spread(x, jnp.array(var)) + EPS)
        return spread(x, gamma) * hat + spread(x, beta)

    layer = (partial(batch_norm_inference, mean=mean, var=var), batch_norm_inference_backward)
    vouch(layer, x, gamma, beta, torch_op=by_torch, jax_op=by_jax, seed=seed)


def test_three_values_on_paper():
    """x = -1, 0, 1 with eps so chosen that scale is 1: mean 0, var 2/3, hat = x."""
    x = np.array([[-1.0], [0.0], [1.0]])
    out, cache = batch_norm(x, np.array([2.0]), np.array([5.0]), eps=1 / 3)
    assert np.allclose(out, [[3], [5], [7]], rtol=1e-15)
    dx, dgamma, dbeta = batch_norm_backward(np.array([[3.0], [0.0], [0.0]]), cache)
    # dhat = (6, 0, 0), less the mean 2, less hat times the mean of dhat hat, -2.
    assert np.allclose(dx, [[6 - 2 - 2], [-2], [-2 + 2]], rtol=1e-15, atol=1e-15)
    assert np.allclose([*dgamma, *dbeta], [-3, 3], rtol=1e-15)


def test_a_gradient_along_a_constant_or_along_hat_does_not_come_through():
    """Adding a constant to x, or scaling it, changes nothing (scaling: but for eps)."""
    (x,) = normal((4, 2, 3, 3))
    _, cache = batch_norm(x, np.ones(2), np.zeros(2), eps=0)
    for dout in (np.ones_like(x), cache[0]):
        assert abs(batch_norm_backward(dout, cache)[0]).max() <= 50 * np.finfo(float).eps


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("mean_path", lambda dhat: 0),
        ("variance_path", lambda dhat, hat: 0),
        (
            "variance_path",
            lambda dhat, hat: bn_variance_path(dhat, hat) * hat[:, 0].size / (hat[:, 0].size - 1),
        ),
    ],
    ids=["mean path dropped", "variance path dropped", "n - 1 for n"],
)
def test_a_path_that_is_dropped_shows_in_x_alone(path, rule, monkeypatch):
    inputs = normal((5, 3, 2, 2), (3,), (3,))
    monkeypatch.setattr(bn, path, rule)
    report = check_vjp(LAYER, *inputs)
    assert {v.name: v.status for v in report.verdicts} == {"x": "wrong", "gamma": "agree", "beta": "agree"}


bn_variance_path = bn.variance_path


@pytest.mark.parametrize("momentum", [0.1, 0.5, 1.0])
def test_running_statistics_are_torchs(momentum):
    x, mean, var = normal((4, 3, 2, 5), (3,), (3,))
    var = var**2
    theirs = torch.from_numpy(mean.copy()), torch.from_numpy(var.copy())
    F.batch_norm(torch.from_numpy(x), *theirs, training=True, momentum=momentum)
    mine = running_statistics(mean, var, x, momentum=momentum)
    for ours, other in zip(mine, theirs, strict=True):
        assert np.allclose(ours, other.numpy(), rtol=1e-14, atol=1e-15)


def test_with_the_batchs_own_statistics_inference_is_training():
    x, gamma, beta = normal((4, 3, 2, 5), (3,), (3,))
    axes = (0, 2, 3)
    out, _ = batch_norm_inference(x, gamma, beta, x.mean(axis=axes), x.var(axis=axes))
    assert np.allclose(out, batch_norm(x, gamma, beta)[0], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_widened(dtype):
    x, gamma, beta = normal((4, 3, 2, 5), (3,), (3,), dtype=dtype)
    out, cache = batch_norm(x, gamma, beta)
    found = [out, *batch_norm_backward(out, cache), *running_statistics(gamma, beta, x)]
    out, cache = batch_norm_inference(x, gamma, beta, beta, beta**2)
    found += [out, *batch_norm_inference_backward(out, cache)]
    assert {a.dtype for a in found} == {np.dtype(dtype)}
