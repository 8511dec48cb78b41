"""A flat script: the first pass through its training loop; in a file or in a notebook's cells."""

import json

import pytest

from compare.common.errors import UserError

from .judged import is_placed, is_right, report_on

FLAT = """\
import numpy as np
X = np.array([[0,0],[0,1],[1,0],[1,1.]]); y = np.array([[0],[1],[1],[0.]])
np.random.seed(1)
W1 = np.random.randn(2,3); b1 = np.random.randn(1,3); W2 = np.random.randn(3,1); b2 = np.zeros((1,1))
sig = lambda z: 1/(1+np.exp(-z))
for i in range(100000000):
    a1 = sig(X@W1+b1); a2 = sig(a1@W2+b2)
    loss = np.mean((a2-y)**2)
    d2 = 2*(a2-y)/len(X)*a2*(1-a2)
    dW2 = a1.T@d2; db2 = d2.sum(0,keepdims=True)
    d1 = d2@W2.T*a1*(1-a1)
    dW1 = X.T@d1; db1 = d1.sum(0,keepdims=True)
    W1 -= .1*dW1; b1 -= .1*db1; W2 -= .1*dW2; b2 -= .1*db2
print(loss)
"""
INLINE = """\
import numpy as np
np.random.seed(0)
X = np.random.randn(20, 3)
y = X @ np.array([1., 2, 3]) + 1
theta = np.random.randn(3)
alpha, m = 0.1, len(y)
while True:
    h = X @ theta
    e = h - y
    J = (e ** 2).sum() / (2 * m)
    print("cost", J)
    theta = theta - alpha * (1 / m) * X.T @ e
"""
MINIBATCH = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3))
y = X @ np.array([1., -2, .5]) + 0.3
w, b = np.zeros(3), 0.0
vw, vb = np.zeros(3), 0.0
lr, losses = 0.1, []
if __name__ == "__main__":
    for epoch in range(1000):
        order = rng.permutation(100)
        for i in range(0, 100, 10):
            idx = rng.choice(100, 10)
            xb, yb = X[idx], y[idx]
            err = xb @ w + b - yb
            losses.append((err ** 2).mean())
            dw = 2 * xb.T @ err / len(xb)
            db = 2 * err.mean()
            vw = 0.9 * vw - lr * dw
            vb = 0.9 * vb - lr * db
            w += vw
            b += vb
        print(epoch, losses[-1])
"""
DICTS = """\
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3)); y = rng.integers(0, 4, 30)
params = {"W1": rng.normal(size=(3, 5)), "b1": rng.normal(size=5)}
params |= {"W2": rng.normal(size=(5, 4)), "b2": rng.normal(size=4)}
reg = 1e-3
for it in range(10000):
    h = np.maximum(0, X @ params["W1"] + params["b1"])
    scores = h @ params["W2"] + params["b2"]
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    data_loss = -np.log(probs[range(30), y]).mean()
    loss = data_loss + 0.5 * reg * (params["W1"]**2).sum() + 0.5 * reg * (params["W2"]**2).sum()
    if it % 100 == 0:
        print("iteration %d: loss %f" % (it, loss))
    grads = {}
    dscores = probs
    dscores[range(30), y] -= 1
    dscores /= 30
    grads["W2"] = h.T @ dscores + reg * params["W2"]
    grads["b2"] = dscores.sum(axis=0)
    dh = dscores @ params["W2"].T
    dh[h <= 0] = 0
    grads["W1"] = X.T @ dh + reg * params["W1"]
    grads["b1"] = dh.sum(axis=0)
    for k in params:
        params[k] -= 1e-1 * grads[k]
"""
TEXTS = {"flat": FLAT, "inline": INLINE, "minibatch": MINIBATCH, "dicts": DICTS}


@pytest.mark.parametrize("form", TEXTS)
def test_the_first_pass_is_the_function(form, tmp_path):
    is_right(TEXTS[form], tmp_path)


MISTAKES = [
    ("flat", "a1*(1-a1)", "(1-a1**2)"),
    ("flat", "2*(a2-y)/len(X)", "(a2-y)/len(X)"),
    ("flat", "db1 = d1.sum(0", "db1 = d1.mean(0"),
    ("inline", "(1 / m) * X.T @ e", "X.T @ e"),
    ("inline", "(1 / m) * X.T @ e", "(1 / m) * X.T @ h"),
    ("inline", "theta - alpha", "theta + alpha"),
    ("minibatch", "2 * err.mean()", "2 * err.sum()"),
    ("minibatch", "dw = 2 * xb.T", "dw = xb.T"),
    ("minibatch", "@ err / len(xb)", "@ err / len(X)"),
    ("dicts", 'reg * params["W1"]\n', 'params["W1"]\n'),
    ("dicts", "h.T @ dscores", "2 * h.T @ dscores"),
    ("dicts", "dh.sum(axis=0)", "dh.mean(axis=0)"),
]


@pytest.mark.parametrize(("form", "right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(form, right, wrong, tmp_path):
    is_placed(TEXTS[form], right, wrong, tmp_path)


def test_a_mistake_in_an_update_is_shown_as_it_was_written(tmp_path):
    report = is_placed(INLINE, "X.T @ e", "X.T @ h", tmp_path)
    (fix,) = [f.fix for f in report.findings if f.fix]
    assert fix["from"] == "theta = theta - alpha * (1 / m) * X.T @ h"
    assert fix["to"].startswith("theta = theta - alpha * (1 / m) * X.T @ ")
    assert "theta_gradient =" not in report.diagnosis


def test_what_was_taken_names_the_loop(tmp_path):
    assert is_right(FLAT, tmp_path).about["taken"] == (
        "Taken: loss `loss`, gradients `dW1`, `db1`, `dW2`, `db2` of a pass through the loop in line 6, "
        "parameters W1, b1, W2, b2; x = X; y = y"
    )


def test_a_loop_without_a_loss_is_told_where_to_add_it(tmp_path):
    with pytest.raises(UserError, match=r"The loop in line 6 updates W1, b1, W2, b2(.|\n)*loss = \.\.\."):
        report_on(FLAT.replace("    loss = np.mean((a2-y)**2)\n", "").replace("print(loss)\n", ""), tmp_path)


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": source} for source in cells]})


def test_a_loop_in_a_notebook_is_found(tmp_path):
    head, loop = FLAT.split("for i in")
    text = notebook("%matplotlib inline\nimport numpy as np", head, "1 / 0", "for i in" + loop)
    is_right(text, tmp_path, name="mine.ipynb")
    wrong = text.replace("a1*(1-a1)", "(1-a1)")
    report = report_on(wrong, tmp_path, name="mine.ipynb")
    (finding,) = report.findings
    assert (finding.line, finding.file.rpartition(", ")[2]) == (6, "cell 4")


def test_a_notebook_is_read_though_some_of_its_lines_need_what_is_not_run(tmp_path):
    first = "words = open('nowhere.txt').read().split()\nstoi = {w: i for i, w in enumerate(words)}\nstoi['.'] = 0\n"
    second = (
        "import numpy as np\ndef loss_and_grads(params, x, y):\n    e = x @ params['W'] - y\n"
        "    return 0.5 * (e ** 2).sum(), {'W': x.T @ e}\ndef other(x, p=stoi):\n    return x\n"
        "def example():\n    r = np.random.default_rng(0)\n"
        "    return {'W': r.normal(size=(3, 2))}, r.normal(size=(5, 3)), r.normal(size=(5, 2))\n"
    )
    assert report_on(notebook(first, second), tmp_path, name="mine.ipynb").ok


FITTED = """\
import numpy as np
class LogisticRegression:
    def __init__(self, lr=0.01, n_iters=100000000):
        self.lr, self.n_iters, self.losses = lr, n_iters, []
    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0.3
        for _ in range(self.n_iters):
            A = self.sigmoid(np.dot(X, self.weights) + self.bias)
            self.losses.append(-np.mean(y * np.log(A) + (1 - y) * np.log(1 - A)))
            dz = A - y
            dw = (1 / n_samples) * np.dot(X.T, dz)
            db = (1 / n_samples) * np.sum(dz)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3)); y = (X[:, 0] > 0.2).astype(float)
model = LogisticRegression()
model.fit(X, y)
print(model.predict(X))
"""
TRAINED = """\
import numpy as np
np.random.seed(0)
X = np.random.randn(20, 2); y = np.random.randint(0, 2, 20)
N = len(X)
def calculate_loss(model):
    z2 = np.tanh(X.dot(model['W1']) + model['b1']).dot(model['W2']) + model['b2']
    probs = np.exp(z2) / np.sum(np.exp(z2), axis=1, keepdims=True)
    return np.sum(-np.log(probs[range(N), y])) / N
def build_model(nn_hdim, num_passes=100000000, print_loss=False):
    W1, b1 = np.random.randn(2, nn_hdim), np.random.randn(1, nn_hdim)
    W2, b2 = np.random.randn(nn_hdim, 2), np.random.randn(1, 2)
    for i in range(num_passes):
        a1 = np.tanh(X.dot(W1) + b1)
        z2 = a1.dot(W2) + b2
        probs = np.exp(z2) / np.sum(np.exp(z2), axis=1, keepdims=True)
        delta3 = probs
        delta3[range(N), y] -= 1
        delta3 /= N
        dW2 = (a1.T).dot(delta3)
        db2 = np.sum(delta3, axis=0, keepdims=True)
        delta2 = delta3.dot(W2.T) * (1 - np.power(a1, 2))
        dW1 = np.dot(X.T, delta2)
        db1 = np.sum(delta2, axis=0, keepdims=True)
        W1 += -epsilon * dW1
        b1 += -epsilon * db1
        W2 += -epsilon * dW2
        b2 += -epsilon * db2
        model = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}
        if print_loss and i % 100 == 0:
            print("loss", calculate_loss(model))
    return model
epsilon = 0.01
model = build_model(3, print_loss=True)
"""


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (FITTED, "np.sum(dz)", "np.sum(A + y)"),
        (FITTED, "(1 / n_samples) * np.dot", "np.dot"),
        (FITTED, "np.dot(X.T, dz)", "np.dot(X.T, A)"),
        (TRAINED, "db2 = np.sum(delta3", "db2 = np.mean(delta3"),
        (
            TRAINED,
            "db1 = np.sum(delta2, axis=0, keepdims=True)",
            "db1 = np.mean(delta2, axis=0, keepdims=True)",
        ),
        (TRAINED, "dW2 = (a1.T)", "dW2 = 2 * (a1.T)"),
    ],
)
def test_a_loop_in_a_function_or_a_method_is_found(text, right, wrong, tmp_path):
    is_right(text, tmp_path)
    is_placed(text, right, wrong, tmp_path)


def test_what_is_defined_below_the_call_of_a_training_loop_is_known(tmp_path):
    text = """\
import numpy as np
def backward(params, x, y):
    e = x @ params["W"] - y
    return 0.5 * (e**2).sum(), {"W": x.T @ e}
def train(params, x, y, lr=0.01):
    for _ in range(10**9):
        loss, grads = backward(params, x, y)
        params["W"] -= lr * grads["W"]
    return params
rng = np.random.default_rng(0)
trained = train({"W": rng.normal(size=(3, 2))}, np.ones((4, 3)), np.ones((4, 2)))
params, x, y = {"W": rng.normal(size=(3, 2))}, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
"""
    report = report_on(text, tmp_path)
    assert report.ok and report.about["function"] == "backward"


@pytest.mark.parametrize("rate", ["learn_rate", "learningRate", "step_length", "lr", "eta"])
def test_a_learning_rate_of_any_usual_name_is_no_part_of_the_gradient(rate, tmp_path):
    text = f"""\
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 3)), rng.normal(size=6)
w = rng.normal(size=3)
{rate} = 0.01
for i in range(5):
    e = X @ w - y
    loss = 0.5 * np.sum(e**2)
    dw = X.T @ e
    w -= {rate} * dw
"""
    assert "gradients `dw`" in is_right(text, tmp_path).about["taken"]


def test_updates_over_a_list_of_pairs_are_read(tmp_path):
    made = FLAT.replace(
        "    W1 -= .1*dW1; b1 -= .1*db1; W2 -= .1*dW2; b2 -= .1*db2\n",
        "    for p, dp in [(W1, dW1), (b1, db1), (W2, dW2), (b2, db2)]:\n        p -= .1*dp\n",
    )
    assert made != FLAT
    is_right(made, tmp_path)
    is_placed(made, "a1*(1-a1)", "(1-a1**2)", tmp_path)


def test_what_is_updated_and_cannot_be_read_is_said(tmp_path):
    text = (
        "x, t, W, b, lr = [0.5, 2.0], 1.0, [0.1, 0.2], 0.3, 0.1\n"
        "for epoch in range(100):\n"
        "    y = sum(w * xi for w, xi in zip(W, x)) + b\n"
        "    loss = 0.5 * (y - t) ** 2\n"
        "    d = y - t\n"
        "    for j in range(2):\n"
        "        W[j] -= lr * d * x[j]\n"
        "    b -= lr * d\n"
    )
    assert "W: updated too, but not checked" in is_right(text, tmp_path).about["taken"]


def test_a_module_that_is_missing_counts_where_it_is_used(tmp_path):
    head, loop = FLAT.split("for i in")
    cells = [
        "from test_cases_of_a_course import *\nimport numpy as np",
        head,
        "cost_test_case()",
        "for i in" + loop,
    ]
    report = is_right(notebook(*cells), tmp_path, name="mine.ipynb")
    assert "without what raised ModuleNotFoundError: No module named 'test_cases" in report.about["taken"]
    is_right("from helpers_of_a_course import plot_costs\n" + FLAT + "plot_costs(loss)\n", tmp_path)
    needed = FLAT.replace("sig = lambda z: 1/(1+np.exp(-z))", "from helpers_of_a_course import sig")
    with pytest.raises(ModuleNotFoundError, match="helpers_of_a_course"):
        report_on(needed, tmp_path)
