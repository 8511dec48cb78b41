"""One training step, executed every way there is: the same loss, and parameters one step down the gradient."""

from dataclasses import asdict
from importlib import import_module

import jax
import numpy as np
import pytest

import manual
from tests.rounding import bounds
from tests.test_three_ways import inputs

NET = manual.MLP((4, 5, 3), ("tanh", "softmax"), "cross_entropy", l2=0.01)
RATE = 0.5


@pytest.mark.parametrize(
    ("package", "form"),
    [("manual", "eager"), ("torch_ref", "eager"), ("jax_ref", "eager"), ("jax_ref", "compiled")],
)
def test_a_step_of_sgd_is_the_parameters_less_rate_times_gradient(package, form):
    arrays = inputs(NET, 6, 0, "float64")
    before, x, y = arrays
    loss, grads = NET.loss_and_grads(*arrays)
    with jax.enable_x64(True):
        here = import_module(package)
        steps, optimizers = import_module(f"{package}.steps"), import_module(f"{package}.optimizers")
        sgd = optimizers.SGD(RATE)
        step = getattr(steps, form)(here.MLP(**asdict(NET)), sgd)
        native = here.from_numpy(before)
        after, state, there = step(native, sgd.init(native), *here.from_numpy((x, y)))
        again, _, _ = step(native, state, *here.from_numpy((x, y)))
        after, again, there = here.to_numpy((after, again, there))
        untouched = here.to_numpy(native)

    eps, allowed = np.finfo(float).eps, bounds(NET, *arrays)
    assert abs(there - loss) <= 2 * eps * allowed["loss"]
    for name, p in before.items():
        # The gradient's own bound, and half an eps for the product and for the difference.
        room = 2 * eps * RATE * allowed[name] + eps * (abs(p) + RATE * abs(grads[name]))
        assert (abs(after[name] - (p - RATE * grads[name])) <= room).all(), name
        assert np.array_equal(untouched[name], p), f"{name} was changed in place"
        assert np.array_equal(again[name], after[name]), (
            f"{name} comes out otherwise when the step is repeated"
        )
