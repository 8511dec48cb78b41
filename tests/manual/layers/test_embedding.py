"""Embedding and the output layer that shares its table, against torch's and jax's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers.embedding import embedding, embedding_backward, unembedding, unembedding_backward
from tests import exact
from tests.manual.layers.vouch import normal, vouch

dtypes = st.sampled_from(exact.DTYPES)
seeds = st.integers(0, 2**32 - 1)


@given(st.tuples(st.integers(1, 3), st.integers(1, 6)), st.integers(1, 7), st.integers(1, 4), dtypes, seeds)
def test_embedding_is_torchs_and_jaxs(shape, vocabulary, width, dtype, seed):
    ids = np.random.default_rng(seed).integers(0, vocabulary, shape)
    (E,) = normal((vocabulary, width), seed=seed, dtype=dtype)
    vouch((embedding, embedding_backward), ids, E, torch_op=F.embedding, jax_op=lambda ids, E: E[ids])


@given(st.tuples(st.integers(1, 3), st.integers(1, 6)), st.integers(1, 7), st.integers(1, 4), dtypes, seeds)
def test_unembedding_is_torchs_and_jaxs(shape, vocabulary, width, dtype, seed):
    x, E = normal((*shape, width), (vocabulary, width), seed=seed, dtype=dtype)
    vouch((unembedding, unembedding_backward), x, E, torch_op=F.linear, jax_op=lambda x, E: x @ E.T)


def test_the_gradient_is_the_one_hot_matrix_transposed_times_dout():
    ids = np.array([[3, 0, 3], [3, 1, 0]])
    E, dout = normal((5, 2), (2, 3, 2))
    expected = np.eye(5)[ids.reshape(-1)].T @ dout.reshape(-1, 2)
    np.testing.assert_allclose(embedding_backward(dout, embedding(ids, E)[1]), expected, rtol=1e-15)


def test_a_token_that_does_not_occur_has_no_gradient():
    E, dout = normal((4, 2), (3, 2))
    dE = embedding_backward(dout, embedding(np.array([0, 2, 0]), E)[1])
    assert not dE[[1, 3]].any()


def test_no_tokens_give_a_gradient_of_zeros():
    E = normal((4, 2))[0]
    out, cache = embedding(np.zeros((0, 3), int), E)
    assert not embedding_backward(out, cache).any()


@pytest.mark.parametrize("ids", [np.uint8, np.int32, np.int64])
def test_ids_may_be_any_integers(ids):
    E, dout = normal((4, 2), (5, 2))
    tokens = np.array([1, 3, 1, 0, 1])
    right = embedding_backward(dout, embedding(tokens, E)[1])
    np.testing.assert_array_equal(embedding_backward(dout, embedding(tokens.astype(ids), E)[1]), right)


def test_rows_assigned_instead_of_added_are_found():
    def assigned(dout, cache):
        ids, E = cache
        dE = np.zeros_like(E)
        dE[ids] = dout
        return dE

    E = normal((4, 2))[0]
    twice, once = np.array([1, 3, 1]), np.array([1, 3, 0])
    assert check_vjp((embedding, assigned), twice, E)["E"].status == "wrong"
    assert check_vjp((embedding, assigned), once, E).ok  # nothing repeats, nothing shows
