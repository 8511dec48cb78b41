"""Update rules in other published forms pass and are named; with other constants they are identified."""

import numpy as np
import pytest

from compare.checks.step import check_step
from manual import optimizers as rules

RNG = np.random.default_rng(0)
PARAMS = {"W": RNG.standard_normal((4, 3)), "b": RNG.standard_normal(3)}
X, Y = RNG.standard_normal((8, 4)), RNG.standard_normal((8, 3))


def checked(rule, optimizer, dtype=np.float64, factor=1.0):
    """The report on an update by `rule`(w, g, memory), where `optimizer` was meant."""
    memory = {k: {"t": 0, "m": 0.0, "v": 0.0} for k in PARAMS}

    def update(p, x, y):
        e = x @ p["W"] + p["b"] - y
        g = {"W": x.T @ e / len(x), "b": factor * e.mean(0)}
        loss = 0.5 * np.mean(np.sum(e**2, axis=1))
        return {k: rule(p[k], g[k], memory[k]).astype(dtype) for k in p}, loss

    params = {k: a.astype(dtype) for k, a in PARAMS.items()}
    return check_step(update, params, X.astype(dtype), Y.astype(dtype), optimizer=optimizer)


def adam(beta2=0.999, epsilon=1e-7, hat=True, decay=0.0):
    def rule(w, g, s):
        s["t"] += 1
        s["m"], s["v"] = 0.9 * s["m"] + 0.1 * g, beta2 * s["v"] + (1 - beta2) * g * g
        first, second = 1 - 0.9 ** s["t"], 1 - beta2 ** s["t"]
        if hat:
            return w - 0.01 * np.sqrt(second) / first * s["m"] / (np.sqrt(s["v"]) + epsilon) - decay * w
        return w - 0.01 * (s["m"] / first) / (np.sqrt(s["v"] / second) + epsilon) - decay * w

    return rule


def adagrad(epsilon=1e-7, inside=False, rate=0.01):
    def rule(w, g, s):
        s["v"] = s["v"] + g * g
        return w - rate * g / (np.sqrt(s["v"] + epsilon) if inside else np.sqrt(s["v"]) + epsilon)

    return rule


def rmsprop(decay=0.9, epsilon=1e-8, inside=False, rate=0.01):
    def rule(w, g, s):
        s["v"] = decay * s["v"] + (1 - decay) * g * g
        return w - rate * g / (np.sqrt(s["v"] + epsilon) if inside else np.sqrt(s["v"]) + epsilon)

    return rule


def momentum(mu=0.9, ahead=False):
    def rule(w, g, s):
        s["v"] = mu * s["v"] + g
        return w - 0.01 * (g + mu * s["v"] if ahead else s["v"])

    return rule


PUBLISHED = [
    (adam(), rules.Adam(rate=0.01), "epsilon-hat beside the uncorrected sqrt(s) = 1e-07"),
    (adam(epsilon=1e-3), rules.Adam(rate=0.01), "epsilon-hat"),
    (adam(beta2=0.99), rules.Adam(rate=0.01, beta2=0.99), "epsilon-hat"),
    (
        adam(hat=False, epsilon=1e-8, decay=0.1),
        rules.AdamW(rate=0.01, decay=0.1),
        "the rate does not multiply",
    ),
    (adagrad(), rules.Adagrad(rate=0.01), "Adagrad from 0, with epsilon beside the root = 1e-07"),
    (adagrad(3e-4), rules.Adagrad(rate=0.01), "Adagrad from 0, with epsilon beside the root = 0.0003"),
    (adagrad(1e-4, inside=True), rules.Adagrad(rate=0.01), "epsilon under the root"),
    (
        rmsprop(epsilon=1e-5, inside=True),
        rules.RMSProp(rate=0.01),
        "RMSProp with epsilon under the root = 1e-05",
    ),
]


@pytest.mark.parametrize("rule, optimizer, words", PUBLISHED)
def test_a_published_form_passes_and_is_named(rule, optimizer, words):
    report = checked(rule, optimizer)
    assert report.ok and report.exit_code == 0, str(report)
    assert any(words in w and "published form" in w for w in report.warnings), report.warnings


def test_a_published_form_passes_in_float32():
    assert checked(adam(epsilon=1e-3), rules.Adam(rate=0.01), np.float32).ok


OTHERS = [
    (rmsprop(decay=0.99), rules.RMSProp(rate=0.01), "It is RMSProp with decay 0.99, not 0.9."),
    (rmsprop(decay=0.97), rules.RMSProp(rate=0.01), "It is RMSProp with decay 0.97, not 0.9."),
    (rmsprop(rate=0.02), rules.RMSProp(rate=0.01), "It is RMSProp with rate 0.02, not 0.01."),
    (
        rmsprop(decay=0.99, rate=0.003),
        rules.RMSProp(rate=0.01),
        "It is RMSProp with rate 0.003 and decay 0.99, not 0.01 and 0.9.",
    ),
    (
        adam(beta2=0.99, epsilon=1e-8, hat=False),
        rules.Adam(rate=0.01),
        "It is Adam with beta2 0.99, not 0.999.",
    ),
    (adam(beta2=0.99), rules.Adam(rate=0.01), "with beta2 0.99, not 0.999."),
    (adagrad(rate=0.1), rules.Adagrad(rate=0.01), "with rate 0.1, not 0.01."),
    (momentum(0.95), rules.Momentum(rate=0.01), "It is Momentum with momentum 0.95, not 0.9."),
    (momentum(ahead=True), rules.Momentum(rate=0.01), "It is Nesterov with rate 0.01, momentum 0.9."),
    (rmsprop(), rules.Adam(rate=0.01), "It is RMSProp with rate 0.01, decay 0.9, epsilon 1e-08."),
]


@pytest.mark.parametrize("rule, optimizer, words", OTHERS)
def test_a_rule_with_other_constants_is_identified(rule, optimizer, words):
    report = checked(rule, optimizer)
    assert not report.ok and report.exit_code == 1
    assert words in report.diagnosis


@pytest.mark.parametrize(
    "rule",
    [
        lambda w, g, s: w - 0.01 * g / (np.abs(g) ** 0.7 + 0.1),
        lambda w, g, s: w - 0.01 * np.sign(g),
        lambda w, g, s: w - 0.01 * np.clip(g, -0.1, 0.1),
    ],
)
@pytest.mark.parametrize("optimizer", [rules.RMSProp(rate=0.01), rules.Momentum(rate=0.01)])
def test_what_is_no_known_rule_is_not_called_one(rule, optimizer):
    report = checked(rule, optimizer)
    assert not report.ok and "It is" not in report.diagnosis


def test_a_wrong_gradient_in_a_published_form_is_wrong():
    report = checked(adam(), rules.Adam(rate=0.01), factor=-1.0)
    assert not report.ok and "It is" not in report.diagnosis
