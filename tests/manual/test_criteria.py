"""Every criterion of manual and its derivative, against 50 digits; room counted as in test_activations.py.

`room(a, y, v)` is in units of eps: a is the prediction (or z, where the pair is fused), v the exact value.
Where p - y cancels, the room is in units of p, not of the difference: at z = 20, y = 1 the exact derivative is
-2e-9 and in float32 comes out 0, since sigmoid(20) rounds to 1.
"""

import numpy as np
import pytest
from mpmath import mp

from manual.activations import softmax
from manual.criteria import (
    CRITERIA,
    FUSED,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_derivative,
)
from tests import exact
from tests.manual.test_activations import softmax_room

ROOM = {
    "quadratic": lambda a, y, v: 2 * v,  # The difference 1/2, twice in the square, whose product is 1/2 more.
    "mse": lambda a, y, v: 2 * v,
    # Both terms are positive: log 2 (log1p of an exact -a), products 1, sum 1/2.          Measured 1.1
    "binary_cross_entropy": lambda a, y, v: 4 * v,
    # softplus 4.5, products 1, sum 1/2.                                                   Measured 1.1
    "sigmoid_binary_cross_entropy": lambda a, y, v: 6 * v,
    "hinge": lambda a, y, v: v,  # One difference (y a is exact).                           Measured 0.5
}
ROOM_DERIVATIVE = {
    "quadratic": lambda a, y, v: abs(v),
    "mse": lambda a, y, v: abs(v),
    # 1/2 for 1 - a, for each quotient and for the difference, in which y / a may cancel.  Measured 0.8
    "binary_cross_entropy": lambda a, y, v: 2 * ((1 - y) / (1 - a) + y / a),
    # sigmoid 3 and the difference 1/2.                                                    Measured 1.4
    "sigmoid_binary_cross_entropy": lambda z, y, v: 3 * exact.sigmoid(z) + abs(v) / 2,
    "hinge": lambda a, y, v: 0,
}


def call(name, which, a, y):
    """C or dC/da of one sample with one output."""
    fused = (sigmoid_binary_cross_entropy, sigmoid_binary_cross_entropy_derivative)
    pair = (CRITERIA[name].forward, CRITERIA[name].derivative) if name in CRITERIA else fused
    return np.asarray(pair[which](a.reshape(1, 1), y.reshape(1, 1))).item()


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("which", [0, 1], ids=["value", "derivative"])
@pytest.mark.parametrize("name", exact.CRITERIA)
def test_a_criterion_is_right_everywhere(name, which, dtype):
    a, y = exact.predictions(name, dtype)
    right = exact.criterion(name, which, dtype)
    got = np.array([call(name, which, p, t) for p, t in zip(a, y, strict=True)], dtype)
    formula = (ROOM, ROOM_DERIVATIVE)[which][name]
    room = [formula(mp.mpf(float(p)), float(t), v) for p, t, v in zip(a, y, right, strict=True)]
    worst, where = exact.excess(got, right, room, dtype)
    assert worst <= 1, f"a = {a[where]}, y = {y[where]}"


def softmax_cross_entropy_room(row, y, v):
    """log sum e^(z - max) - (z_y - max): the loss is near 0 by cancellation, so the room is at least 4 eps.

    Rounded: each z - max (half an eps of the difference; in the sum weighted by a), exp 2, the sum n/2,
    the logarithm 2 of at most log n, the last difference 1/2.                            Measured 0.63 of it
    """
    a = exact.softmax(row)
    below = [float(max(row)) - float(z) for z in row]
    in_the_sum = sum(p * d for p, d in zip(a, below, strict=True)) / 2
    return in_the_sum + 2 + len(row) / 2 + 2 * np.log(len(row)) + below[y] / 2 + v / 2


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_cross_entropy_is_right_for_every_spread(dtype):
    criterion = CRITERIA["softmax_cross_entropy"]
    for row, y in zip(*exact.rows(dtype), strict=True):
        label = np.array([y])
        v = exact.softmax_cross_entropy(row, y)
        got = np.array(criterion(row[None], label))
        assert exact.excess(got, [v], [softmax_cross_entropy_room(row, y, v)], dtype)[0] <= 1, (row, y)

        a = exact.softmax(row)
        dz = [p - (k == y) for k, p in enumerate(a)]
        room = [r + abs(d) / 2 for r, d in zip(softmax_room(row, a), dz, strict=True)]
        assert exact.excess(criterion.derivative(row[None], label), dz, room, dtype)[0] <= 1, (row, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_cross_entropy_is_right_wherever_a_class_has_a_probability(dtype):
    z, labels = exact.rows(dtype)
    criterion = CRITERIA["cross_entropy"]
    seen = 0
    for a, y in zip(softmax(z), labels, strict=True):
        if a[y] < np.finfo(dtype).tiny:
            continue
        seen += 1
        p = mp.mpf(float(a[y]))
        right = -mp.log(p)
        # log 2 and the mean of one value.
        assert exact.excess(np.array(criterion(a[None], y[None])), [right], [2.5 * right], dtype)[0] <= 1
        da = [-1 / p if k == y else 0 for k in range(len(a))]
        assert exact.excess(criterion.derivative(a[None], y[None]), da, [abs(d) for d in da], dtype)[0] <= 1
    assert seen > 30


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", CRITERIA)
def test_the_derivative_is_that_of_the_mean_over_a_batch(name, dtype):
    """A batch of N rows has 1/N (and 1/M, where the criterion is a mean over outputs) of each row's own derivative."""
    rng = np.random.default_rng(2)
    criterion = CRITERIA[name]
    a = softmax(rng.standard_normal((4, 3))).astype(dtype)
    y = rng.integers(0, 3, 4) if criterion.classes else np.sign(rng.standard_normal((4, 3))).astype(dtype)
    y = (y + 1) / 2 if name == "binary_cross_entropy" else y
    alone = [criterion(a[n : n + 1], y[n : n + 1]) for n in range(4)]
    # Four values of order 1 are added in either way: 4 eps.
    assert abs(criterion(a, y) - np.mean(alone)) <= 4 * np.finfo(dtype).eps * np.mean(np.abs(alone))
    together = criterion.derivative(a, y)
    assert together.shape == a.shape and together.dtype == dtype and criterion(a, y).dtype == dtype
    for n in range(4):
        own = criterion.derivative(a[n : n + 1], y[n : n + 1])
        # A quotient by 4 M and one by M: half an eps each.
        assert (abs(4 * together[n] - own[0]) <= np.finfo(dtype).eps * abs(own[0])).all()


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("pair", FUSED, ids="+".join)
def test_a_fused_pair_is_finite_at_ten_thousand(pair, dtype):
    """Wholly wrong by 1e4 (2e4 between two logits) costs just that; wholly right costs nothing."""
    z = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    if pair[0] == "softmax":
        right, wrong, cost = np.array([0, 1]), np.array([1, 0]), 2e4
        pushed = np.array([[1, -1], [-1, 1]]) / 2
    else:
        right, wrong, cost = (z > 0).astype(dtype), (z < 0).astype(dtype), 1e4
        pushed = np.array([[1, -1], [-1, 1]]) / 4
    with np.errstate(all="raise", under="ignore"):
        assert FUSED[pair](z, right) == 0
        assert FUSED[pair](z, wrong) == cost
        assert np.array_equal(FUSED[pair].derivative(z, right), np.zeros_like(z))
        assert np.array_equal(FUSED[pair].derivative(z, wrong), pushed.astype(dtype))


def test_hinge_at_its_kink_is_flat():
    one = np.ones((1, 1))
    assert CRITERIA["hinge"].derivative(one, one) == 0
