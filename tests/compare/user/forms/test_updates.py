"""Updates of a script as people write them: of objects, dicts and lists, entry by entry, through averages."""

import pytest

from compare.files.process import run

from .judged import is_placed, is_right


def test_two_objects_whose_parameters_have_one_name_are_both_checked(tmp_path):
    text = """\
import numpy as np
class Layer:
    def __init__(self, i, o):
        self.W = rng.normal(size=(i, o))
rng = np.random.default_rng(0)
X, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
first, second = Layer(3, 4), Layer(4, 2)
lr = 0.1
for i in range(100):
    h = np.tanh(X @ first.W)
    out = h @ second.W
    loss = ((out - y) ** 2).mean()
    d = 2 * (out - y) / out.size
    second.dW = h.T @ d
    first.dW = X.T @ (d @ second.W.T * (1 - h**2))
    first.W -= lr * first.dW
    second.W -= lr * second.dW
"""
    assert {v.name for v in is_right(text, tmp_path).verdicts} == {"first.W", "second.W"}
    is_placed(text, "(1 - h**2)", "(1 - h)", tmp_path)


def test_a_dict_that_an_object_holds_is_updated_entry_by_entry(tmp_path):
    text = """\
import numpy as np
class Model:
    def __init__(self):
        self.params = {"W": np.arange(6.0).reshape(3, 2) / 7, "b": np.ones(2) / 3}
    def forward(self, x):
        return np.tanh(x @ self.params["W"] + self.params["b"])
    def loss(self, out, t):
        return 0.5 * np.sum((out - t) ** 2) / len(t)
    def backward(self, x, out, t):
        delta = (out - t) / len(t) * (1 - out**2)
        return {"W": x.T @ delta, "b": delta.sum(axis=0)}
def main():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    model, history = Model(), []
    for epoch in range(1000):
        out = model.forward(x)
        history.append(model.loss(out, t))
        grads = model.backward(x, out, t)
        for name in model.params:
            model.params[name] -= 0.1 * grads[name]
main()
"""
    assert {v.name for v in is_right(text, tmp_path).verdicts} == {"W", "b"}
    is_placed(text, "delta.sum(axis=0)", "delta.mean(axis=0)", tmp_path)


@pytest.mark.parametrize(
    "update",
    [
        "for i, (w, g) in enumerate(zip(W, dW)): W[i] -= lr * g",
        "for i, g in enumerate(dW): W[i] = W[i] - lr * g",
        "V = [0.9 * v - lr * g for v, g in zip(V, dW)]\n    W[0] -= lr * dW[0]; W[1] -= lr * dW[1]",
    ],
)
def test_an_update_by_enumerate_is_read(update, tmp_path):
    text = f"""\
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]
V = [0.0, 0.0]
lr = 0.1
for epoch in range(10):
    h = np.tanh(X @ W[0])
    loss = 0.5 * np.sum((h @ W[1] - y) ** 2)
    d = h @ W[1] - y
    dW = [X.T @ (d @ W[1].T * (1 - h**2)), h.T @ d]
    {update}
"""
    assert len(is_right(text, tmp_path).verdicts) == 2
    is_placed(text, "(1 - h**2)", "(1 - h)", tmp_path)


def test_an_average_that_starts_from_zero_is_the_gradient_without_its_weight(tmp_path):
    text = """\
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 3)), rng.normal(size=6)
w, m = rng.normal(size=3), np.zeros(3)
beta, lr = 0.9, 0.1
for i in range(10):
    e = X @ w - y
    loss = 0.5 * np.sum(e**2)
    m = beta * m + (1 - beta) * (X.T @ e)
    w = w - lr * m
"""
    is_right(text, tmp_path)


STEPPER = """\
import numpy as np

class Network:
    rate = 0.3

    def train(self, params, x, y):
        w = params["w"].copy()
        errors = y - x @ w
        w += self.rate * x.T @ errors / len(x)
        return {"w": w}, 0.5 * (errors ** 2).sum() / len(x)

train = Network().train

def step(params, x, y):
    return train(params, x, y)

rng = np.random.default_rng(0)
params, x, y = {"w": rng.normal(size=3)}, rng.normal(size=(5, 3)), rng.normal(size=5)
inputs = (params, x, y)
"""


@pytest.mark.parametrize("update", ["train", "step"])
def test_a_method_that_was_taken_off_its_object_before_the_stop_runs_to_its_end(update, tmp_path):
    file = tmp_path / "net.py"
    file.write_text(STEPPER)
    outcome = run(file, update, operation={"rule": {"name": "SGD", "rate": 0.3}})
    assert outcome.exit == 0, outcome.report["diagnosis"]
