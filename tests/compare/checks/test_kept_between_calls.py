"""What is kept between calls: gradients that add up have their name, other memory is asked about."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients

NET = manual.MLP((3, 4, 2), ("tanh", "softmax"), "cross_entropy")


def batch(dtype):
    rng = np.random.default_rng(0)
    params = {n: (p + 0.3 * rng.standard_normal(p.shape)).astype(dtype) for n, p in NET.init(rng).items()}
    return params, rng.standard_normal((6, 3)).astype(dtype), rng.integers(0, 2, 6)


def accumulating(names=("W1", "b1", "W2", "b2")):
    kept = {}

    def hand(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        for n in names:
            kept[n] = kept.get(n, 0) + grads[n]
        return loss, grads | {n: np.array(kept[n]) for n in names}

    return hand


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("names", [("W1", "b1", "W2", "b2"), ("b1",)])
def test_gradients_that_are_never_zeroed_are_stale(names, dtype):
    report = check_gradients(accumulating(names), *batch(dtype))
    assert [f.one_of for f in report.findings] == [("stale-gradients",)] and report.exit_code == 1
    assert {v.name for v in report.verdicts if v.status == "nondeterministic"} == set(names)
    assert "Set them to 0" in str(report)


def test_random_masks_are_not_called_stale():
    rng = np.random.default_rng(0)

    def hand(params, x, y):
        loss, grads = NET.loss_and_grads(params, x * (rng.random(x.shape) > 0.5), y)
        return loss, grads

    report = check_gradients(hand, *batch("float64"))
    assert not report.findings and "drawn anew" in report.diagnosis and report.exit_code == 1
