"""Every activation of jax_ref and jax's derivative of it, against 50 digits over [-1e4, 1e4].

The bounds are manual's (tests/room.py) but for the exceptions, which are jax's own and measured.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp

from jax_ref.activations import ACTIVATIONS
from tests import exact, room

VALUES = room.ACTIVATIONS | {
    # XLA's tanh is a rational approximation: at z = -20 in float64 it is 3.5 eps short of -1. Measured 3.5
    "tanh": lambda z, v: 5 * abs(v),
    # z (1 + tanh u) / 2: 1 + tanh u is off by 5 eps of 1 where tanh u is near -1. At z = -7.25 nothing is left of it.
    "gelu_tanh": lambda z, v: room.gelu_tanh(z, v) + 5 * abs(z),
}
DERIVATIVES = room.DERIVATIVES | {
    # a (1 - a): an a near 1 is off by up to 1 eps. sigmoid'(20) is 2.06e-9, jax's in float32 is 0.
    "sigmoid": lambda z, v: 4 * v + (z > 0),
    # 1 - a^2, with the tanh above: twice 5 eps of 1. At z = -20 in float64 it is 1.7e-17, jax's 1.6e-15.
    "tanh": lambda z, v: 4 * v + 10,
    # logaddexp's derivative is e^(z - softplus(z)): half an eps of softplus(z), and of the difference, which
    # is -softplus(-z); beyond z = 40 that is exactly 0. Measured 16 eps (float64, at +-33), 4.2 (float32).
    "softplus": lambda z, v: (3 + (abs(z) / 2 if z < 40 else 0)) * v,
    # phi is e^(-x^2) of the same rounded x = z / sqrt 2 as erfc: z^2 eps more. Measured: 0.65 of this
    "gelu": lambda z, v: room.gelu_derivative(z, v) + z * z * abs(z) * mp.npdf(z),
    # The same 1 + tanh u, and 1 - tanh^2 u off by 10 eps of 1; where |z| > 10 the tanh is exactly 1.
    "gelu_tanh": lambda z, v: (
        room.gelu_tanh_derivative(z, v) + 5 + (10 * room.gelu_slope(z) if abs(z) < 10 else 0)
    ),
    # s (1 + z (1 - s)): a 1 - s near 0 is off by an eps of 1.
    "silu": lambda z, v: room.silu_derivative(z, v) + (1 + abs(z)) * (z > 0),
}


def with_derivative(name, z, da=None):
    """f(z) and jax's dL/dz for dL/da (1 where not given), as NumPy arrays."""
    with jax.enable_x64(z.dtype == np.float64):
        z = jnp.array(z)
        a, pull = jax.vjp(ACTIVATIONS[name], z)
        (dz,) = pull(jnp.ones_like(a) if da is None else jnp.array(da))
        return np.array(a), np.array(dz)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_an_activation_and_its_derivative_are_right_everywhere(name, dtype):
    z = exact.points(dtype)
    for which, (got, formulas) in enumerate(
        zip(with_derivative(name, z), (VALUES, DERIVATIVES), strict=True)
    ):
        right = exact.activation(name, which, dtype)
        allowed = room.of_activation(formulas, name, dtype, right)
        # A Phi under the smallest normal number is flushed to 0, and z Phi with it.
        worst, where = exact.excess(got, right, allowed, dtype, floor=20 if name == "gelu" else 1)
        assert worst <= 1, f"{'value' if which == 0 else 'derivative'} at z = {z[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_and_its_jacobian_are_right_for_every_spread(dtype):
    z, _ = exact.rows(dtype)
    for da, row in zip(exact.cotangents(z), z, strict=True):
        a, dz = with_derivative("softmax", row, da)
        right = exact.softmax(row)
        assert exact.excess(a, right, room.softmax(row, right), dtype)[0] <= 1, row
        right, allowed = exact.softmax_backward(da, row), room.softmax_backward(da, row)
        assert exact.excess(dz, right, allowed, dtype)[0] <= 1, (da, row)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_ten_thousand_overflows_nothing(name, dtype):
    z = np.array([[-1e4, 1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    for out in with_derivative(name, z):
        assert out.dtype == dtype
        assert np.isfinite(out).all()


@pytest.mark.parametrize(("name", "slope"), [("relu", 0), ("leaky_relu", 1)])
def test_at_the_kink_jax_takes_the_left_slope_of_relu_and_the_right_of_leaky_relu(name, slope):
    assert with_derivative(name, np.zeros(1))[1] == slope


def test_jaxs_sigmoid_saturates_in_float32_at_20():
    """The exception above, as a number; manual's formula does not cancel and keeps every digit."""
    _, dz = with_derivative("sigmoid", np.array([20.0], np.float32))
    assert dz == 0
    assert abs(exact.ACTIVATIONS["sigmoid"][1](mp.mpf(20)) - 2.06e-9) < 1e-11
