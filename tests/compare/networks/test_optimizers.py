"""Every optimiser under every schedule, with and without clipping: 200 updates give the same parameters."""

import dataclasses
from importlib import import_module
from itertools import product

import jax
import numpy as np
import pytest

from compare import networks
from compare.common.errors import UserError
from compare.networks import optimizers

RNG = np.random.default_rng(0)
START = {"W1": RNG.standard_normal((5, 4)), "b1": RNG.standard_normal(5)}
# A fifth of the entries are exactly 0, as at a dead unit: a division by a root of 0 would show.
GRADS = [
    {name: RNG.standard_normal(p.shape) * (RNG.random(p.shape) > 0.2) for name, p in START.items()}
    for _ in range(200)
]
CASES = list(product(optimizers.OPTIMIZERS, optimizers.SCHEDULES, (None, 1.0)))


def cast(tree, dtype):
    return {name: array.astype(dtype) for name, array in tree.items()}


def trained(who, rule, dtype):
    package, optimizer = import_module(networks.PACKAGES[who]), rule.build(who)
    update = jax.jit(optimizer.update) if who == "jax" else optimizer.update
    with jax.enable_x64(who == "jax" and dtype == "float64"):
        params = package.from_numpy(cast(START, dtype))
        state = optimizer.init(params)
        for grads in GRADS:
            params, state = update(params, package.from_numpy(cast(grads, dtype)), state)
        return package.to_numpy(params)


def apart(a, b):
    return max(np.linalg.norm(a[name] - b[name]) / np.linalg.norm(b[name]) for name in b)


def rule_of(name, schedule, clip):
    return optimizers.optimizer(name, 0.05, schedule, optimizers.over_a_run(schedule, 150), clip=clip)


@pytest.mark.parametrize(("name", "schedule", "clip"), CASES)
def test_200_updates_are_equal_in_all_three_in_float64(name, schedule, clip):
    rule = rule_of(name, schedule, clip)
    hand, torch, jaxs = (trained(who, rule, "float64") for who in networks.PACKAGES)
    # 200 updates, each rounding at 2e-16: measured 9e-15 at most.
    assert apart(torch, hand) <= 1e-13
    assert apart(jaxs, hand) <= 1e-13


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_float32_stays_float32_and_within_its_rounding(name):
    rule = rule_of(name, "cosine", 1.0)
    hand, torch, jaxs = (trained(who, rule, "float32") for who in networks.PACKAGES)
    assert {a.dtype for tree in (hand, torch, jaxs) for a in tree.values()} == {np.dtype("float32")}
    # optax takes 1 - 0.999^t in float32, which leaves 6e-8 / 1e-3 of it at the first step: measured 4e-6.
    assert apart(torch, hand) <= 2e-5
    assert apart(jaxs, hand) <= 2e-5


@pytest.mark.parametrize("module", ["optimizers", "schedules"])
def test_the_three_have_the_same_classes_and_fields(module):
    names = optimizers.OPTIMIZERS if module == "optimizers" else optimizers.SCHEDULES
    for class_name in names.values():
        classes = [getattr(import_module(f"{p}.{module}"), class_name) for p in networks.PACKAGES.values()]
        fields = [[(f.name, f.type, f.default) for f in dataclasses.fields(c)] for c in classes]
        assert fields[0] == fields[1] == fields[2]


def test_nothing_is_changed_in_place():
    for who, name in product(("hand", "torch"), optimizers.OPTIMIZERS):
        package, optimizer = import_module(networks.PACKAGES[who]), optimizers.optimizer(name, 0.1).build(who)
        params, grads = package.from_numpy(START), package.from_numpy(GRADS[0])
        state = optimizer.init(params)
        first = optimizer.update(params, grads, state)[0]
        again = optimizer.update(params, grads, state)[0]
        for key in START:
            np.testing.assert_array_equal(package.to_numpy(params)[key], START[key])
            np.testing.assert_array_equal(package.to_numpy(first)[key], package.to_numpy(again)[key])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"name": "adm"}, "did you mean 'adam'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"rate": -1.0}, "--rate -1.0"),
        ({"clip": 0.0}, "--clip 0.0"),
        ({"name": "momentum", "momentum": 1.5}, "momentum is 1.5"),
        ({"name": "adam", "beta3": 0.5}, "no setting 'beta3'"),
        ({"schedule": "cosine", "schedule_fields": {"steps": 0}}, "steps is 0"),
        ({"schedule": "step", "schedule_fields": {"factor": float("nan")}}, "factor is nan"),
    ],
)
def test_an_unusable_setting_is_refused_in_one_line(settings, says):
    with pytest.raises(UserError) as refused:
        optimizers.optimizer(**settings)
    assert says in str(refused.value)
