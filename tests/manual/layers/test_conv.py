"""conv2d and its backward: on paper, against torch's and jax's own over random shapes, and what it refuses."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import lax
from torch.nn import functional as F

from compare.checks.vjp import check_vjp
from manual.layers import conv
from manual.layers.conv import conv2d, conv2d_backward
from tests.exact import DTYPES
from tests.manual.layers.vouch import normal, vouch

EITHER_AXIS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def convolutions(draw):
    """(options, shape of x, shape of W) in which at least one window fits; all sizes of their own."""
    kernel = draw(EITHER_AXIS)
    stride, dilation = draw(EITHER_AXIS), draw(EITHER_AXIS)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    image = []
    for k, d, p in zip(kernel, dilation, padding, strict=True):
        reach = d * (k - 1) + 1
        image.append(draw(st.integers(max(1, reach - 2 * p), reach + 4)))
    batch, channels, filters = (draw(st.integers(1, 3)) for _ in range(3))
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return options, (batch, channels, *image), (filters, channels, *kernel)


def in_torch(x, W, b, stride, padding, dilation):
    return F.conv2d(x, W, b, stride, padding, dilation)


def in_jax(x, W, b, stride, padding, dilation):
    out = lax.conv_general_dilated(x, W, stride, [(p, p) for p in padding], rhs_dilation=dilation)
    return out + b[:, None, None]


def compiles(stride, padding, dilation):
    """Where stride and dilation share a factor, XLA (of jax 0.10.2) may abort the process as it compiles the gradient:
    x (1, 2, 4, 11), W (3, 2, 2, 3), stride (2, 3), padding (1, 0), dilation (1, 3) does."""
    return all(math.gcd(s, d) == 1 for s, d in zip(stride, dilation, strict=True))


@given(convolutions(), st.integers(0, 2**32 - 1), st.sampled_from(DTYPES))
def test_torch_and_jax_vouch_for_any_stride_padding_and_dilation(convolution, seed, dtype):
    options, x, W = convolution
    inputs = normal(x, W, W[:1], seed=seed, dtype=dtype)
    layer = (partial(conv2d, **options), conv2d_backward)
    by_torch, by_jax = partial(in_torch, **options), partial(in_jax, **options)
    vouch(layer, *inputs, torch_op=by_torch, jax_op=by_jax if compiles(**options) else None, seed=seed)


def test_a_convolution_on_paper():
    """[[1, 2], [3, 4]] under the kernel [[1, 0], [0, -1]], padded by one: each output is x[i, j] - x[i+1, j+1]."""
    x, W = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    out, cache = conv2d(x, W, np.array([10.0]), padding=1)
    assert (out[0, 0] - 10).tolist() == [[-1, -2, 0], [-3, -3, 2], [0, 3, 4]]
    dout = np.zeros((1, 1, 3, 3))
    dout[0, 0, 0, 0], dout[0, 0, 1, 1] = 1, 10
    dx, dW, db = conv2d_backward(dout, cache)
    # x[0, 0] is in two of the patches: as -1 times in the first, as +1 times in the middle one.
    assert dx[0, 0].tolist() == [[-1 + 10, 0], [0, -10]]
    assert dW[0, 0].tolist() == [[10, 20], [30, 40 + 1]]
    assert db.tolist() == [11]


def test_pixels_that_no_window_reaches_get_no_gradient():
    x, W = normal((1, 1, 6, 6), (1, 1, 2, 2))
    out, cache = conv2d(x, W, None, stride=3)
    dx, _, db = conv2d_backward(np.ones_like(out), cache)
    assert out.shape == (1, 1, 2, 2)
    assert not dx[..., 2::3, :].any() and not dx[..., 2::3].any()
    assert db is None


def test_a_number_stands_for_both_axes():
    x, W = normal((2, 3, 7, 8), (4, 3, 3, 2))
    one, _ = conv2d(x, W, None, stride=2, padding=1, dilation=2)
    both, _ = conv2d(x, W, None, stride=(2, 2), padding=(1, 1), dilation=(2, 2))
    assert np.array_equal(one, both)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_widened(dtype):
    x, W, b = normal((2, 3, 6, 5), (4, 3, 3, 3), (4,), dtype=dtype)
    out, cache = conv2d(x, W, b, padding=1)
    assert {a.dtype for a in (out, *conv2d_backward(out, cache))} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("x", "W", "options", "says"),
    [
        ((2, 3, 5, 5), (4, 2, 3, 3), {}, r"x \(2, 3, 5, 5\) and W \(4, 2, 3, 3\)"),
        ((3, 5, 5), (4, 3, 3, 3), {}, "are needed"),
        ((2, 3, 5, 5), (4, 3, 3, 3), {"dilation": 3}, r"spans \(7, 7\) does not fit into \(5, 5\)"),
        ((2, 3, 5, 5), (4, 3, 3, 3), {"stride": 0}, "stride is 0; it must be 1 or more"),
        ((2, 3, 5, 5), (4, 3, 3, 3), {"padding": (1, -1)}, r"padding is \(1, -1\)"),
        ((2, 3, 5, 5), (4, 3, 3, 3), {"padding": (1, 1, 1)}, "one number or one for each axis"),
    ],
)
def test_what_does_not_fit_is_refused(x, W, options, says):
    with pytest.raises(ValueError, match=says):
        conv2d(np.ones(x), np.ones(W), None, **options)


# ---- Planted: each classical mistake of the way back, seen by check_vjp alone


def planted(**rules):
    """conv2d_backward with functions of manual.layers.conv replaced."""

    def backward(dout, cache):
        with pytest.MonkeyPatch.context() as patch:
            for name, rule in rules.items():
                patch.setattr(conv, name, rule)
            return conv2d_backward(dout, cache)

    return backward


def kernel_flipped(dout, cache):
    cols, W, biased, at = cache
    return RIGHT(dout, (cols, W[:, :, ::-1, ::-1], biased, at))


def overlap_overwritten(dcols, batch, at):
    dcols = dcols.reshape(-1, *at.kernel, batch, *at.out)
    dx = np.zeros((len(dcols), batch, *at.padded))
    for u, v in np.ndindex(at.kernel):
        dx[at.at(u, v)] = dcols[:, u, v]
    return dx[at.inside].transpose(1, 0, 2, 3)


RIGHT = conv.conv2d_input_gradient


@pytest.mark.parametrize(
    "rules",
    [{"conv2d_input_gradient": kernel_flipped}, {"col2im": overlap_overwritten}],
    ids=lambda rules: next(iter(rules)),
)
def test_a_mistake_on_the_way_to_x_is_placed_there(rules):
    layer = (partial(conv2d, stride=2, padding=1), planted(**rules))
    report = check_vjp(layer, *normal((2, 3, 7, 5), (4, 3, 3, 3), (4,)))
    assert {v.name: v.status for v in report.verdicts} == {"x": "wrong", "W": "agree", "b": "agree"}
