"""log(p + epsilon) in the loss, p - y in the gradient: named, in networks that no catalogue has too."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

RNG = np.random.default_rng(0)
PARAMS = {
    "W1": RNG.normal(size=(4, 5)) * 0.5,
    "b1": np.zeros(5),
    "W2": RNG.normal(size=(5, 3)) * 0.5,
    "b2": np.zeros(3),
}
X, LABELS = RNG.normal(size=(6, 4)), RNG.integers(0, 3, 6)


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


LOSSES = {
    "one-hot": lambda p, eps: -np.sum(np.eye(3)[LABELS] * np.log(p + eps)) / len(X),
    "by class": lambda p, eps: -np.log(p[np.arange(len(p)), LABELS] + eps).mean(),
    "sample by sample": lambda p, eps: (
        -sum(np.log(eps + row[k]) for row, k in zip(p, LABELS, strict=True)) / len(X)
    ),
    "added before": lambda p, eps: -np.log((p + eps)[np.arange(len(p)), LABELS]).mean(),
}


def network(params, x, loss, eps, wave=False):
    a = x @ params["W1"] + params["b1"]
    h, slope = (a + 0.2 * np.sin(a), 1 + 0.2 * np.cos(a)) if wave else (np.tanh(a), 1 - np.tanh(a) ** 2)
    p = softmax(h @ params["W2"] + params["b2"])
    d = (p - np.eye(3)[LABELS]) / len(x)
    dh = d @ params["W2"].T * slope
    return LOSSES[loss](p, eps), {"W1": x.T @ dh, "b1": dh.sum(0), "W2": h.T @ d, "b2": d.sum(0)}


@pytest.mark.parametrize("eps", [1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("wave", [True, False])
def test_the_gradient_without_the_epsilon_is_told_so(loss, eps, wave):
    report = check_gradients(lambda p, x, y: network(p, x, loss, eps, wave), PARAMS, X, LABELS)
    assert [f.one_of for f in report.findings] == [("log-epsilon",)], str(report)
    assert f"log(p + {eps:g})" in report.diagnosis and "that is all that is off" in report.diagnosis
    assert {v.status for v in report.verdicts} == {"wrong"}


def test_an_epsilon_that_is_differentiated_is_right():
    def hand(params, x, y):
        loss, _ = network(params, x, "one-hot", 1e-3)
        h = np.tanh(x @ params["W1"] + params["b1"])
        p, t = softmax(h @ params["W2"] + params["b2"]), np.eye(3)[LABELS]
        dp = -t / (p + 1e-3) / len(x)
        d = p * (dp - (dp * p).sum(1, keepdims=True))
        dh = d @ params["W2"].T * (1 - h**2)
        return loss, {"W1": x.T @ dh, "b1": dh.sum(0), "W2": h.T @ d, "b2": d.sum(0)}

    assert check_gradients(hand, PARAMS, X, LABELS).ok


def test_another_mistake_beside_it_is_not_called_an_epsilon():
    def hand(params, x, y):
        loss, g = network(params, x, "one-hot", 1e-7)
        return loss, g | {"W1": 1.01 * g["W1"]}

    report = check_gradients(hand, PARAMS, X, LABELS)
    assert not report.ok and not any("log-epsilon" in f.one_of for f in report.findings)


def test_an_epsilon_under_a_root_is_no_guard_of_a_logarithm():
    def hand(params, x):
        z = x @ params["W"]
        r = np.sqrt((z**2).sum(1) + 1e-6)
        return r.sum(), {"W": 1.1 * x.T @ (z / r[:, None])}

    report = check_gradients(hand, {"W": RNG.normal(size=(4, 3))}, X)
    assert report.diagnosis.splitlines()[0] == "W is 1.1 times the right value in every entry."


def test_an_epsilon_that_float32_cannot_show_is_a_note():
    params = {n: a.astype(np.float32) for n, a in PARAMS.items()}
    x = X.astype(np.float32)
    report = check_gradients(lambda p, x, y: network(p, x, "one-hot", 1e-8), params, x, LABELS)
    assert report.ok and any("log(p + 1e-08)" in w for w in report.warnings), str(report)
