"""Every criterion of manual and its derivative, against 50 digits."""

import numpy as np
import pytest
from mpmath import mp

from manual.activations import softmax
from manual.criteria import CRITERIA, FUSED
from tests import exact, room

SWEPT = CRITERIA | {"sigmoid_binary_cross_entropy": FUSED["sigmoid", "binary_cross_entropy"]}


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.CRITERIA)
def test_a_criterion_is_right_everywhere(name, dtype):
    a, y = exact.predictions(name, dtype)
    right = exact.criterion(name, 0, dtype)
    got = [SWEPT[name](p.reshape(1, 1), t.reshape(1, 1)) for p, t in zip(a, y, strict=True)]
    worst, where = exact.excess(got, right, room.of_criterion(room.CRITERIA, name, dtype, right), dtype)
    assert worst <= 1, f"a = {a[where]}, y = {y[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.CRITERIA)
def test_a_derivative_is_right_everywhere(name, dtype):
    a, y = exact.predictions(name, dtype)
    right = exact.criterion(name, 1, dtype)
    got = [SWEPT[name].derivative(p.reshape(1, 1), t.reshape(1, 1)) for p, t in zip(a, y, strict=True)]
    allowed = room.of_criterion(room.CRITERIA_DERIVATIVES, name, dtype, right)
    worst, where = exact.excess(got, right, allowed, dtype)
    assert worst <= 1, f"a = {a[where]}, y = {y[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_cross_entropy_is_right_for_every_spread(dtype):
    criterion = CRITERIA["softmax_cross_entropy"]
    for row, y in zip(*exact.rows(dtype), strict=True):
        right, a = exact.softmax_cross_entropy(row, y), exact.softmax(row)
        allowed = room.softmax_cross_entropy(row, y, right)
        assert exact.excess(criterion(row[None], y[None]), [right], [allowed], dtype)[0] <= 1, (row, y)
        dz = exact.softmax_cross_entropy_derivative(row, y)
        allowed = room.softmax_cross_entropy_derivative(row, a, dz)
        assert exact.excess(criterion.derivative(row[None], y[None]), dz, allowed, dtype)[0] <= 1, (row, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_cross_entropy_is_right_wherever_the_class_has_a_probability(dtype):
    z, labels = exact.rows(dtype)
    rows = [(a, y) for a, y in zip(softmax(z), labels, strict=True) if a[y] >= np.finfo(dtype).tiny]
    assert len(rows) > 30
    for a, y in rows:
        p = mp.mpf(float(a[y]))
        value = CRITERIA["cross_entropy"](a[None], y[None])
        da = CRITERIA["cross_entropy"].derivative(a[None], y[None])
        # The logarithm 2 and the mean of one value; a quotient.
        assert exact.excess(value, [-mp.log(p)], [-2.5 * mp.log(p)], dtype)[0] <= 1, (a, y)
        right = [-1 / p if k == y else mp.zero for k in range(len(a))]
        assert exact.excess(da, right, [abs(d) for d in right], dtype)[0] <= 1, (a, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", CRITERIA)
def test_a_batch_is_the_mean_of_its_samples(name, dtype):
    rng = np.random.default_rng(2)
    criterion = CRITERIA[name]
    a = softmax(rng.standard_normal((4, 3))).astype(dtype)
    y = rng.integers(0, 3, 4) if criterion.classes else np.sign(rng.standard_normal((4, 3))).astype(dtype)
    y = (y + 1) / 2 if name == "binary_cross_entropy" else y
    eps = np.finfo(dtype).eps

    alone = [criterion(a[n : n + 1], y[n : n + 1]) for n in range(4)]
    assert criterion(a, y).dtype == dtype
    # Up to 12 terms of the same sign are added, in another order: 12 roundings of 1/2 eps on either side.
    assert abs(criterion(a, y) - np.mean(alone)) <= 12 * eps * np.mean(np.abs(alone))

    together = criterion.derivative(a, y)
    assert together.dtype == dtype
    for n in range(4):
        own = criterion.derivative(a[n : n + 1], y[n : n + 1])[0]
        # Divided by 4 M here and by M there: half an eps each.
        assert (abs(4 * together[n] - own) <= eps * abs(own)).all()


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("pair", FUSED, ids="+".join)
def test_a_fused_pair_is_right_at_ten_thousand(pair, dtype):
    """Wholly right costs nothing; wholly wrong costs z (or two logits' distance) and is pushed hardest."""
    z, right, wrong, cost, push = exact.saturated(pair, dtype)
    with np.errstate(all="raise", under="ignore"):
        assert FUSED[pair](z, right) == 0
        assert FUSED[pair](z, wrong) == cost
        assert np.array_equal(FUSED[pair].derivative(z, right), np.zeros_like(z))
        assert np.array_equal(FUSED[pair].derivative(z, wrong), push)


def test_hinge_is_flat_at_its_kink():
    one = np.ones((1, 1))
    assert CRITERIA["hinge"].derivative(one, one) == 0
