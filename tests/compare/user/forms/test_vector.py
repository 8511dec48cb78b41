"""A function of one vector, f(w) -> (loss, gradient), without a batch."""

import pytest

from .judged import is_placed, is_right, report_on

VECTOR = """\
import numpy as np
def loss_and_grad(w):
    s = np.sin(w)
    value = np.sum(s * w**2)
    first = np.cos(w) * w**2
    second = 2 * s * w
    return value, first + second
w = np.array([1.0, 2.0, 3.0])
"""


def test_a_function_of_one_vector_is_right(tmp_path):
    report = is_right(VECTOR, tmp_path)
    assert [v.name for v in report.verdicts] == ["w"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("2 * s * w", "s * w"),
        ("np.cos(w) * w**2", "np.cos(w) * w"),
        ("np.cos(w) * w**2", "-np.cos(w) * w**2"),
    ],
)
def test_a_mistake_is_placed(right, wrong, tmp_path):
    is_placed(VECTOR, right, wrong, tmp_path)


def test_a_product_rule_that_lost_its_factor_is_wrong_in_every_entry(tmp_path):
    text = "import numpy as np\ndef loss_and_grad(w):\n"
    text += "    return np.sum(np.sin(w)*w**2), np.cos(w)*w**2 + np.sin(w)*w\n"
    report = report_on(text + "w = np.array([1.0,2.0,3.0])\n", tmp_path)
    assert "w is off in 3 of 3 entries" in report.diagnosis
    assert [f.line for f in report.findings] == [3]
