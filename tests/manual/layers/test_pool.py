"""Maximum and mean of windows: on paper, at ties, and against torch's and jax's own over random shapes."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jax import lax
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers.pool import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward
from tests.exact import DTYPES
from tests.manual.layers.vouch import normal, vouch


@st.composite
def poolings(draw):
    """(options, shape of x): windows that tile, overlap, or leave gaps and edges out."""
    window = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    image = (draw(st.integers(w, w + 5)) for w in window)
    return {"window": window, "stride": stride}, (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *image)


def max_in_torch(x, window, stride):
    return F.max_pool2d(x, window, stride)


def max_in_jax(x, window, stride):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, *window), (1, 1, *stride), "VALID")


def avg_in_torch(x, window, stride):
    return F.avg_pool2d(x, window, stride)


def avg_in_jax(x, window, stride):
    total = lax.reduce_window(x, 0.0, lax.add, (1, 1, *window), (1, 1, *stride), "VALID")
    return total / (window[0] * window[1])


@given(poolings(), st.integers(0, 2**32 - 1), st.sampled_from(DTYPES))
def test_torch_and_jax_vouch_for_the_maximum(pooling, seed, dtype):
    options, shape = pooling
    layer = (partial(max_pool2d, **options), max_pool2d_backward)
    in_torch, in_jax = partial(max_in_torch, **options), partial(max_in_jax, **options)
    vouch(layer, *normal(shape, seed=seed, dtype=dtype), torch_op=in_torch, jax_op=in_jax, seed=seed)


@given(poolings(), st.integers(0, 2**32 - 1), st.sampled_from(DTYPES))
def test_torch_and_jax_vouch_for_the_mean(pooling, seed, dtype):
    options, shape = pooling
    layer = (partial(avg_pool2d, **options), avg_pool2d_backward)
    in_torch, in_jax = partial(avg_in_torch, **options), partial(avg_in_jax, **options)
    vouch(layer, *normal(shape, seed=seed, dtype=dtype), torch_op=in_torch, jax_op=in_jax, seed=seed)


X = np.array([[[[1.0, 4.0, 0.0], [3.0, 2.0, 5.0], [7.0, 7.0, 7.0]]]])


def test_pooling_on_paper():
    """Windows of 2 x 2, one apart: the 4 is in two of them, the 5 in two, the 7 in two."""
    dout = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]])
    out, cache = max_pool2d(X, stride=1)
    assert out[0, 0].tolist() == [[4, 5], [7, 7]]
    assert max_pool2d_backward(dout, cache)[0, 0].tolist() == [[0, 1, 0], [0, 0, 10], [100, 1000, 0]]
    out, cache = avg_pool2d(X, stride=1)
    assert out[0, 0].tolist() == [[2.5, 2.75], [4.75, 5.25]]
    assert avg_pool2d_backward(4 * dout, cache)[0, 0].tolist() == [
        [1, 11, 10],
        [101, 1111, 1010],
        [100, 1100, 1000],
    ]


def test_windows_tile_unless_told_and_an_edge_that_holds_none_is_left_out():
    out, cache = max_pool2d(X)
    assert out[0, 0].tolist() == [[4]]
    assert max_pool2d_backward(np.ones_like(out), cache)[0, 0].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def tied(shape=(2, 3, 6, 5)):
    """Of three values only, so that most windows have several maxima."""
    return np.random.default_rng(0).integers(0, 3, shape).astype(float)


@pytest.mark.parametrize(
    "options", [{"window": (2, 2), "stride": (2, 2)}, {"window": (3, 2), "stride": (1, 2)}], ids=str
)
def test_at_a_tie_the_first_maximum_gets_it_all_as_in_torch_and_jax(options):
    x = tied()
    out, cache = max_pool2d(x, **options)
    dout = np.random.default_rng(1).integers(1, 9, out.shape).astype(float)
    mine = max_pool2d_backward(dout, cache)
    leaf = torch.from_numpy(x).requires_grad_()
    (by_torch,) = torch.autograd.grad(max_in_torch(leaf, **options), leaf, torch.from_numpy(dout))
    with jax.enable_x64(True):
        (by_jax,) = jax.vjp(partial(max_in_jax, **options), jnp.array(x))[1](jnp.array(dout))
    assert np.array_equal(mine, by_torch)
    assert np.array_equal(mine, by_jax)


def every_tie(dout, cache):
    x, out, at = cache
    dx = np.zeros_like(x)
    for u, v in at.offsets:
        dx[at.at(u, v)] += (x[at.at(u, v)] == out) * dout
    return dx


def last_tie(dout, cache):
    x, out, at = cache
    (flipped,) = (max_pool2d_backward(dout[..., ::-1, ::-1], (x[..., ::-1, ::-1], out[..., ::-1, ::-1], at)),)
    return flipped[..., ::-1, ::-1]


def test_all_of_it_to_every_tie_is_wrong_and_to_another_one_a_matter_of_choice():
    """Between what it is from the left and from the right, 0 and dout, every value is a subgradient; 2 dout is not.

    The entries by themselves lie between, so check_vjp says `kink`; that they add up to too much shows in the sum.
    """
    x, pool = tied((1, 1, 4, 4)), partial(max_pool2d, window=2)
    assert check_vjp((pool, last_tie), x).verdicts[0].status == "kink"
    out, cache = max_pool2d(x)
    dout = np.ones_like(out)
    assert max_pool2d_backward(dout, cache).sum() == dout.sum() == last_tie(dout, cache).sum()
    assert every_tie(dout, cache).sum() > dout.sum()


def test_all_of_it_to_every_tie_is_wrong_where_one_parameter_feeds_them_all():
    """A scale under the pooling moves all ties at once: there is no kink, and the gradient is off."""
    x = tied((1, 1, 4, 4))

    def scaled(scale):
        out, cache = max_pool2d(scale * x)
        return out, cache

    def planted(rule):
        return lambda dout, cache: (rule(dout, cache) * x).sum()

    scale = np.array(1.5)
    assert check_vjp((scaled, planted(max_pool2d_backward)), scale).ok
    assert check_vjp((scaled, planted(every_tie)), scale).verdicts[0].status == "wrong"


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_widened(dtype):
    (x,) = normal((2, 3, 5, 4), dtype=dtype)
    for forward, backward in ((max_pool2d, max_pool2d_backward), (avg_pool2d, avg_pool2d_backward)):
        out, cache = forward(x)
        assert out.dtype == backward(out, cache).dtype == dtype


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 6}, r"spans \(6, 6\) does not fit"),
        ({"window": 0}, "window is 0"),
        ({"stride": 0}, "stride is 0"),
    ],
)
def test_what_does_not_fit_is_refused(options, says):
    for pool in (max_pool2d, avg_pool2d):
        with pytest.raises(ValueError, match=says):
            pool(X, **options)
