"""Check that torch.autograd, run on the functions' own code, gives their gradients."""

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import load, points
from compare.checks.bench.lines.torch_twin import torch_gradients
from compare.common.arrays import flatten
from compare.trace.derivatives.run import record
from compare.user.subject import Subject

from .points import FUNCTIONS

torch = pytest.importorskip("torch")
# Two orders of summation of a few hundred terms in float64 differ by some 1e-15; divisions by a standard deviation of
# five samples magnify that.
RELATIVE = 1e-9
# As in test_functions.py: an array below this share is zero in exact arithmetic.
SHARE = 1e-4
BY_HAND = {  # their values are Python floats or NumPy's own, or torch has no such function: at of ufuncs, slogdet
    "arcface", "content_memory", "deep_cross", "gmm", "graph_attention", "ica", "lora", "nca", "nmf", "transe",
    "tversky", "value_engine",
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_autograd_agrees_with_the_hand(name):
    module = load(FUNCTIONS[name].source, name)
    assert hasattr(module, "torch_loss") == (name in BY_HAND)
    for params, x, y in points(module, seed=3):
        loss, grads = module.backward(params, x, y)
        torch_loss, found = torch_gradients(module, params, x, y)
        flat = flatten(grads)
        assert abs(torch_loss - loss) <= RELATIVE * abs(loss)
        assert found.keys() == flat.keys()
        least = SHARE * max(np.linalg.norm(g) for g in found.values())
        for array, right in found.items():
            off = np.linalg.norm(flat[array] - right) / max(np.linalg.norm(right), least)
            assert right.shape == flat[array].shape and off < RELATIVE, (array, off)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"value_engine"}))  # of numbers there is no record
def test_autograd_agrees_with_the_adjoint(name):
    module = load(FUNCTIONS[name].source, name)
    for params, x, y in points(module, seed=4):
        _, right = torch_gradients(module, params, x, y)
        subject = Subject(module.backward, params, x, y)
        mine = record(subject, subject.flat).derivatives()
        least = SHARE * max(np.linalg.norm(g) for g in right.values())
        for (array, found), true in zip(
            mine.items(), right.values(), strict=True
        ):  # a list's are named W1, b1
            off = np.linalg.norm(found - true) / max(np.linalg.norm(true), least)
            assert off < RELATIVE, (array, off)


def test_a_wrong_backward_pass_does_not_touch_the_twin():
    right = load(FUNCTIONS["lstm_caches"].source)
    wrong = load(FUNCTIONS["lstm_caches"].source.replace("dprev_c = dc * f", "dprev_c = dc * i"))
    point = next(points(right))
    expected, found = torch_gradients(right, *point), torch_gradients(wrong, *point)
    assert expected[0] == found[0]
    assert all(np.array_equal(expected[1][name], found[1][name]) for name in expected[1])


def test_the_module_is_left_as_it_was():
    module = load(FUNCTIONS["prelu_gelu"].source)
    before = dict(vars(module))
    torch_gradients(module, module.params, module.x, module.y)
    assert vars(module) == before and module.np is np
