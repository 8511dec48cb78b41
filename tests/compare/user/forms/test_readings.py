"""What is said where a file can be read in two ways, or in none."""

import pytest

from compare.common.errors import UserError

from .judged import is_right, report_on

TWO = """\
import numpy as np
def svm_loss(w, X, y):
    m = 1 - y * (X @ w)
    return np.maximum(0, m).mean(), -((m > 0) * y) @ X / len(X)
def logistic_loss(w, X, y):
    s = 1 / (1 + np.exp(y * (X @ w)))
    return np.log1p(np.exp(-y * (X @ w))).mean(), -(s * y) @ X / len(X)
rng = np.random.default_rng(0)
w, X, y = rng.normal(size=3), rng.normal(size=(8, 3)), np.sign(rng.normal(size=8))
"""
FORWARD = """\
import numpy as np
def forward(W, b, X):
    return X @ W + b
rng = np.random.default_rng(0)
params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
X, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
"""


def refused(text, folder, function=None):
    with pytest.raises(UserError) as raised:
        report_on(text, folder, function)
    return str(raised.value)


def test_each_of_two_readings_is_given_as_a_command(tmp_path):
    said = refused(TWO, tmp_path)
    file = tmp_path / "mine.py"
    assert f"threeways check {file}:svm_loss" in said
    assert f"threeways check {file}:logistic_loss" in said
    for name in ("svm_loss", "logistic_loss"):
        assert report_on(TWO, tmp_path, name).ok


@pytest.mark.parametrize("function", [None, "forward"])
def test_a_forward_alone_is_not_called_as_a_gradient(function, tmp_path):
    said = refused(FORWARD, tmp_path, function)
    assert "no function (params, x, y)" in said
    assert "raised" not in said


def test_what_an_argument_lacks_is_said_in_the_files_own_names(tmp_path):
    said = refused(
        "import numpy as np\ndef backward(W1, X, y):\n    return 0.0, W1\nW1 = np.ones((3, 2))\n", tmp_path
    )
    assert "backward(W1, X, y) needs X, y." in said
    assert "X = rng.normal(size=(8, 3))" in said and "y = rng.normal(size=(8, 2))" in said


def test_the_keys_that_a_function_looks_up_are_in_the_lines_to_paste(tmp_path):
    body = 'def backprop(params, x, y):\n    return (x @ params["V"] + params["c"]).sum(), params\n'
    said = refused("import numpy as np\n" + body, tmp_path)
    assert 'return {"V": rng.normal' in said and '"c": rng.normal' in said


def test_a_helper_that_starts_from_a_prediction_is_not_taken_for_the_function(tmp_path):
    text = """\
import numpy as np
def softmaxCostAndGradient(predicted, target, outputVectors):
    p = np.exp(outputVectors @ predicted)
    p /= p.sum()
    d = p.copy()
    d[target] -= 1
    return -np.log(p[target]), outputVectors.T @ d, np.outer(d, predicted)
def skipgram(wordVectors, x, y):
    cost, dv, dU = softmaxCostAndGradient(wordVectors["v"][x], y, wordVectors["U"])
    grad = np.zeros_like(wordVectors["v"])
    grad[x] += dv
    return cost, {"v": grad, "U": dU}
rng = np.random.default_rng(0)
params, x, y = {"v": rng.normal(size=(4, 3)), "U": rng.normal(size=(5, 3))}, 2, 1
"""
    report = report_on(text, tmp_path)
    assert report.ok and report.about["function"] == "skipgram"


def test_gradients_without_a_loss_ask_for_the_loss(tmp_path):
    text = "import numpy as np\ndef gradient(w, X, y):\n    return X.T @ (X @ w - y)\n"
    said = refused(text + "w, X, y = np.ones(2), np.ones((3, 2)), np.ones(3)\n", tmp_path)
    assert "def loss(w, X, y):" in said


def test_a_backward_that_raises_is_named_with_its_line(tmp_path):
    text = "import numpy as np\ndef backward(W1, b1, X, y):\n    return 0.0, X @ b1, b1\n"
    said = refused(
        text + "W1, b1, X, y = np.ones((2, 2)), np.ones(3), np.ones((3, 2)), np.ones(3)\n", tmp_path
    )
    assert "backward raised ValueError" in said and "mine.py, line 3" in said


APART = """\
import numpy as np
def mse_loss(w, X, y):
    return ((X @ w - y) ** 2).mean()
def mae_loss(w, X, y):
    return np.abs(X @ w - y).mean()
def gradient(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(X)
rng = np.random.default_rng(0)
w, X, y = rng.normal(size=3), rng.normal(size=(8, 3)), rng.normal(size=8)
"""


def test_each_of_two_losses_of_a_gradient_is_given_as_a_command(tmp_path):
    said = refused(APART, tmp_path)
    assert "mine.py:mse_loss   # Taken: loss of `mse_loss`" in said
    assert "mine.py:mae_loss   # Taken: loss of `mae_loss`" in said
    assert report_on(APART, tmp_path, "mse_loss").ok
    assert not report_on(APART, tmp_path, "mae_loss").ok


def test_the_loss_with_the_gradients_name_is_taken(tmp_path):
    report = report_on(APART.replace("def grad", "def mse_grad"), tmp_path)
    assert report.ok and "loss of `mse_loss`" in report.about["taken"]


AUTOENCODER = """\
import numpy as np
def autoencoder(params, x):
    h = np.tanh(x @ params["W"])
    e = h @ params["W"].T - x
    dh = e @ params["W"]
    return 0.5 * (e**2).sum(), {"W": x.T @ (dh * (1 - h**2)) + e.T @ h}
rng = np.random.default_rng(0)
params = {"W": rng.normal(size=(4, 2))}
X = rng.normal(size=(5, 4))
"""
RATINGS = """\
import numpy as np
def objective(params, x, y=None):
    P, Q = params["P"], params["Q"]
    value, p, q = 0.0, np.zeros_like(P), np.zeros_like(Q)
    for u, i, r in x:
        e = P[u] @ Q[i] - r
        value += 0.5 * e * e
        p[u] += e * Q[i]
        q[i] += e * P[u]
    return value, {"P": p, "Q": q}
rng = np.random.default_rng(31)
params = {"P": rng.normal(size=(3, 2)), "Q": rng.normal(size=(4, 2))}
x = [(0, 1, 4.0), (1, 3, 2.0), (2, 0, 5.0), (0, 3, 1.0)]
"""


@pytest.mark.parametrize("name", [None, "autoencoder"])
def test_a_function_without_targets_is_called_without_them(name, tmp_path):
    assert report_on(AUTOENCODER, tmp_path, name).ok


def test_records_are_passed_on_with_their_whole_numbers(tmp_path):
    is_right(RATINGS, tmp_path)


def test_where_no_function_returns_a_gradient_the_lines_are_in_the_names_of_one_that_takes_parameters(
    tmp_path,
):
    step = (
        "def train(net_in, labels, K, lr):\n    K = K - lr * net_in.T @ (net_in @ K - labels)\n    return K\n"
    )
    with pytest.raises(UserError) as told:
        report_on(step, tmp_path)
    assert "train(net_in, labels, K, lr) returns no loss with its gradients" in str(told.value)
    assert "def loss_and_grads(net_in, labels, K):" in str(told.value)
    assert 'return loss, {"K": dK}' in str(told.value)
