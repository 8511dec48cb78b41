"""Every criterion of jax_ref and jax's derivative of it, against 50 digits.

The bounds are manual's (tests/room.py) but for the exceptions, which are jax's own and measured.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp

from jax_ref import criteria
from jax_ref.activations import softmax
from jax_ref.criteria import CRITERIA, FUSED
from tests import exact, room

SWEPT = CRITERIA | {"sigmoid_binary_cross_entropy": criteria.sigmoid_binary_cross_entropy}


def sigmoid_room(z):
    """logaddexp's derivative is e^(z - softplus(z)); see softplus in test_activations.py."""
    return (3 + (abs(z) / 2 if z < 40 else 0)) * exact.sigmoid(z)


DERIVATIVES = room.CRITERIA_DERIVATIVES | {
    # -y sigmoid(-z) + (1 - y) sigmoid(z), each by autodiff; products 1, sum 1/2. Measured 16 eps, 4.7
    "sigmoid_binary_cross_entropy": lambda z, y, v: (
        y * sigmoid_room(-z)
        + (1 - y) * sigmoid_room(z)
        + 2 * (y * exact.sigmoid(-z) + (1 - y) * exact.sigmoid(z))
    ),
}


def with_derivative(criterion, a, y):
    """C(a, y) and jax's dC/da of each sample alone, as NumPy arrays; a is (samples, 1, M)."""
    with jax.enable_x64(a.dtype == np.float64):
        got = jax.vmap(jax.value_and_grad(criterion))(jnp.array(a), jnp.array(y))
        return [np.array(out) for out in got]


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.CRITERIA)
def test_a_criterion_and_its_derivative_are_right_everywhere(name, dtype):
    a, y = exact.predictions(name, dtype)
    got = with_derivative(SWEPT[name], a[:, None, None], y[:, None, None])
    for which, formulas in enumerate((room.CRITERIA, DERIVATIVES)):
        right = exact.criterion(name, which, dtype)
        allowed = room.of_criterion(formulas, name, dtype, right)
        worst, where = exact.excess(got[which], right, allowed, dtype)
        assert worst <= 1, f"{'value' if which == 0 else 'derivative'} at a = {a[where]}, y = {y[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_cross_entropy_is_right_for_every_spread(dtype):
    z, labels = exact.rows(dtype)
    values, dz = with_derivative(CRITERIA["softmax_cross_entropy"], z[:, None], labels[:, None])
    for n, (row, y) in enumerate(zip(z, labels, strict=True)):
        right, a = exact.softmax_cross_entropy(row, y), exact.softmax(row)
        allowed = room.softmax_cross_entropy(row, y, right)
        assert exact.excess(values[n], [right], [allowed], dtype)[0] <= 1, (row, y)
        right = exact.softmax_cross_entropy_derivative(row, y)
        allowed = room.softmax_cross_entropy_derivative(row, a, right)
        assert exact.excess(dz[n], right, allowed, dtype)[0] <= 1, (row, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_cross_entropy_is_right_wherever_the_class_has_a_probability(dtype):
    z, labels = exact.rows(dtype)
    with jax.enable_x64(dtype == "float64"):
        a = np.array(softmax(jnp.array(z)))
    likely = a[np.arange(len(a)), labels] >= np.finfo(dtype).tiny
    assert likely.sum() > 30
    a, labels = a[likely], labels[likely]
    values, da = with_derivative(CRITERIA["cross_entropy"], a[:, None], labels[:, None])
    for n, y in enumerate(labels):
        p = mp.mpf(float(a[n, y]))
        assert exact.excess(values[n], [-mp.log(p)], [-2.5 * mp.log(p)], dtype)[0] <= 1, (a[n], y)
        right = [-1 / p if k == y else mp.zero for k in range(a.shape[1])]
        assert exact.excess(da[n], right, [abs(d) for d in right], dtype)[0] <= 1, (a[n], y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("pair", FUSED, ids="+".join)
def test_a_fused_pair_is_right_at_ten_thousand(pair, dtype):
    z, right, wrong, cost, push = exact.saturated(pair, dtype)
    (value,), (dz,) = with_derivative(FUSED[pair], z[None], right[None])
    assert value == 0
    assert np.array_equal(dz, np.zeros_like(z))
    (value,), (dz,) = with_derivative(FUSED[pair], z[None], wrong[None])
    assert value == cost
    assert np.array_equal(dz, push)


def test_unfused_the_gradient_would_be_lost_at_17():
    """Why the pairs are fused: in float32 sigmoid(17) rounds to 1, so that log(1 - a) is -inf."""
    y = jnp.zeros((1, 1), "float32")
    unfused = jax.grad(lambda z: CRITERIA["binary_cross_entropy"](jax.nn.sigmoid(z), y))
    fused = jax.grad(lambda z: FUSED["sigmoid", "binary_cross_entropy"](z, y))
    z = jnp.full((1, 1), 17, "float32")
    assert np.isnan(unfused(z)).all()
    assert abs(fused(z).item() - 1) < 1e-6
