"""Attention against the frameworks' own fused forms, step by step against theirs in elementary operations."""

import jax
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers import attention as by_hand
from manual.layers.attention import attention, attention_backward, merge_heads, split_heads
from tests import exact
from tests.manual.layers.vouch import normal, vouch

shapes = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 5))
dtypes = st.sampled_from(exact.DTYPES)
seeds = st.integers(0, 2**32 - 1)


def in_torch(causal):
    return lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal)


def in_jax(causal):
    def attend(q, k, v):
        S = q @ k.mT / q.shape[-1] ** 0.5
        seen = np.tri(S.shape[-1], dtype=bool) if causal else None
        return jax.nn.softmax(S, axis=-1, where=seen) @ v

    return attend


@given(shapes, st.booleans(), dtypes, st.floats(0.1, 4), seeds)
def test_attention_is_torchs_own_and_jaxs(shape, causal, dtype, spread, seed):
    q, k, v = (a * a.dtype.type(spread) for a in normal(shape, shape, shape, seed=seed, dtype=dtype))

    def forward(q, k, v):
        return attention(q, k, v, causal=causal)

    vouch((forward, attention_backward), q, k, v, torch_op=in_torch(causal), jax_op=in_jax(causal))


def test_attention_is_jaxs_own_in_float32():
    """jax.nn.dot_product_attention takes its softmax in float32 whatever comes in (jax 0.10.2): 1e-7, not 1e-16."""
    q, k, v = normal(*3 * [(2, 3, 5, 4)], dtype="float32")
    moved = (a.swapaxes(1, 2) for a in (q, k, v))  # jax has the heads behind the places
    theirs = jax.nn.dot_product_attention(*moved, is_causal=True).swapaxes(1, 2)
    np.testing.assert_allclose(attention(q, k, v)[0], theirs, rtol=0, atol=20 * np.finfo("float32").eps)


@given(shapes, dtypes, seeds)
def test_each_step_is_right_by_itself(shape, dtype, seed):
    N, H, T, d = shape
    q, k, S = normal(shape, shape, (N, H, T, T), seed=seed, dtype=dtype)
    vouch(
        (by_hand.scores, by_hand.scores_backward),
        q,
        k,
        torch_op=lambda q, k: q @ k.mT / d**0.5,
        jax_op=lambda q, k: q @ k.mT / d**0.5,
    )
    vouch(
        (by_hand.weights, by_hand.weights_backward),
        S,
        torch_op=lambda S: torch.softmax(S.masked_fill(~torch.ones(T, T).tril().bool(), -torch.inf), -1),
        jax_op=lambda S: jax.nn.softmax(S, axis=-1, where=np.tri(T, dtype=bool)),
    )
    matmul = {"torch_op": lambda A, v: A @ v, "jax_op": lambda A, v: A @ v}
    vouch((by_hand.mixture, by_hand.mixture_backward), S, q, **matmul)


def test_splitting_and_merging_heads_are_inverses():
    x = normal((2, 3, 8))[0]
    assert split_heads(x, 4).shape == (2, 4, 3, 2)
    np.testing.assert_array_equal(merge_heads(split_heads(x, 4)), x)
    np.testing.assert_array_equal(split_heads(x, 4)[0, 1, 2], x[0, 2, 2:4])


def test_no_place_sees_its_future():
    q, k, v = normal((1, 2, 5, 4), (1, 2, 5, 4), (1, 2, 5, 3))
    before = attention(q, k, v)[0]
    k[:, :, 3:] += 1
    v[:, :, 3:] += 1
    np.testing.assert_array_equal(attention(q, k, v)[0][:, :, :3], before[:, :, :3])


def test_the_future_gets_no_gradient_though_the_backward_has_no_mask():
    q, k, v, dout = normal(*4 * [(1, 1, 4, 3)])
    _, of_weights, of_mixture = attention(q, k, v)[1]
    dA, _ = by_hand.mixture_backward(dout, of_mixture)
    dS = by_hand.weights_backward(dA, of_weights)
    assert not np.triu(dS[0, 0], 1).any()
    assert np.triu(dA[0, 0], 1).any()


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_scores_of_ten_thousand_overflow_nothing(dtype):
    S = np.array([[[[1e4, -1e4], [-1e4, 1e4]]]], dtype)
    with np.errstate(all="raise", under="ignore"):
        A, cache = by_hand.weights(S)
        dS = by_hand.weights_backward(np.ones_like(S), cache)
    assert A.dtype == dS.dtype == dtype
    np.testing.assert_array_equal(A[0, 0], np.eye(2))


def scale_missing(dout, cache):
    dq, dk, dv = attention_backward(dout, cache)
    return dq * np.sqrt(dq.shape[-1]), dk * np.sqrt(dq.shape[-1]), dv


def swapped(dout, cache):
    dq, dk, dv = attention_backward(dout, cache)
    return dk, dq, dv


def mask_missing(dout, cache):
    (q, k, scale), _, (_, v) = cache
    A, _ = by_hand.weights(q @ k.swapaxes(-1, -2) * scale, causal=False)
    dS = by_hand.weights_backward(dout @ v.swapaxes(-1, -2), A)
    return *by_hand.scores_backward(dS, cache[0]), attention_backward(dout, cache)[2]


@pytest.mark.parametrize("backward", [scale_missing, swapped, mask_missing], ids=lambda f: f.__name__)
def test_a_classical_mistake_is_found_and_placed(backward):
    report = check_vjp((attention, backward), *normal(*3 * [(2, 2, 4, 3)]))
    assert {v.name: v.status for v in report.verdicts} == {"query": "wrong", "key": "wrong", "value": "agree"}
