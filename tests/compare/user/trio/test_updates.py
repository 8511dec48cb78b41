"""Updates of one's own: a torch.optim.Optimizer with its scheduler, an optax transformation, a function."""

import numpy as np
import pytest

from compare.user.trio.trio import Trio
from compare.user.trio.updates import OnNumpyRule, Rule

torch = pytest.importorskip("torch")
optax = pytest.importorskip("optax")

RNG = np.random.default_rng(0)
PARAMS = {"w": RNG.standard_normal(3)}


def loss(params, x, y):
    return ((x @ params["w"] - y) ** 2).mean()


def halving(parameters):
    adam = torch.optim.Adam(parameters, lr=0.01)
    return adam, torch.optim.lr_scheduler.StepLR(adam, step_size=2, gamma=0.5)


UPDATES = {"torch": halving, "jax": optax.adam(optax.exponential_decay(0.01, 2, 0.5, staircase=True))}
TRIO = Trio(torch=loss, jax=loss, params=PARAMS, batch=(np.eye(4, 3), np.ones(4)), update=UPDATES)


def trained(who, steps=5):
    rule = OnNumpyRule(who, Rule(TRIO, None).build(who))
    params, state, found = PARAMS, rule.init(PARAMS), []
    for step in range(steps):
        params, state = rule.update(params, {"w": np.cos(step + np.arange(3.0))}, state)
        found.append(params["w"])
    return np.array(found)


def test_a_scheduler_of_torch_and_a_schedule_of_optax_give_the_same_steps():
    # optax computes a schedule in float32, a rate of 6e-8 relative; a step moves by less than the parameters' size.
    assert np.allclose(trained("torch"), trained("jax"), rtol=1e-6, atol=0)


def test_a_step_can_be_repeated():
    rule = OnNumpyRule("torch", Rule(TRIO, None).build("torch"))
    params, state = rule.update(PARAMS, {"w": np.ones(3)}, rule.init(PARAMS))
    one, two = (rule.update(params, {"w": np.ones(3)}, state)[0]["w"] for _ in range(2))
    assert np.array_equal(one, two)
