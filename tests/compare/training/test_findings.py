"""Planted mistakes: a wrong gradient, a wrong update and a wrong batch order are told apart, and named."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from compare import networks
from compare.mistakes.planted.optimizers import OPTIMIZER_MISTAKES, suspects
from compare.networks import data, optimizers
from compare.training import training
from compare.training.calibration import draw, judged
from compare.training.contenders import Contender

DIGITS = data.load()
NET = networks.network()


@dataclass(frozen=True)
class PlantedOptimizer(optimizers.Optimizer):
    """An optimiser of the catalogue in which `hand` is a mistake."""

    hand: object = None

    def build(self, who):
        return self.hand if who == "hand" else super().build(who)


def planted(rule, wrong):
    return PlantedOptimizer(**{f: getattr(rule, f) for f in rule.__dataclass_fields__}, hand=wrong)


def run(rule, net=NET, steps=12, dtype="float64", make=Contender):
    given = training.problem(net, rule, DIGITS, steps, dtype=dtype)
    return training.side_by_side(given, DIGITS, make=make)


CASES = [(id, name) for id, mistake in OPTIMIZER_MISTAKES.items() for name in mistake.planted]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("id", "class_name"), CASES)
def test_every_optimiser_mistake_is_found_at_its_step_and_named(id, class_name, dtype):
    name = class_name.lower()
    # An l2 to decouple; an epsilon large enough for its place to show in float32; a rate that changes at step 4.
    net = networks.network(l2=0.01)
    settings = {"epsilon": 1e-3} if name.startswith("adam") else {}
    rule = optimizers.optimizer(name, optimizers.RATES[name], "step", {"every": 4, "factor": 0.5}, **settings)
    wrong = suspects(class_name, rule.settings("hand"), l2=0.01)[id]
    result = run(planted(rule, wrong), net, dtype=dtype)
    # The first step is right where the mistake is in what comes later.
    first = {"momentum-times-rate": 4, "adam-bias-power": 1, "adam-rate-compounded": 1}.get(id, 0)
    assert (result.first_divergence, result.finding.kind, result.finding.contender) == (
        first,
        "update",
        "hand",
    )
    assert result.finding.one_of == (id,)
    assert OPTIMIZER_MISTAKES[id].sentence in result.reason


def test_a_rate_inside_the_velocity_is_no_mistake_while_the_rate_stays():
    rule = optimizers.optimizer("momentum", 0.1)
    wrong = suspects("Momentum", rule.settings("hand"))["momentum-times-rate"]
    assert run(planted(rule, wrong)).ok


class WrongOrder(Contender):
    """torch trains on the next step's batch from step 5 on."""

    def batch(self, step):
        return super().batch((step + 1) % self.problem.steps if self.who == "torch" and step >= 5 else step)


def test_a_wrong_batch_order_is_told_from_a_wrong_gradient():
    result = run(optimizers.optimizer("sgd", 0.5), steps=10, make=WrongOrder)
    finding = result.finding
    assert (finding.step, finding.kind, finding.contender, finding.array) == (5, "batch", "torch", None)
    assert finding.sentence == "Wrong batch order: at step 5 torch trains on the batch of step 6."


class OtherLabels(Contender):
    def batch(self, step):
        x, y = super().batch(step)
        return x, (y[::-1] if self.who == "jax" else y)


def test_labels_that_belong_to_other_samples_are_another_batch_or_formula():
    finding = run(optimizers.optimizer("sgd", 0.5), steps=4, make=OtherLabels).finding
    assert (finding.step, finding.kind, finding.contender) == (0, "loss", "jax")


def test_a_mistake_in_a_chaotic_run_is_still_found_at_its_step():
    rule = optimizers.optimizer("sgd", 10.0)
    result = run(rule, steps=60, dtype="float32", make=WrongOrder)
    assert (result.first_divergence, result.finding.kind) == (5, "batch")


def test_a_chaotic_run_without_a_mistake_is_judged_step_by_step_and_passes():
    result = run(optimizers.optimizer("sgd", 10.0), steps=120, dtype="float32")
    assert result.envelope.chaotic_from is not None
    assert (result.ok, result.judged, result.first_divergence) == (True, "stepwise", None)
    assert result.reason.startswith("the ")


def test_a_run_whose_loss_overflows_in_all_three_does_not_pass():
    net = networks.network(activations=("relu", "identity"), criterion="quadratic")
    result = run(optimizers.optimizer("sgd", 1e4), net, steps=60)
    assert result.ok is False
    assert "not finite" in result.reason or result.finding


@pytest.mark.parametrize("seed", [5, 6, 9, 10, 30, 31])
def test_a_correct_run_is_never_called_wrong(seed):
    verdict, _ = judged(*draw(seed, steps=60))
    assert verdict.ok, verdict.reason


def test_of_two_contenders_neither_is_blamed(monkeypatch):
    monkeypatch.setattr(training, "absent", lambda who: "torch is not installed" if who == "torch" else None)
    rule = optimizers.optimizer("adam", 0.01)
    wrong = suspects("Adam", rule.settings("hand"))["adam-bias-uncorrected"]
    finding = run(planted(rule, wrong)).finding
    assert finding.contender is None and "one of hand and jax" in finding.sentence


def test_the_order_of_a_problem_can_be_replaced():
    given = training.problem(NET, optimizers.optimizer(), DIGITS, steps=3, batch=4)
    backwards = replace(given, order=given.order[::-1])
    assert np.array_equal(backwards.batch(0)[0], given.batch(2)[0])
