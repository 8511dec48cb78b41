"""check_gradients of an object that keeps its parameters and its gradients."""

import numpy as np
import pytest

from threeways import UserError, assert_gradients_agree, check_gradients


class Net:
    def __init__(self):
        rng = np.random.default_rng(3)
        self.W, self.b = rng.normal(size=(3, 2)), rng.normal(size=2)

    def forward(self, X):
        self.X, self.a = X, np.tanh(X @ self.W + self.b)
        return self.a

    def loss(self, X, y):
        return ((self.forward(X) - y) ** 2).mean()

    def backward(self, y):
        d = 2 * (self.a - y) / y.size * (1 - self.a**2)
        self.dW, self.db = self.X.T @ d, d.sum(0)


class Averaged(Net):
    def backward(self, y):
        super().backward(y)
        self.db = self.db / len(y)


class Stateful:
    """As cs231n writes it: parameters in a dict, loss(X, y) -> (loss, grads)."""

    def __init__(self):
        self.params = {"W": np.random.default_rng(0).normal(size=(3, 2))}

    def loss(self, X, y=None):
        e = X @ self.params["W"] - y
        return (e**2).sum() / 2, {"W": X.T @ e}


class Dense:
    def __init__(self, i, o):
        rng = np.random.default_rng(i)
        self.W, self.b = rng.normal(size=(i, o)), rng.normal(size=o)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class Tanh:
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a

    def backward(self, dout):
        return dout * (1 - self.a**2)


def mse_loss(prediction, y):
    return ((prediction - y) ** 2).mean()


def mse_grad(prediction, y):
    return 2 * (prediction - y) / y.size


rng = np.random.default_rng(1)
BATCH = {"x": rng.normal(size=(6, 3)), "y": rng.normal(size=(6, 2))}


def test_an_object_is_right_and_stays_as_it_is():
    net = Net()
    kept = {n: a.copy() for n, a in vars(net).items()}
    report = assert_gradients_agree(net, **BATCH)
    assert {v.name for v in report.verdicts} == {"W", "b"}
    assert report.about["taken"].startswith("Taken: loss `net.loss`, gradients `net.dW`, `net.db`")
    assert vars(net).keys() == kept.keys() and all(
        np.array_equal(getattr(net, n), a) for n, a in kept.items()
    )


def test_a_wrong_array_is_named():
    report = check_gradients(Averaged(), **BATCH)
    assert (report["W"].status, report["b"].status) == ("agree", "wrong")
    assert report.findings[0].fix["from"] == "self.db = self.db / len(y)"


@pytest.mark.parametrize("given", [Stateful(), Stateful, Stateful().loss], ids=["object", "class", "method"])
def test_an_object_a_class_and_a_method_are_taken(given):
    assert check_gradients(given, **BATCH).ok


def test_layers_in_a_list_are_taken():
    layers = [Dense(3, 4), Tanh(), Dense(4, 2)]
    report = check_gradients(layers, **BATCH)
    assert report.ok and len(report.verdicts) == 4
    layers[1].__class__ = type("Wrong", (Tanh,), {"backward": lambda self, d: d * (1 - self.a)})
    assert not check_gradients(layers, **BATCH).ok


def test_a_batch_is_drawn_where_none_is_given():
    assert "was drawn" in check_gradients(Net()).about["taken"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda params, x, y: 0.0, "params is missing"),
        ([], "params is missing"),
        (Tanh(), "no pass through Tanh gives a loss and gradients"),
    ],
)
def test_what_is_missing_is_said(given, said):
    with pytest.raises(UserError, match=said):
        check_gradients(given, **BATCH)
