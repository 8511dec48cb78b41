"""Dropout with a given mask: inverted, and the same mask on the way back."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compare.checks.vjp import check_vjp
from manual.layers.dropout import dropout, dropout_backward, dropout_mask
from tests.exact import DTYPES
from tests.manual.layers.vouch import normal, vouch


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    st.integers(0, 2**32 - 1),
    st.sampled_from(DTYPES),
)
def test_torch_and_jax_vouch_for_it(shape, rate, seed, dtype):
    (x,) = normal(shape, seed=seed, dtype=dtype)
    mask = dropout_mask(np.random.default_rng(seed), x.shape, rate)

    def by_torch(x):
        return torch.where(torch.from_numpy(mask), x / (1 - rate), 0.0)

    def by_jax(x):
        return jnp.where(mask, x / (1 - rate), 0.0)

    layer = (partial(dropout, mask=mask, rate=rate), lambda dout, cache: dropout_backward(dout, cache)[0])
    vouch(layer, x, torch_op=by_torch, jax_op=by_jax, seed=seed)


def test_a_mask_keeps_its_share_and_the_expected_value_is_x():
    """Of 100,000 draws kept with probability 0.7, the share is within 0.7 % at five sigma."""
    mask = dropout_mask(np.random.default_rng(0), (100_000,), 0.3)
    assert abs(mask.mean() - 0.7) <= 5 * np.sqrt(0.7 * 0.3 / mask.size)
    out, _ = dropout(np.ones(mask.shape), mask, rate=0.3)
    assert abs(out.mean() - 1) <= 5 * np.sqrt(0.3 / 0.7 / mask.size)


def test_the_mask_is_an_input_without_a_gradient():
    (x,) = normal((4, 5))
    mask = dropout_mask(np.random.default_rng(0), x.shape, 0.5)
    report = check_vjp((partial(dropout, rate=0.5), dropout_backward), x, mask)
    assert report.ok and [v.name for v in report.verdicts] == ["x"]


def mask_redrawn(dout, cache):
    return dropout_backward(dout, (dropout_mask(np.random.default_rng(7), dout.shape, 0.5), cache[1]))


def not_inverted(dout, cache):
    return dout * cache[0], None


@pytest.mark.parametrize("backward", [mask_redrawn, not_inverted])
def test_a_mistake_on_the_way_back_is_seen(backward):
    (x,) = normal((4, 5))
    mask = dropout_mask(np.random.default_rng(0), x.shape, 0.5)
    report = check_vjp((partial(dropout, rate=0.5), backward), x, mask)
    assert report.verdicts[0].status == "wrong"
    if backward is not_inverted:
        assert "x is 1/2 of the right value in every entry" in report.diagnosis


def test_a_mask_that_is_drawn_anew_each_time_is_called_nondeterministic():
    rng, (x,) = np.random.default_rng(0), normal((4, 5))
    mask = dropout_mask(rng, x.shape, 0.5)

    def redrawn(dout, cache):
        return dropout_backward(dout, (dropout_mask(rng, dout.shape, 0.5), cache[1]))

    assert check_vjp((partial(dropout, rate=0.5), redrawn), x, mask).verdicts[0].status == "nondeterministic"


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_widened(dtype):
    (x,) = normal((4, 5), dtype=dtype)
    out, cache = dropout(x, x > 0, rate=0.3)
    assert out.dtype == dropout_backward(out, cache)[0].dtype == dtype


def test_a_sample_dropped_whole_has_a_loss_and_a_gradient_of_exactly_zero():
    (x,) = normal((3,))
    report = check_vjp((partial(dropout, rate=0.9), dropout_backward), x, np.zeros(3, bool))
    assert report.ok and report.verdicts[0].status == "agree"
