"""An exercise of intermediate derivatives: each is compared with the derivative of its own value."""

import pytest

from .judged import is_placed, is_right, report_on

EXERCISE = """\
import numpy as np
rng = np.random.default_rng(0)
N = 8
x = rng.normal(size=(N, 3)); y = rng.integers(0, 4, N)
W1 = rng.normal(size=(3, 5)); b1 = rng.normal(size=5)
W2 = rng.normal(size=(5, 4)); b2 = rng.normal(size=4)
# forward
hpre = x @ W1 + b1
h = np.tanh(hpre)
logits = h @ W2 + b2
counts = np.exp(logits)
probs = counts / counts.sum(1, keepdims=True)
logprobs = np.log(probs)
loss = -logprobs[np.arange(N), y].mean()
# backward
dlogprobs = np.zeros_like(logprobs)
dlogprobs[np.arange(N), y] = -1 / N
dprobs = dlogprobs / probs
dlogits = probs.copy()
dlogits[np.arange(N), y] -= 1
dlogits /= N
dh = dlogits @ W2.T
dW2 = h.T @ dlogits
db2 = dlogits.sum(0)
dhpre = (1 - h**2) * dh
dW1 = x.T @ dhpre
db1 = dhpre.sum(0)
print(loss)
"""


def test_every_intermediate_derivative_is_judged(tmp_path):
    names = {v.name for v in is_right(EXERCISE, tmp_path).verdicts}
    assert names == {"W1", "b1", "W2", "b2", "hpre", "h", "logits", "probs", "logprobs"}


MISTAKES = [
    ("(1 - h**2)", "(1 - h)", {"hpre", "W1", "b1"}),
    ("dlogprobs / probs", "dlogprobs * probs", {"probs"}),
    ("dW2 = h.T @ dlogits", "dW2 = hpre.T @ dlogits", {"W2"}),
]


@pytest.mark.lines
@pytest.mark.parametrize(("right", "wrong", "off"), MISTAKES)
def test_a_mistake_is_placed(right, wrong, off, tmp_path):
    """Where a probability is one of the values that are moved, another point must be near: its logarithm ends at 0."""
    report = is_placed(EXERCISE, right, wrong, tmp_path)
    assert {v.name for v in report.verdicts if not v.passes} == off
    (finding,) = report.findings
    assert right.replace(" ", "") in finding.fix["to"].replace(" ", "")


def test_intermediates_beside_the_gradients_a_function_returns_are_ignored(tmp_path):
    text = """\
import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(4, 6)), rng.integers(0, 2, (1, 6))
parameters = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=(5, 1))}
parameters |= {"W2": rng.normal(size=(1, 5)), "b2": rng.normal(size=(1, 1))}
def cost_and_gradients(parameters, X, Y):
    m = X.shape[1]
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    A2 = 1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    dZ2 = A2 - Y; dA1 = parameters["W2"].T @ dZ2; dZ1 = dA1 * (1 - A1 ** 2)
    return cost, {"dZ2": dZ2, "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(1, keepdims=True) / m, "dA1": dA1, "dZ1": dZ1,
                  "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(1, keepdims=True) / m}
"""
    assert report_on(text, tmp_path).ok


DEFERRED = """\
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(3, 6)), rng.integers(0, 2, (1, 6))
m = X.shape[1]
W1, b1 = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
W2, b2 = rng.normal(size=(1, 4)), rng.normal(size=(1, 1))
A1 = np.tanh(W1 @ X + b1)
Z2 = W2 @ A1 + b2
A2 = 1 / (1 + np.exp(-Z2))
cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
dZ2 = A2 - Y
dW2 = dZ2 @ A1.T / m
db2 = dZ2.sum(1, keepdims=True) / m
dA1 = W2.T @ dZ2
dZ1 = dA1 * (1 - A1**2)
dW1 = dZ1 @ X.T / m
db1 = dZ1.sum(1, keepdims=True) / m
"""


def test_a_mean_that_is_taken_in_the_parameters_gradients_is_a_convention(tmp_path):
    statuses = {v.name: v.status for v in is_right(DEFERRED, tmp_path).verdicts}
    assert statuses == dict.fromkeys(("W1", "b1", "W2", "b2"), "agree") | dict.fromkeys(
        ("Z2", "A1"), "convention"
    )
    is_placed(DEFERRED, "(1 - A1**2)", "(1 - A1)", tmp_path)
