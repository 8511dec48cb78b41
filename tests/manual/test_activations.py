"""Every activation of manual and its derivative, against 50 digits over [-1e4, 1e4].

ROOM says how many eps each value may be off, as a function of z and the exact value v. It is derived:
one rounding is 1/2 eps of the result; a library function (exp, tanh, log1p, erfc) is taken to be within
2 eps (glibc and NumPy promise that or better); an error of r eps in the argument z of f is |z f'(z) / f(z)| r
eps in the value. What was measured on the sweep is beside each bound.
"""

import numpy as np
import pytest
from mpmath import mp

from manual.activations import ACTIVATIONS, softmax_backward
from tests import exact


def normal_cdf_room(z):
    """Phi(z) = erfc(x) / 2, x = -z / sqrt 2, which is within 1 eps: |z| phi.

    scipy's erfc rounds x^2 before its exp, x^2 / 2 = z^2 / 4 eps; the rest of it measured 4.3 eps, 5 allowed.
    """
    return (5 + (z * z / 4 if z < 0 else 0)) * mp.ncdf(z) + abs(z) * mp.npdf(z)


def gelu_room(z, v):
    """z Phi: Phi's, and 1/2 for the product.                                             Measured 0.84 of it"""
    return abs(z) * normal_cdf_room(z) + abs(v) / 2


def gelu_derivative_room(z, v):
    """Phi + z phi change sign at z = -0.75, so the room is in units of the terms; phi's exponent is z^2 / 2.

    That exponent is rounded once or twice, z^2 / 2 eps; exp 2, two products and a quotient with a rounded
    constant 2 more, the sum 1/2.
    """
    Phi, phi = mp.ncdf(z), abs(z) * mp.npdf(z)
    return normal_cdf_room(z) + (4 + z * z / 2) * phi + (Phi + phi) / 2


ROOM = {
    # e / (1 + e): exp 2, sum 1/2, quotient 1/2.                                      Measured 1.4
    "sigmoid": lambda z, v: 3 * v,
    "tanh": lambda z, v: 2 * abs(v),  # Measured 0.7
    "relu": lambda z, v: 0,
    # The slope 0.01 is rounded, then the product.                                    Measured 0.6
    "leaky_relu": lambda z, v: abs(v),
    # Two positive terms: exp 2 and log1p 2, sum 1/2.                                 Measured 0.8
    "softplus": lambda z, v: 4.5 * v,
    "gelu": gelu_room,
    "identity": lambda z, v: 0,
}
ROOM_DERIVATIVE = {
    # e / (1 + e)^2: exp 2, the sum twice 1/2, square and quotient 1/2 each.          Measured 1.9
    "sigmoid": lambda z, v: 4 * v,
    "tanh": lambda z, v: 4 * v,  # The same of 2 z.                                    Measured 1.8
    "relu": lambda z, v: 0,
    "leaky_relu": lambda z, v: v / 2,
    "softplus": lambda z, v: 3 * v,  # It is sigmoid.
    "gelu": gelu_derivative_room,
    "identity": lambda z, v: 0,
}


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_an_activation_is_right_everywhere(name, dtype):
    z, right = exact.points(dtype), exact.activation(name, 0, dtype)
    room = [ROOM[name](mp.mpf(float(at)), v) for at, v in zip(z, right, strict=True)]
    worst, where = exact.excess(ACTIVATIONS[name](z), right, room, dtype)
    assert worst <= 1, f"z = {z[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_a_derivative_is_right_everywhere(name, dtype):
    z, right = exact.points(dtype), exact.activation(name, 1, dtype)
    room = [ROOM_DERIVATIVE[name](mp.mpf(float(at)), v) for at, v in zip(z, right, strict=True)]
    worst, where = exact.excess(ACTIVATIONS[name].backward(np.ones_like(z), z), right, room, dtype)
    assert worst <= 1, f"z = {z[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_is_right_for_every_spread(dtype):
    z, _ = exact.rows(dtype)
    for row in z:
        a = exact.softmax(row)
        worst, where = exact.excess(ACTIVATIONS["softmax"](row), a, softmax_room(row, a), dtype)
        assert worst <= 1, f"softmax({row})[{where}]"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_backward_is_the_whole_jacobian(dtype):
    z, _ = exact.rows(dtype)
    for da, row in zip(np.random.default_rng(1).standard_normal(z.shape).astype(dtype), z, strict=True):
        worst, where = exact.excess(
            softmax_backward(da, row), exact.softmax_backward(da, row), softmax_backward_room(da, row), dtype
        )
        assert worst <= 1, f"softmax_backward({da}, {row})[{where}]"


def softmax_room(row, a):
    """Each z - max is rounded, half an eps of the difference, in e^(z_k - max) and, weighted by a, in the sum.

    Beside it exp 2 twice, n/2 for the sum, 1/2 for the quotient. Measured: 0.8 of this.
    """
    below = [float(max(row)) - float(z) for z in row]
    in_the_sum = sum(p * d for p, d in zip(a, below, strict=True)) / 2
    return [(4.5 + len(row) / 2 + d / 2 + in_the_sum) * p for p, d in zip(a, below, strict=True)]


def softmax_backward_room(da, row):
    """a (da - sum da a) cancels, so the room is softmax's own, in units of the terms, and 2 + n/2 more."""
    a = exact.softmax(row)
    rooms = softmax_room(row, a)
    mean = sum(abs(float(d)) * p for d, p in zip(da, a, strict=True))
    mean_room = sum(abs(float(d)) * r for d, r in zip(da, rooms, strict=True))
    n = len(row)
    return [
        (abs(float(d)) + mean) * (r + (2 + n / 2) * p) + p * mean_room
        for d, p, r in zip(da, a, rooms, strict=True)
    ]


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_at_the_kink_the_left_slope_is_taken(name):
    zero = np.zeros(1)
    slope = {"relu": 0.0, "leaky_relu": 0.01}[name]
    assert ACTIVATIONS[name].backward(np.ones(1), zero) == slope


def test_softmax_refuses_to_name_an_entrywise_derivative():
    with pytest.raises(TypeError, match="Jacobian"):
        ACTIVATIONS["softmax"].derivative(np.zeros(3))


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_ten_thousand_is_no_trouble(name, dtype):
    """No warning (pytest makes them errors), nothing but finite numbers, and the dtype that came in."""
    z = np.array([[-1e4, 1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    with np.errstate(all="raise", under="ignore"):
        for out in (ACTIVATIONS[name](z), ACTIVATIONS[name].backward(np.ones_like(z), z)):
            assert out.dtype == dtype
            assert out.shape == z.shape
            assert np.isfinite(out).all()
