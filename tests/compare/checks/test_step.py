"""A training step is judged by the gradient it contains, and the mistakes of a step have their names."""

import numpy as np
import pytest

from compare.checks.step import check_step
from compare.common.errors import UserError
from manual import MLP

NET = MLP((5, 4, 3), ("tanh", "softmax"), "cross_entropy")
RATE = 0.3


def batch(seed=0, dtype=np.float64, n=7):
    rng = np.random.default_rng(seed)
    params = {k: (a + 0.3 * rng.standard_normal(a.shape)).astype(dtype) for k, a in NET.init(rng).items()}
    return params, rng.standard_normal((n, 5)).astype(dtype), rng.integers(0, 3, n)


def right(params, x, y):
    loss, grads = NET.loss_and_grads(params, x, y)
    return {k: a - RATE * grads[k] for k, a in params.items()}, loss


def only_params(params, x, y):
    return right(params, x, y)[0]


def loss_first(params, x, y):
    return right(params, x, y)[::-1]


def in_place(params, x, y):
    _, grads = NET.loss_and_grads(params, x, y)
    for k in params:
        params[k] -= RATE * grads[k]


def uphill(params, x, y):
    loss, grads = NET.loss_and_grads(params, x, y)
    return {k: a + RATE * grads[k] for k, a in params.items()}, loss


def rate_twice(params, x, y):
    loss, grads = NET.loss_and_grads(params, x, y)
    return {k: a - RATE * RATE * grads[k] for k, a in params.items()}, loss


def updated_weights_used(params, x, y):
    p = NET.forward_pass(params, x)
    p.y = y
    loss = NET.loss(params, x, y)
    new = {}
    p.delta[2] = NET.output_delta(p)
    new["W2"] = p.W[2] - RATE * NET.weight_gradient(2, p)
    new["b2"] = p.b[2] - RATE * NET.bias_gradient(2, p)
    p.W[2] = new["W2"]
    p.delta[1] = NET.hidden_delta(1, p)
    new["W1"] = p.W[1] - RATE * NET.weight_gradient(1, p)
    new["b1"] = p.b[1] - RATE * NET.bias_gradient(1, p)
    return new, loss


def gradients_returned(params, x, y):
    loss, grads = NET.loss_and_grads(params, x, y)
    return grads, loss


def bias_averaged(params, x, y):
    p = NET.backward_pass(NET.forward_pass(params, x), y)
    new = {f"W{l}": p.W[l] - RATE * p.dW[l] for l in (1, 2)}
    new |= {f"b{l}": p.b[l] - RATE * p.db[l] / (len(x) if l == 1 else 1) for l in (1, 2)}
    return new, NET.loss(params, x, y)


def stale():
    kept = {}

    def update(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        for k, g in grads.items():
            kept[k] = kept.get(k, 0) + g
        return {k: a - RATE * kept[k] for k, a in params.items()}, loss

    return update


def momentum():
    kept = {}

    def update(params, x, y):
        loss, grads = NET.loss_and_grads(params, x, y)
        for k, g in grads.items():
            kept[k] = 0.9 * kept.get(k, 0) + g
        return {k: a - RATE * kept[k] for k, a in params.items()}, loss

    return update


def adams_first(params, x, y):
    loss, grads = NET.loss_and_grads(params, x, y)
    return {k: a - 1e-3 * grads[k] / (np.abs(grads[k]) + 1e-12) for k, a in params.items()}, loss


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


def names(report):
    return [f.one_of for f in report.findings]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rate", [RATE, None])
@pytest.mark.parametrize("update", [right, only_params, loss_first, in_place])
def test_a_right_step_passes_in_every_form(update, rate, dtype):
    network = NET if update in (only_params, in_place) else None
    report = check_step(update, *batch(dtype=dtype), rate, network)
    assert report.ok and report.exit_code == 0, str(report)
    assert report.about["rate"] == pytest.approx(RATE, rel=1e-9 if dtype == np.float64 else 1e-3)


def test_a_step_in_place_is_warned_of():
    assert "in place" in check_step(in_place, *batch(), RATE, NET).warnings[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [RATE, None])
def test_updated_weights_used_is_named(seed, rate):
    report = check_step(updated_weights_used, *batch(seed), rate)
    assert set(names(report)) == {("updated-weights-used",)} and report.findings[0].exact
    assert statuses(report)["W2"] == statuses(report)["b2"] == "agree"
    assert statuses(report)["W1"] == statuses(report)["b1"] == "wrong" and report.exit_code == 1


@pytest.mark.parametrize("rate", [RATE, None])
def test_a_step_uphill_is_named(rate):
    report = check_step(uphill, *batch(), rate)
    assert names(report) == [("sign-flipped",)] and "uphill" in report.diagnosis


def test_the_rate_twice_is_named_where_the_rate_is_given():
    assert names(check_step(rate_twice, *batch(), RATE)) == [("rate-in-gradient",)]
    assert check_step(rate_twice, *batch()).ok  # a rate of 0.09 is as good as any


def test_gradients_for_parameters_are_named():
    assert names(check_step(gradients_returned, *batch(), RATE)) == [("updated-params-returned",)]


@pytest.mark.parametrize("rate", [RATE, None])
def test_a_mistake_of_the_gradient_is_named_through_the_step(rate):
    report = check_step(bias_averaged, *batch(), rate)
    assert names(report) == [("bias-averaged",)]
    assert statuses(report) == {"W1": "agree", "b1": "wrong", "W2": "agree", "b2": "agree"}


def test_gradients_never_zeroed_are_stale():
    report = check_step(stale(), *batch(), RATE)
    assert names(report) == [("stale-gradients",)] and set(statuses(report).values()) == {"nondeterministic"}


def test_a_momentum_is_not_called_stale():
    report = check_step(momentum(), *batch(), RATE)
    assert not report.findings and "momentum" in report.diagnosis and not report.ok


def test_adams_first_step_is_not_judged():
    report = check_step(adams_first, *batch())
    assert set(statuses(report).values()) == {"inconclusive"} and report.exit_code == 3


def test_a_loss_that_is_no_known_network_is_differenced():
    params, x = {"w": np.array([0.3, -0.7, 1.1])}, np.array([1.0, 2.0, 3.0])

    def update(params, x, factor=1.0):
        w = params["w"]
        grads = np.cos(w * x) * x * np.array([1.0, factor, 1.0])
        return {"w": w - 0.1 * grads}, np.sin(w * x).sum()

    assert check_step(update, params, x, rate=0.1).ok
    assert statuses(check_step(lambda p, x: update(p, x, 1.01), params, x, rate=0.1)) == {"w": "wrong"}


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: check_step(only_params, *batch()), "nothing to compare"),
        (lambda: check_step(right, *batch(), rate=-1), "rate is -1"),
        (lambda: check_step(3, *batch()), "update is int"),
        (lambda: check_step(lambda p, x, y: {"W1": p["W1"]}, *batch()), "no b1"),
    ],
)
def test_unusable_calls_are_refused_in_a_line(call, words):
    with pytest.raises(UserError, match=words):
        call()
