"""check_step: the line of an update that is wrong, for classical mistakes of optimisers written by hand."""

import inspect

import numpy as np
import pytest

from compare.checks.step import check_step
from manual.optimizers import Momentum

from .kernels import updates

# An array that is named once more in the line below: a fix there is as right as in its own line.
ALIASES = {"Adam without bias correction": 2}
CONSTANTS = {"weight decay coupled"}  # two lines would have to change

pytestmark = pytest.mark.lines


def wrong_line(written):
    lines, first = inspect.getsourcelines(
        updates.AdamEpsilonInside if "lambda" in written.__name__ else written
    )
    return next(first + i for i, line in enumerate(lines) if line.rstrip().endswith("# wrong"))


def located(report):
    return next(f for f in report.findings if f.line is not None)


@pytest.mark.slow
@pytest.mark.parametrize("name", updates.UPDATES)
def test_the_wrong_line_of_an_optimiser_is_named(name):
    make, rule = updates.UPDATES[name]
    report = check_step(make(), *updates.batch(), optimizer=rule)
    assert report.exit_code == 1
    found = located(report)
    assert wrong_line(make) + ALIASES.get(name, 0) in found.lines, str(report)
    assert f"line {found.line}" in str(report)
    if name not in CONSTANTS:
        assert found.fix is not None and f"Change line {found.line}" in str(report)


@pytest.mark.parametrize("name", updates.PLAIN)
def test_the_wrong_line_of_a_plain_step_is_named(name):
    found = located(check_step(updates.PLAIN[name], *updates.batch(), rate=0.1))
    assert found.line == wrong_line(updates.PLAIN[name]) and found.fix is not None


def test_a_right_optimiser_is_right_by_the_record_of_its_loss():
    assert check_step(updates.adam(), *updates.batch(), optimizer=updates.ADAM).ok


def test_what_an_update_keeps_is_put_back():
    from compare.trace.recording.kept import Kept

    update = updates.adam()
    before = {n: np.array(a) for n, a in updates.batch()[0].items()}
    kept = Kept(update)
    first = update(*updates.batch())[0]
    update(*updates.batch())
    kept.restore()
    again = update(*updates.batch())[0]
    assert all(np.array_equal(first[n], again[n]) and not np.array_equal(first[n], before[n]) for n in first)


LAYERS = """\
import numpy as np

class Layer:
    def __init__(self, W, b):
        self.weights, self.bias = W.copy(), b.copy()
    def activate(self, x):
        self.last = 1 / (1 + np.exp(-(x @ self.weights + self.bias)))
        return self.last

def train(params, x, y):
    layers = [Layer(params["W1"], params["b1"]), Layer(params["W2"], params["b2"])]
    out = layers[1].activate(layers[0].activate(x))
    layers[1].delta = (out - y) * out * (1 - out)
    layers[0].delta = layers[1].delta @ layers[1].weights.T * layers[0].last * (1 - layers[0].last)
    for i, layer in enumerate(layers):
        before = x if i == 0 else layers[i - 1].last
        layer.weights -= before.T @ layer.delta * 0.1
    first, second = layers
    new = {"W1": first.weights, "b1": first.bias, "W2": second.weights, "b2": second.bias}
    return new, 0.5 * np.sum((out - y) ** 2)
"""


def test_an_update_that_is_missing_is_sought_beside_those_that_are_there(tmp_path):
    names, file = {}, tmp_path / "train.py"
    file.write_text(LAYERS)
    exec(compile(LAYERS, str(file), "exec"), names)
    rng = np.random.default_rng(3)
    params = {"W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4)}
    params |= {"W2": rng.normal(size=(4, 2)), "b2": rng.normal(size=2)}
    report = check_step(names["train"], params, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), rate=0.1)
    assert [f.line for f in report.findings if f.line] == [17] and "b1, b2 never change" in report.diagnosis


MOMENTUM = """\
import numpy as np
moved = {}

def train(params, x, y):
    W, b = params["W"], params["b"]
    error = np.tanh(x @ W + b) - y
    delta = error * (1 - np.tanh(x @ W + b) ** 2)
    W_grad, b_grad = x.T @ delta, delta.sum(axis=0)
    by_W = 0.8 * moved.get("W", 0.0) - 0.1 * W_grad
    by_b = 0.8 * moved.get("b", 0.0) - 0.1 * b_grad
    moved.update(W=by_W, b=by_b)
    return {"W": W + by_W, "b": b + by_b}, 0.5 * np.sum(error**2)
"""


def test_two_arrays_that_are_moved_wrongly_each_have_their_line(tmp_path):
    text = MOMENTUM.replace("0.1 * W_grad", "0.1 * W").replace("0.1 * b_grad", "0.1 * b")
    names, file = {}, tmp_path / "train.py"
    file.write_text(text)
    exec(compile(text, str(file), "exec"), names)
    rng = np.random.default_rng(11)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    batch = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    report = check_step(names["train"], params, *batch, optimizer=Momentum(rate=0.1, momentum=0.8))
    found = {f.line: f.fix["to"] for f in report.findings if f.fix}
    assert found == {
        9: 'by_W = 0.8 * moved.get("W", 0.0) - 0.1 * W_grad',
        10: 'by_b = 0.8 * moved.get("b", 0.0) - 0.1 * b_grad',
    }
