"""A script whose update stands above what reads the parameter once more in the same pass."""

import pytest

from .judged import is_right, report_on

LOOP = """\
import numpy as np
rng = np.random.default_rng(4)
X, Y = rng.random((6, 5)), np.eye(3)[rng.integers(0, 3, 6)]
W1, W2 = rng.uniform(-0.5, 0.5, (4, 5)), rng.uniform(-0.5, 0.5, (3, 4))
lr = 0.5
for x, y in zip(X, Y):
    h = 1 / (1 + np.exp(-W1 @ x))
    o = 1 / (1 + np.exp(-W2 @ h))
    e = 0.5 * np.sum((o - y) ** 2)
    do = (o - y) * o * (1 - o)
    dh = W2.T @ do * h * (1 - h)
    W2 += -lr * np.outer(do, h)
    W1 += -lr * np.outer(dh, x)
"""
DELTA, UPDATE = "    dh = W2.T @ do * h * (1 - h)\n", "    W2 += -lr * np.outer(do, h)\n"


def test_the_one_number_that_nothing_reads_is_the_loss(tmp_path):
    assert "loss `e`" in is_right(LOOP, tmp_path).about["taken"]


def test_an_update_above_the_delta_of_the_layer_below_is_named(tmp_path):
    report = report_on(LOOP.replace(DELTA + UPDATE, UPDATE + DELTA), tmp_path)
    assert not report.ok
    first, second = report.findings
    assert first.one_of == ("updated-weights-used",) and first.line == 11
    assert first.source == "W2 += -lr * np.outer(do, h)" and first.fix["to"] == "pass"
    assert second.fix["to"] == "dh = W2.T @ do * h * (1 - h)\nW2 += -lr * np.outer(do, h)"
    assert report["W2"].passes and not report["W1"].passes


@pytest.mark.parametrize(
    ("update", "early"),
    [
        ("    W2 = W2 - lr * np.outer(do, h)\n", "W2 = W2 - lr * np.outer(do, h)"),
        ("    dW2 = np.outer(do, h)\n    W2 -= lr * dW2\n", "W2 -= lr * dW2"),
    ],
)
def test_in_whatever_way_it_is_written(update, early, tmp_path):
    report = report_on(LOOP.replace(DELTA + UPDATE, update + DELTA), tmp_path)
    assert not report.ok and report.findings[0].source == early


def test_of_a_dict_of_parameters_too(tmp_path):
    text = LOOP.replace("W1, W2 = ", "first, second = ").replace(
        "lr = 0.5\n", "lr = 0.5\nP = {'W1': first, 'W2': second}\n"
    )
    body = text.index("for x, y")
    text = text[:body] + text[body:].replace("W1", "P['W1']").replace("W2", "P['W2']").replace(
        "P['P['", "P['"
    )
    late, early = DELTA.replace("W2", "P['W2']"), UPDATE.replace("W2", "P['W2']")
    assert is_right(text, tmp_path)
    report = report_on(text.replace(late + early, early + late), tmp_path)
    assert report.findings[0].one_of == ("updated-weights-used",)


def test_a_script_that_computes_its_loss_anew_goes_from_parameter_to_parameter(tmp_path):
    text = """\
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
w, b = rng.normal(size=3), 0.1
for i in range(10):
    pred = X @ w + b
    w -= 0.1 * X.T @ (pred - y) / 8
    pred = X @ w + b
    loss = 0.5 * np.mean((pred - y) ** 2)
    b -= 0.1 * np.mean(pred - y)
"""
    assert not [f for f in report_on(text, tmp_path).findings if f.one_of]
