"""Every criterion of torch_ref and torch's derivative of it, against 50 digits.

The bounds are manual's (tests/room.py) but for the exceptions, which are torch's own and measured.
"""

import numpy as np
import pytest
import torch
from mpmath import mp

from tests import exact, room
from torch_ref import criteria
from torch_ref.activations import softmax
from torch_ref.criteria import CRITERIA, FUSED

SWEPT = CRITERIA | {"sigmoid_binary_cross_entropy": criteria.sigmoid_binary_cross_entropy}
DERIVATIVES = room.CRITERIA_DERIVATIVES | {
    # -y sigmoid(-z) + (1 - y) sigmoid(z), each by autograd: no cancelling where y is 0 or 1, but both terms
    # where it is between. Each: sigmoid 3 and exp's argument, products 1, sum 1/2.        Measured 3.1
    "sigmoid_binary_cross_entropy": lambda z, y, v: 5 * (y * exact.sigmoid(-z) + (1 - y) * exact.sigmoid(z)),
}


def softmax_cross_entropy_derivative_room(row, a, dz):
    """torch takes e^(log a_k), and log a_k is as far off as the loss for class k; exp 2, difference 1/2."""
    return [
        p * (room.softmax_cross_entropy(row, k, -mp.log(p)) + 2) + abs(d) / 2
        for k, (p, d) in enumerate(zip(a, dz, strict=True))
    ]


def with_derivative(criterion, a, y):
    """C(a, y) and torch's dC/da, as NumPy arrays."""
    a, y = torch.from_numpy(np.array(a)).requires_grad_(), torch.from_numpy(np.array(y))
    loss = criterion(a, y)
    return loss.detach().numpy(), torch.autograd.grad(loss, a)[0].numpy()


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.CRITERIA)
def test_a_criterion_and_its_derivative_are_right_everywhere(name, dtype):
    a, y = exact.predictions(name, dtype)
    pairs = [with_derivative(SWEPT[name], [[p]], [[t]]) for p, t in zip(a, y, strict=True)]
    got = [np.array([value for value, _ in pairs]), np.array([da for _, da in pairs])]
    for which, formulas in enumerate((room.CRITERIA, DERIVATIVES)):
        right = exact.criterion(name, which, dtype)
        allowed = room.of_criterion(formulas, name, dtype, right)
        worst, where = exact.excess(got[which], right, allowed, dtype)
        assert worst <= 1, f"{'value' if which == 0 else 'derivative'} at a = {a[where]}, y = {y[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_cross_entropy_is_right_for_every_spread(dtype):
    for row, y in zip(*exact.rows(dtype), strict=True):
        value, dz = with_derivative(CRITERIA["softmax_cross_entropy"], row[None], y[None])
        right, a = exact.softmax_cross_entropy(row, y), exact.softmax(row)
        allowed = room.softmax_cross_entropy(row, y, right)
        assert exact.excess(value, [right], [allowed], dtype)[0] <= 1, (row, y)
        right = exact.softmax_cross_entropy_derivative(row, y)
        allowed = softmax_cross_entropy_derivative_room(row, a, right)
        assert exact.excess(dz, right, allowed, dtype)[0] <= 1, (row, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_cross_entropy_is_right_wherever_the_class_has_a_probability(dtype):
    z, labels = exact.rows(dtype)
    distributions = softmax(torch.from_numpy(z)).numpy()
    rows = [(a, y) for a, y in zip(distributions, labels, strict=True) if a[y] >= np.finfo(dtype).tiny]
    assert len(rows) > 30
    for a, y in rows:
        p = mp.mpf(float(a[y]))
        value, da = with_derivative(CRITERIA["cross_entropy"], a[None], y[None])
        assert exact.excess(value, [-mp.log(p)], [-2.5 * mp.log(p)], dtype)[0] <= 1, (a, y)
        right = [-1 / p if k == y else mp.zero for k in range(len(a))]
        assert exact.excess(da, right, [abs(d) for d in right], dtype)[0] <= 1, (a, y)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("pair", FUSED, ids="+".join)
def test_a_fused_pair_is_right_at_ten_thousand(pair, dtype):
    z, right, wrong, cost, push = exact.saturated(pair, dtype)
    value, dz = with_derivative(FUSED[pair], z, right)
    assert value == 0
    assert np.array_equal(dz, np.zeros_like(z))
    value, dz = with_derivative(FUSED[pair], z, wrong)
    assert value == cost
    assert np.array_equal(dz, push)


def test_unfused_the_gradient_would_be_lost_at_17():
    """Why the pairs are fused: in float32 sigmoid(17) rounds to 1, so that log(1 - a) is -inf."""
    z, y = torch.tensor([[17.0]], requires_grad=True), torch.zeros(1, 1)
    (unfused,) = torch.autograd.grad(CRITERIA["binary_cross_entropy"](torch.sigmoid(z), y), z)
    (fused,) = torch.autograd.grad(FUSED["sigmoid", "binary_cross_entropy"](z, y), z)
    assert torch.isnan(unfused)
    assert abs(fused.item() - 1) < 1e-6
