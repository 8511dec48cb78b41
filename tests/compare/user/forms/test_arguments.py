"""One function with its parameters as separate arguments, under names of the module or of example()."""

import pytest

from .judged import is_placed, is_right, report_on

NETWORK = """\
import numpy as np

def backward(W1, b1, W2, b2, X, y):
    h = np.tanh(X @ W1 + b1)
    p = 1 / (1 + np.exp(-(h @ W2 + b2)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    dz = (p - y) / len(X)
    dW2 = h.T @ dz
    db2 = dz.sum(0)
    dh = dz @ W2.T
    dpre = dh * (1 - h**2)
    dW1 = X.T @ dpre
    db1 = dpre.sum(0)
    return loss, dW1, db1, dW2, db2

rng = np.random.default_rng(0)
X, y = rng.normal(size=(7, 3)), rng.integers(0, 2, (7, 1)).astype(float)
W1, b1, W2, b2 = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 1)), rng.normal(size=1)
"""
ARITY = """\
import numpy as np
def forward(W, b, X):
    return X @ W + b
def loss(W, b, X, y):
    return ((forward(W, b, X) - y) ** 2).mean()
def grad(W, b, X, y):
    e = forward(W, b, X) - y
    return 2 * X.T @ e / e.size, 2 * e.sum(0) / e.size
def example():
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}, rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
"""


def test_separate_arguments_are_right(tmp_path):
    report = is_right(NETWORK, tmp_path)
    assert [v.name for v in report.verdicts] == ["W1", "b1", "W2", "b2"]
    assert report.about["taken"] == (
        "Taken: loss `loss` of `backward`, gradients `dW1`, `db1`, `dW2`, `db2` of `backward`, "
        "parameters W1, b1, W2, b2; x = X; y = y"
    )


MISTAKES = [
    ("(1 - h**2)", "(1 - h)"),
    ("db2 = dz.sum(0)", "db2 = dz.mean(0)"),
    ("dW1 = X.T @ dpre", "dW1 = X.T @ dh"),
]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(right, wrong, tmp_path):
    is_placed(NETWORK, right, wrong, tmp_path)


def test_a_forward_of_three_arguments_is_not_taken_for_the_gradient(tmp_path):
    report = is_right(ARITY, tmp_path)
    assert "loss of `loss`, gradients of `grad`, parameters W, b" in report.about["taken"]


def test_a_mean_over_the_batch_alone_is_wrong_where_the_loss_is_over_all_entries(tmp_path):
    made = ARITY.replace("X.T @ e / e.size", "X.T @ e / len(X)").replace(
        "2 * e.sum(0) / e.size", "2 * e.mean(0)"
    )
    report = report_on(made, tmp_path)
    assert {v.status for v in report.verdicts} == {"wrong"}
    assert "2 = K times" in report.diagnosis


def test_the_arguments_may_stand_in_any_order(tmp_path):
    made = NETWORK.replace("backward(W1, b1, W2, b2, X, y)", "backward(X, y, W1, b1, W2, b2)")
    is_right(made, tmp_path)


def test_a_step_that_calls_its_layers_is_checked_and_not_the_layers(tmp_path):
    text = """\
import numpy as np
rng = np.random.default_rng(0)
model = {"W": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
inputs = rng.normal(size=(6, 4)); labels = rng.integers(0, 3, 6)
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)
def softmax_loss(x, y):
    p = np.exp(x - x.max(1, keepdims=True)); p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    dx = p.copy(); dx[np.arange(len(y)), y] -= 1
    return loss, dx / len(y)
def train_step(model, inputs, labels):
    scores, cache = affine_forward(inputs, model["W"], model["b"])
    loss, dscores = softmax_loss(scores, labels)
    _, dW, db = affine_backward(dscores, cache)
    return loss, {"W": dW, "b": db}
"""
    assert is_right(text, tmp_path).about["function"] == "train_step"
    is_placed(text, "dout.sum(0)", "dout.mean(0)", tmp_path)


NAMELESS = """\
import numpy as np
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(4, 5)), rng.normal(size=5)
W2, b2 = rng.normal(size=(5, 3)), rng.normal(size=3)
X, y = rng.normal(size=(9, 4)), rng.normal(size=(9, 3))

def backprop(W1, b1, W2, b2, X, y):
    h = np.tanh(X @ W1 + b1)
    e = h @ W2 + b2 - y
    dW2, db2 = h.T @ e, e.sum(axis=0)
    dz = e @ W2.T * (1 - h**2)
    return 0.5 * (e**2).sum(), X.T @ dz, dz.sum(axis=0), dW2, db2
"""


def test_values_without_a_name_among_named_ones_stand_where_their_parameters_do(tmp_path):
    assert {v.name for v in is_right(NAMELESS, tmp_path).verdicts} == {"W1", "b1", "W2", "b2"}
    is_placed(NAMELESS, "(1 - h**2)", "(1 - h)", tmp_path)
