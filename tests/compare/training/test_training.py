import json

import numpy as np
import pytest

from compare import networks
from compare.common.errors import INTERRUPTED, WRONG, UserError
from compare.common.results import plain
from compare.networks import data, optimizers
from compare.report import door
from compare.training import train, training
from compare.training.contenders import Contender
from tests.compare.training.planted import BiasAveraged, NanFromStart, WrongFarOut, planted

DIGITS = data.load()


def test_the_default_network_trains_alike_for_300_steps():
    result = train(networks.network(), DIGITS)
    assert result.ok and result.first_divergence is None and result.exit_code == 0
    assert [c.name for c in result.contenders] == ["hand", "torch", "jax"]
    assert all(len(c.loss) == len(c.accuracy) == 300 for c in result.contenders)
    assert result.largest_difference.value <= 1e-10
    assert all(c.loss[-1] < 0.5 * c.loss[0] and c.test_accuracy > 0.9 for c in result.contenders)
    hand, *others = (c.final for c in result.contenders)
    for other in others:
        for name in hand:
            np.testing.assert_allclose(other[name], hand[name], rtol=1e-10, atol=1e-12)


def test_float32_stays_float32_everywhere():
    result = train(networks.network(), DIGITS, steps=20, dtype="float32")
    assert result.ok
    assert {p.dtype for c in result.contenders for p in c.final.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("criterion", ["quadratic", "hinge", "softmax_cross_entropy"])
def test_every_kind_of_target_trains_alike(criterion):
    net = networks.network(activations=("tanh", "identity"), criterion=criterion, l2=1e-3)
    assert train(net, DIGITS, steps=20, rate=0.1).ok


def test_a_wrong_gradient_is_seen_at_the_first_step():
    result = train(planted(networks.network(), BiasAveraged), DIGITS, steps=5)
    assert (result.ok, result.first_divergence, result.exit_code) == (False, 0, WRONG)
    assert (result.finding.kind, result.finding.contender) == ("gradient", "hand")
    assert result.finding.array in ("b1", "b2")


def test_a_gradient_wrong_far_from_the_start_is_seen_where_it_begins():
    net = networks.network()
    far = planted(net, WrongFarOut)
    result = train(far, DIGITS, steps=40)
    norms = [np.linalg.norm(p["W2"]) for p in every_start(net, 40)]
    begins = next(step for step, norm in enumerate(norms) if norm > WrongFarOut.limit)
    assert 5 < begins < 35
    assert (result.ok, result.first_divergence, result.finding.kind) == (False, begins, "gradient")


def every_start(net, steps):
    """The parameters of the hand-written run before each step of the default run."""
    hand = Contender("hand", training.problem(net, optimizers.optimizer("sgd", 0.5), DIGITS, steps))
    for step in range(steps):
        yield hand.params
        hand.step(step)


def test_a_nan_never_passes():
    result = train(planted(networks.network(), NanFromStart), DIGITS, steps=2)
    assert (result.ok, result.first_divergence) == (False, 0)
    assert result.reason


def test_a_contender_that_is_not_installed_is_absent_and_the_rest_goes_on(monkeypatch):
    reason = "torch is not installed: pip install torch"
    monkeypatch.setattr(training, "absent", lambda who: reason if who == "torch" else None)
    result = train(networks.network(), DIGITS, steps=3)
    assert [c.absent for c in result.contenders] == [None, reason, None]
    assert result.ok and len(result.contenders[2].loss) == 3


def test_stopping_keeps_the_steps_that_all_finished():
    def stop_at_three(done, total):
        if done == 3:
            raise KeyboardInterrupt

    result = train(networks.network(), DIGITS, steps=50, progress=stop_at_three)
    assert result.interrupted and result.exit_code == INTERRUPTED
    assert [len(c.loss) for c in result.contenders] == [3, 3, 3]


def test_stopping_in_the_middle_of_a_step_leaves_all_at_the_same_step(monkeypatch):
    whole = train(networks.network(), DIGITS, steps=3)
    step = Contender.step

    def stop_before_jax(self, number):
        if self.who == "jax" and number == 3:
            raise KeyboardInterrupt
        return step(self, number)

    monkeypatch.setattr(Contender, "step", stop_before_jax)
    result = train(networks.network(), DIGITS, steps=9)
    assert [len(c.loss) for c in result.contenders] == [3, 3, 3]
    for stopped, finished in zip(result.contenders, whole.contenders, strict=True):
        assert stopped.test_accuracy == finished.test_accuracy
        assert all(
            np.allclose(stopped.final[name], finished.final[name], rtol=1e-12) for name in finished.final
        )


def test_stopping_before_the_first_step_leaves_empty_curves(monkeypatch):
    def stop(self, step):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.Contender, "step", stop)
    result = train(networks.network(), DIGITS, steps=2)
    assert result.interrupted and all(c.loss == () for c in result.contenders)


def test_stopping_during_the_step_by_step_check_keeps_the_curves(monkeypatch):
    def stop(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "judge", stop)
    result = train(networks.network(), DIGITS, steps=3)
    assert (result.ok, result.interrupted, result.exit_code) == (None, True, INTERRUPTED)
    assert len(result.contenders[0].loss) == 3
    assert door.text(plain(result)).startswith("STOPPED  Stopped before")


def test_the_result_is_json_without_bare_nan():
    result = train(planted(networks.network(), NanFromStart), DIGITS, steps=2)
    again = json.loads(json.dumps(plain(result), allow_nan=False))
    assert again["schema"] == "threeways/curves/1"
    assert list(again)[:2] == ["schema", "environment"]
    assert again["contenders"][0]["loss"] == ["nan", "nan"]


def test_an_epoch_takes_every_sample_once():
    order = training.batch_order(samples=10, batch=4, steps=5, seed=0)
    assert order.shape == (5, 4)
    assert sorted(order.ravel()[:10]) == sorted(order.ravel()[10:]) == list(range(10))


def test_the_same_seed_gives_the_same_batches():
    one, again, other = (training.batch_order(100, 8, 20, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"steps": 0}, "--steps 0"),
        ({"batch": 0}, "--batch 0"),
        ({"batch": 10_000}, "1437"),
        ({"rate": 0.0}, "--rate"),
        ({"rate": float("nan")}, "--rate"),
        ({"rate": float("inf")}, "--rate"),
        ({"optimizer": "sdg"}, "did you mean 'sgd'"),
    ],
)
def test_unusable_settings_are_refused_in_one_line(settings, says):
    with pytest.raises(UserError) as refused:
        train(networks.network(), DIGITS, **settings)
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_network_that_does_not_fit_the_data_is_refused():
    with pytest.raises(UserError, match="64 features"):
        train(networks.network(sizes=(20, 10), activations=("softmax",)), DIGITS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "schedule"), list(zip(optimizers.OPTIMIZERS, 2 * list(optimizers.SCHEDULES), strict=False))
)
def test_every_optimiser_trains_the_default_network_alike(name, schedule):
    rule = optimizers.optimizer(
        name, optimizers.RATES[name], schedule, optimizers.over_a_run(schedule, 200), clip=1.0
    )
    result = train(networks.network(), DIGITS, steps=200, optimizer=rule)
    assert (result.ok, result.judged) == (True, "envelope")
    for other in result.contenders[1:]:
        assert other.distance[-1] <= 1e-9
