"""Check the hand-written backward passes of the bench: right, of many kinds, usable in float32 and for any batch."""

import ast
from copy import deepcopy

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import load, points
from compare.common.arrays import equal, flatten
from compare.networks.recognise import recognise

from .points import FUNCTIONS, cast, mapped

# Small next to the distance of the kinks (ReLU, max pooling, hinge) from the points.
STEP = 1e-4
# Richardson's estimate from the steps h and h/2 leaves h^4 / 480 times the fifth derivative, 2e-19 times it. Rounding
# of the loss adds about 1e-16 |loss| / h = 1e-12 |loss|, for losses of up to 1e3 times the least array's gradient.
RELATIVE = 1e-6
# Below this share of the whole gradient an array is zero in exact arithmetic: the bias before a batch norm.
SHARE = 1e-4


def differences(module, params, x, y):
    """Return {name: central differences with Richardson} of the loss."""
    flat = flatten(params)

    def loss(name, index, step):
        names = iter(flat)

        def moved(array):
            array = np.array(array, float)
            if next(names) == name:
                array[index] += step
            return array[()]

        return float(module.backward(mapped(params, moved), x, y)[0])

    found = {}
    for name, array in flat.items():
        found[name] = np.zeros(array.shape)
        for index in np.ndindex(*array.shape):
            wide, narrow = (
                (loss(name, index, h) - loss(name, index, -h)) / (2 * h) for h in (STEP, STEP / 2)
            )
            found[name][index] = (4 * narrow - wide) / 3
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_gradient_is_that_of_the_loss(name):
    module = load(FUNCTIONS[name].source, name)
    for params, x, y in points(module, seed=7):
        before = deepcopy((params, x, y))
        loss, grads = module.backward(params, x, y)
        assert all(equal(a, b) for a, b in zip(before, (params, x, y), strict=True)), "arguments changed"
        flat, truth = flatten(grads), differences(module, params, x, y)
        assert np.ndim(loss) == 0 and flat.keys() == truth.keys()
        least = SHARE * max(np.linalg.norm(g) for g in truth.values())
        for array, right in truth.items():
            off = np.linalg.norm(flat[array] - right) / max(np.linalg.norm(right), least)
            assert flat[array].shape == right.shape and off < RELATIVE, (array, off)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_loss_and_gradient_are_finite_at_every_scale_and_batch(name, dtype):
    module = load(FUNCTIONS[name].source, name)
    # A naive loop over 300 samples takes a second; its samples are alike.
    large = 20 if name.startswith("conv_naive") else 300
    for scale, n in ((1e-3, 4), (0.1, 1), (1, 1), (1, 2), (1, large), (5, 4), (30, 4)):
        rng = np.random.default_rng(n)
        params, (x, y) = cast(module.draw(rng, scale), dtype), cast(module.batch(rng, n), dtype)
        with np.errstate(all="ignore"):
            loss, grads = module.backward(params, x, y)
        assert np.isfinite(loss) and all(np.isfinite(g).all() for g in flatten(grads).values()), (scale, n)


def test_the_functions_are_many_and_of_many_kinds():
    assert len(FUNCTIONS) >= 34
    assert len({f.kind for f in FUNCTIONS.values()}) >= 18
    assert all(f.kind and f.style for f in FUNCTIONS.values())
    lines = {name: f.source.count("\n") for name, f in FUNCTIONS.items()}
    assert all(20 <= n <= 100 for n in lines.values()), lines


def test_no_two_functions_are_the_same():
    trees = {name: ast.parse(f.source) for name, f in FUNCTIONS.items()}
    bodies = {
        ast.dump(next(n for n in tree.body if getattr(n, "name", "") == "backward"))
        for tree in trees.values()
    }
    assert len(bodies) == len(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_is_a_network_of_this_project(name):
    module = load(FUNCTIONS[name].source, name)
    params, x, y = module.params, module.x, module.y
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return  # the command recognises networks of arrays only

    def loss(flat):
        names = iter(flatten(params))
        return float(module.backward(mapped(params, lambda a: flat[next(names)][()]), x, y)[0])

    with np.errstate(all="ignore"):
        assert recognise(loss, flatten(params), x, y) is None


def test_functions_import_numpy_and_scipy_alone():
    for name, function in FUNCTIONS.items():
        for node in ast.walk(ast.parse(function.source)):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert set(modules) <= {"numpy", "scipy.special", "math"}, (name, modules)
