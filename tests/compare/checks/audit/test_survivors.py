"""What a survivor is told by: the error of its results, and the tolerance of an assertion."""

import numpy as np
import pytest

from compare.checks.audit.inside.statements import is_test
from compare.checks.audit.inside.values import leaves
from compare.checks.audit.runs import Ran
from compare.checks.audit.survivors import error, tolerance


def ran(*results, given="same", name="backward"):
    arrays = {str(i): np.asarray(r) for i, r in enumerate(results)}
    calls = [
        {"test": "t", "file": "f.py", "name": name, "n": i, "given": given, "result": {".0": i}}
        for i in range(len(results))
    ]
    return Ran(0, False, "", {"calls": calls}, arrays)


@pytest.mark.parametrize(
    "text, said",
    [
        ("assert np.allclose(dW, num, atol=1e-2)", "atol 1e-2"),
        ("np.testing.assert_allclose(a, b, rtol=0.1, atol=TOL)", "rtol 0.1, atol TOL"),
        ("assert rel_error(a, b) < 1e-3", "< 1e-3"),
        ("assert abs(a - b).max() <= TOL", "<= TOL"),
        ("assert np.allclose(a, b)", "allclose's own tolerance"),
        ("assert a.shape == b.shape", ""),
        ("assert np.isfinite(a).all()", ""),
        ("self.assertAlmostEqual(a, b, places=1)", "places 1"),
    ],
)
def test_the_tolerance_of_an_assertion_is_read(text, said):
    assert tolerance(text).replace("0.001", "1e-3") == said


def test_rounding_is_no_error_and_a_factor_is():
    right = np.linspace(1, 2, 5)
    assert error(ran(right), ran(right * (1 + 1e-15)), "backward", "f.py") == 0
    assert error(ran(right), ran(right * 2), "backward", "f.py") == pytest.approx(1)
    assert error(ran(right.astype("f4")), ran((right * (1 + 1e-7)).astype("f4")), "backward", "f.py") == 0


def test_nan_and_another_size_are_no_rounding():
    right = np.ones(3)
    assert error(ran(right), ran(np.full(3, np.nan)), "backward", "f.py") == np.inf
    assert error(ran(right), ran(np.ones(1)), "backward", "f.py") == np.inf
    assert error(ran(np.zeros(3)), ran(right), "backward", "f.py") == np.inf


def test_calls_with_other_arguments_are_not_compared():
    assert error(ran(np.ones(3)), ran(np.zeros(3), given="other"), "backward", "f.py") is None


def test_the_worst_call_counts():
    right, wrong = ran(np.ones(2), np.ones(2)), ran(np.ones(2), np.full(2, 1.5))
    assert error(right, wrong, "backward", "f.py") == pytest.approx(0.5)


def test_numbers_in_nests_and_objects_are_found():
    class Layer:
        def __init__(self):
            self.dW = np.ones((2, 3))
            self.back = self

    found = dict(leaves({"a": [1.0, (2, "text")], "layer": Layer()}))
    assert {path: array.size for path, array in found.items()} == {".a.0": 1, ".a.1.0": 1, ".layer.dW": 6}


@pytest.mark.parametrize(
    "file", ["tests/helper.py", "pkg/tests/test_a.py", "test_a.py", "a_test.py", "conftest.py"]
)
def test_files_of_tests_are_known(file):
    assert is_test(file)
    assert not is_test("pkg/layers.py")
