"""Every list of activations and criteria in compare/ is the table of `manual`, and a mistake is named with each."""

import numpy as np
import pytest

import manual
from compare.checks import kinks
from compare.checks.gradients import check_gradients
from compare.mistakes.catalogue import catalogue
from compare.networks import candidates, draws
from compare.training import calibration, shadows
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

ENTRYWISE = {name for name, f in ACTIVATIONS.items() if f.entrywise}


def test_recognition_knows_every_activation_and_criterion():
    assert set(candidates.HIDDEN) == ENTRYWISE
    assert set(candidates.LAST) == set(ACTIVATIONS)
    assert {criterion.targets for criterion in CRITERIA.values()} <= set(candidates.TARGETS)
    assert all(candidates.lasts(name) for name in CRITERIA)


def test_random_networks_have_every_activation_and_criterion():
    nets = [draws.architecture(np.random.default_rng(seed)) for seed in range(200)]
    assert {name for net in nets for name in net.activations} == set(ACTIVATIONS)
    assert {net.criterion for net in nets} == set(CRITERIA)


def test_training_draws_every_activation_and_criterion():
    assert set(calibration.HIDDEN) == ENTRYWISE - {"identity"}
    assert {criterion for _, criterion in calibration.ENDS} == set(CRITERIA)


def test_shadows_round_what_saturates_and_kinks_are_those_of_the_table():
    assert set(shadows.SATURATING) == {name for name, f in ACTIVATIONS.items() if f.saturates}
    assert set(kinks.FRAMEWORKS) == {name for name, f in (ACTIVATIONS | CRITERIA).items() if f.kinks}


@pytest.mark.parametrize("name", sorted(ENTRYWISE))
def test_a_mistake_is_named_whatever_the_activation(name):
    """Without a network given: recognised from the loss, found, placed and named."""
    net = manual.MLP((3, 4, 2), (name, "softmax"))
    d = draws.suited_draw(net, 6, np.random.default_rng(0), "float64")
    planted = catalogue()["bias-averaged"].planted(net, [1])
    report = check_gradients(planted.loss_and_grads, d.params, d.x, d.y, witnesses=())
    assert name in report.recognised
    assert [(f.array, f.one_of) for f in report.findings] == [("b1", ("bias-averaged",))]
