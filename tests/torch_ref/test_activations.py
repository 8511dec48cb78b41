"""Every activation of torch_ref and torch's derivative of it, against 50 digits over [-1e4, 1e4].

The bounds are manual's (tests/room.py) but for the exceptions, which are torch's own and measured.
"""

import numpy as np
import pytest
import torch
from mpmath import mp

from tests import exact, room
from torch_ref.activations import ACTIVATIONS

VALUES = room.ACTIVATIONS | {
    # z (1 + erf) / 2 loses the digits of a small 1 + erf: eps of z, not of the value. At z = -37.5 the exact
    # value is 6e-307 and torch has 0; at z = -8.3 (float64) and -5.4 (float32) none of the digits is right.
    "gelu": lambda z, v: 2 * abs(z),
    # z (1 + tanh u) / 2: 1 + tanh u is off by 1 eps of 1 where tanh u is near -1. At z = -7.25 nothing is left of it.
    "gelu_tanh": lambda z, v: room.gelu_tanh(z, v) + 1 * abs(z),
}
DERIVATIVES = room.DERIVATIVES | {
    # a (1 - a) and 1 - a^2: an a near 1 is off by up to 1 eps. sigmoid'(20) is 2.06e-9, in float32 here 0.
    "sigmoid": lambda z, v: 4 * v + (z > 0),
    "tanh": lambda z, v: 4 * v + 2,
    # Phi = (1 + erf) / 2 again, off by an eps of 1.
    "gelu": lambda z, v: 2 + room.gelu_derivative(z, v),
    # The same 1 + tanh u, and 1 - tanh^2 u off by 2 eps of 1; where |z| > 10 the tanh is exactly 1.
    "gelu_tanh": lambda z, v: (
        room.gelu_tanh_derivative(z, v) + 1 + (2 * room.gelu_slope(z) if abs(z) < 10 else 0)
    ),
    # s (1 + z (1 - s)): a 1 - s near 0 is off by an eps of 1.
    "silu": lambda z, v: room.silu_derivative(z, v) + (1 + abs(z)) * (z > 0),
}


def with_derivative(name, z, da=None):
    """f(z) and torch's dL/dz for dL/da (1 where not given), as NumPy arrays."""
    z = torch.from_numpy(z.copy()).requires_grad_()
    a = ACTIVATIONS[name](z)
    da = torch.ones_like(a) if da is None else torch.from_numpy(da.copy())
    (dz,) = torch.autograd.grad(a, z, da)
    return a.detach().numpy(), dz.numpy()


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_an_activation_and_its_derivative_are_right_everywhere(name, dtype):
    z = exact.points(dtype)
    for which, (got, formulas) in enumerate(
        zip(with_derivative(name, z), (VALUES, DERIVATIVES), strict=True)
    ):
        right = exact.activation(name, which, dtype)
        allowed = room.of_activation(formulas, name, dtype, right)
        worst, where = exact.excess(got, right, allowed, dtype)
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


@pytest.mark.parametrize(("name", "slope"), [("relu", 0), ("leaky_relu", 0.01)])
def test_at_the_kink_torch_takes_the_left_slope(name, slope):
    assert with_derivative(name, np.zeros(1))[1] == slope


def test_torchs_sigmoid_saturates_in_float32_at_20():
    """The exception above, as a number; manual's formula does not cancel and keeps every digit."""
    _, dz = with_derivative("sigmoid", np.array([20.0], np.float32))
    assert dz == 0
    assert abs(exact.ACTIVATIONS["sigmoid"][1](mp.mpf(20)) - 2.06e-9) < 1e-11


def test_torchs_own_softplus_would_be_off_at_20():
    """Why softplus is logaddexp here: torch.nn.functional.softplus is z itself above its threshold, 20."""
    z = torch.tensor([20.001], dtype=torch.float64)
    right = float(exact.softplus(mp.mpf(z.item())))
    assert abs(torch.nn.functional.softplus(z).item() - right) > 1e-9
    assert abs(ACTIVATIONS["softplus"](z).item() - right) <= 4.5 * np.finfo(float).eps * right
