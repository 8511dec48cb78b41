"""Check every way to execute a training step: the same loss, and parameters one step down the gradient."""

import platform
import subprocess
import sys
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
        # The bound of the gradient, plus half an eps each for the product and the difference.
        room = 2 * eps * RATE * allowed[name] + eps * (abs(p) + RATE * abs(grads[name]))
        assert (abs(after[name] - (p - RATE * grads[name])) <= room).all(), name
        assert np.array_equal(untouched[name], p), f"{name} was changed in place"
        assert np.array_equal(again[name], after[name]), (
            f"{name} comes out otherwise when the step is repeated"
        )


FAULTS = """
import resource, sys
import numpy as np
import manual, manual.steps

kept = sys.argv[1] == "keep" and manual.steps.keep_memory()
rng = np.random.default_rng(0)
net = manual.MLP((512, 512, 10))
arrays = net.init(rng, "float32"), rng.random((1024, 512)).astype("float32"), rng.integers(0, 10, 1024)
for _ in range(3):
    net.loss_and_grads(*arrays)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    net.loss_and_grads(*arrays)
print(kept, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 5)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_a_step_that_keeps_its_memory_faults_none_in_again():
    """Allow 26 page faults per step: a hundredth of the 2,560 pages of 4 KiB in five arrays of 2 MiB."""
    found = subprocess.run(
        [sys.executable, "-c", FAULTS, "keep"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert found[0] == "True" and float(found[1]) < 26
