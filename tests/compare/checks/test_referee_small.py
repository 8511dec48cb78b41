"""What the referee says of numbers next to nothing, and of arrays that are all rounding."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


@pytest.mark.parametrize("size", [1e-285, 1e-295])
def test_a_formula_of_numbers_that_floats_still_hold_is_judged_however_small(size):
    """Floats have all their digits down to 2e-308: twice the derivative is as wrong there as elsewhere."""

    def hand(p, x, y):
        z = x @ p["W"] + p["b"]
        dz = size * 2 * (z - y) / z.size
        return size * ((z - y) ** 2).mean(), {"W": 2 * (x.T @ dz), "b": dz.sum(axis=0)}

    rng = np.random.default_rng(5)
    p = {"W": rng.normal(size=(3, 5)), "b": np.zeros(5)}
    report = check_gradients(hand, p, rng.normal(size=(4, 3)), rng.normal(size=(4, 5)))
    assert {v.name: v.status for v in report.verdicts} == {"W": "wrong", "b": "agree"}
    assert "2 times the right value" in str(report)


def test_facts_of_an_array_that_is_all_rounding_are_those_of_its_formula():
    """In float32 the entries are sums that cancel to a millionth: their rounding hides that all are reversed."""

    def hand(p, x, y):
        z = x @ p["W"]
        g = np.float32(1) - np.float32(1 + 1e-6) * np.tanh(z) / np.tanh(z)
        dz = g / len(x)
        return np.sum(z * g) / len(x), {"W": -(x.T @ dz)}

    rng = np.random.default_rng(6)
    p = {"W": rng.normal(size=(3, 2)).astype(np.float32)}
    report = check_gradients(hand, p, rng.normal(size=(4, 3)).astype(np.float32), None)
    assert report.verdicts[0].status == "wrong" and "W is -1 times the right value in every entry" in str(
        report
    )
