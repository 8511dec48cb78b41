"""The loss and its gradient as two functions, as scipy.optimize takes them."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

from .judged import is_placed, is_right, report_on

LOGISTIC = """\
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def cost(theta, X, y, l=1):
    h = sigmoid(X @ theta)
    penalty = l / (2 * len(X)) * (theta[1:] ** 2).sum()
    return np.mean(-y * np.log(h) - (1 - y) * np.log(1 - h)) + penalty
def gradient(theta, X, y, l=1):
    e = sigmoid(X @ theta) - y
    g = X.T @ e / len(X)
    g[1:] += l / len(X) * theta[1:]
    return g
rng = np.random.default_rng(0)
X = np.c_[np.ones(15), rng.normal(size=(15, 3))]
y = rng.integers(0, 2, 15)
theta = rng.normal(size=4)
"""
SCIPY = """\
import numpy as np
def fun(x):
    return sum(100.0 * (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)
def jac(x):
    d = np.zeros_like(x)
    d[1:] += 200 * (x[1:] - x[:-1]**2)
    d[:-1] += -400 * x[:-1] * (x[1:] - x[:-1]**2)
    d[:-1] += -2 * (1 - x[:-1])
    return d
x0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
"""


@pytest.mark.parametrize("text", [LOGISTIC, SCIPY], ids=["cost and gradient", "fun and jac"])
def test_two_functions_are_paired(text, tmp_path):
    is_right(text, tmp_path)


@pytest.mark.parametrize(("loss", "gradient"), [("ridge", "ridge_grad"), ("logposterior", "logpost_deriv")])
def test_a_gradient_is_paired_with_the_function_it_is_named_after(loss, gradient, tmp_path):
    text = LOGISTIC.replace("def cost", f"def {loss}").replace("def gradient", f"def {gradient}")
    assert f"`{loss}`" in is_right(text, tmp_path, gradient).about["taken"]


def test_the_name_of_the_gradient_may_be_given(tmp_path):
    assert "gradients of `gradient`" in is_right(LOGISTIC, tmp_path, "gradient").about["taken"].replace(
        "`g` ", ""
    )


MISTAKES = [
    (LOGISTIC, "g = X.T @ e / len(X)", "g = X.T @ e"),
    (LOGISTIC, "e = sigmoid(X @ theta) - y", "e = sigmoid(X @ theta) - 2 * y"),
    (LOGISTIC, "g[1:] += l / len(X) * theta[1:]", "g += l / len(X) * theta"),
    (SCIPY, "-400 * x[:-1]", "-200 * x[:-1]"),
    (SCIPY, "-2 * (1 - x[:-1])", "2 * (1 - x[:-1])"),
    (SCIPY, "200 * (x[1:] - x[:-1]**2)", "200 * (x[1:] - x[:-1])"),
]


@pytest.mark.lines
@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(text, right, wrong, tmp_path):
    is_placed(text, right, wrong, tmp_path)


def test_a_penalty_on_the_first_entry_too_leaves_the_others_right(tmp_path):
    report = report_on(
        LOGISTIC.replace("g[1:] += l / len(X) * theta[1:]", "g += l / len(X) * theta"), tmp_path
    )
    assert "theta is off in 1 of 4 entries: [0]" in report.diagnosis


def test_what_reproduces_an_entry_runs_in_the_users_file(tmp_path):
    made = LOGISTIC.replace("e = sigmoid(X @ theta) - y", "e = y - sigmoid(X @ theta)")
    about, space = report_on(made, tmp_path).about, {}
    exec(made + "\n" + "\n".join(about["adapter"]), space)
    loss, grads = space["hand"](space["params"], space["x"], space["y"])
    assert check_gradients(space["hand"], space["params"], space["x"], space["y"]).ok is False
    assert np.isfinite(loss) and grads["theta"].shape == (4,)
