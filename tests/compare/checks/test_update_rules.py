"""An optimiser's steps: right ones pass, each classical mistake has its name."""

import numpy as np
import pytest

import manual
from compare.checks.step import check_step
from compare.common.errors import UserError
from compare.mistakes.planted.optimizers import OPTIMIZER_MISTAKES, suspects
from manual import optimizers as rules
from manual.schedules import Step

NET = manual.MLP((5, 4, 3), ("tanh", "softmax"), "cross_entropy", l2=0.1)
RULES = {
    "Momentum": rules.Momentum(rate=0.1),
    "Nesterov": rules.Nesterov(rate=0.1),
    "RMSProp": rules.RMSProp(rate=0.01),
    "Adagrad": rules.Adagrad(rate=0.1),
    "Adam": rules.Adam(rate=0.01, epsilon=1e-4),
    "AdamW": rules.AdamW(rate=0.01, epsilon=1e-4, decay=0.1),
}


def batch(dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    params = {k: (a + 0.3 * rng.standard_normal(a.shape)).astype(dtype) for k, a in NET.init(rng).items()}
    return params, rng.standard_normal((7, 5)).astype(dtype), rng.integers(0, 3, 7)


def updating(rule, factor=1.0):
    """A person's update: the rule with its memory beside it; `factor` spoils one gradient."""
    state = None

    def update(params, x, y):
        nonlocal state
        state = rule.init(params) if state is None else state
        loss, grads = NET.loss_and_grads(params, x, y)
        new, state = rule.update(params, grads | {"b1": factor * grads["b1"]}, state)
        return new, loss

    return update


each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


@each_dtype
@pytest.mark.parametrize("network", [NET, None], ids=["given", "recognised"])
@pytest.mark.parametrize("name", RULES)
def test_right_steps_of_every_optimiser_pass(name, network, dtype):
    report = check_step(updating(RULES[name]), *batch(dtype), network=network, optimizer=RULES[name])
    assert report.ok and report.exit_code == 0, str(report)


@each_dtype
@pytest.mark.parametrize(
    "id, name", [(id, name) for id, m in OPTIMIZER_MISTAKES.items() for name in m.planted]
)
def test_a_classical_mistake_of_an_update_is_named(id, name, dtype):
    rule = RULES[name]
    if id == "momentum-times-rate":  # shows when the rate changes
        rule = rules.Momentum(rate=Step(0.1, every=2, factor=0.5))
    settings = {field: getattr(rule, field) for field in rule.__dataclass_fields__}
    wrong = suspects(name, settings, NET.l2)[id]
    report = check_step(updating(wrong), *batch(dtype), network=NET, optimizer=rule)
    assert [f.one_of for f in report.findings] == [(id,)], str(report)
    assert report.findings[0].rule == "update" and report.exit_code == 1
    assert "Likely line:" in report.diagnosis


def test_a_momentum_with_the_rate_inside_is_right_while_the_rate_stays():
    wrong = suspects("Momentum", {"rate": 0.1, "momentum": 0.9, "clip": None})["momentum-times-rate"]
    assert check_step(updating(wrong), *batch(), network=NET, optimizer=RULES["Momentum"]).ok


def test_a_wrong_gradient_in_a_right_rule_is_wrong_without_a_name_at_its_line():
    report = check_step(updating(RULES["Momentum"], 1.01), *batch(), network=NET, optimizer=RULES["Momentum"])
    assert {v.name for v in report.verdicts if not v.passes} == {"b1"}
    assert [(f.array, f.one_of) for f in report.findings] == [("b1", ())]
    assert "factor * grads" in report.findings[0].source or "rule.update" in report.findings[0].source
    assert "check_gradients" in report.diagnosis


def test_plain_descent_given_as_an_optimiser_is_the_plain_check():
    assert check_step(updating(rules.SGD(0.3)), *batch(), network=NET, optimizer=rules.SGD(0.3)).ok


def test_clipping_belongs_to_the_rule():
    rule = rules.SGD(0.3, clip=0.01)
    assert check_step(updating(rule), *batch(), network=NET, optimizer=rule).ok
    assert not check_step(updating(rules.SGD(0.3)), *batch(), network=NET, optimizer=rule).ok


def test_what_is_no_optimiser_is_refused():
    with pytest.raises(UserError, match="optimizer is str"):
        check_step(updating(RULES["Adam"]), *batch(), optimizer="adam")
