"""jax programs: compiled once for what was traced, never kept for what has changed."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from compare.checks.gradients import check_gradients  # noqa: E402
from compare.witnesses import jax as witness  # noqa: E402
from compare.witnesses import torch as other  # noqa: E402
from compare.witnesses.programs import Program, _compiled  # noqa: E402
from compare.witnesses.rounding.units import units  # noqa: E402

jnp = jax.numpy
RNG = np.random.default_rng(0)
ARRAYS = {"W": RNG.standard_normal((3, 4)), "b": RNG.standard_normal(4)}
X, Y = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 4))


def quadratic(leaves, x, y):
    return ((jnp.tanh(x @ leaves["W"] + leaves["b"]) - y) ** 2).mean()


def compiled(function, *arguments):
    """Whether running a function's program compiles anything."""
    before = _compiled.cache_info().misses
    Program(function, arguments).run(*arguments)
    return _compiled.cache_info().misses > before


def test_a_function_that_is_defined_again_is_not_compiled_again():
    def make():
        return lambda a: jnp.sin(a).sum() + 0.4375

    assert compiled(make(), X)
    assert not compiled(make(), X)
    assert compiled(make(), X[:3])


@pytest.mark.parametrize("one, two", [(0.1, 0.2), (np.arange(3.0), np.arange(3.0) + 1)])
def test_what_a_function_closes_over_is_never_stale(one, two):
    for closed_over in (one, two):
        found = Program(lambda a, c=closed_over: (a * c).sum(), (X,)).run(X)
        assert float(found) == pytest.approx(float((X * closed_over).sum()), rel=1e-4)


def test_two_programs_that_differ_in_one_digit_of_a_literal_are_two():
    with jax.enable_x64(True):
        one, two = (Program(lambda a, c=c: a * c, (X,)) for c in (0.1, np.nextafter(0.1, 1)))
    assert one != two


def test_a_second_check_with_a_changed_global_is_judged_by_its_new_value():
    scale = {"of": 1.0}

    def loss(params, x, y):
        return scale["of"] * quadratic(params, x, y)

    def hand(params, x, y):
        found = witness.evidence(loss, params, [x, y])
        return found.loss, found.arrays

    for value in (1.0, 3.0):
        scale["of"] = value
        assert check_gradients(hand, ARRAYS, X, Y, jax_loss=loss).ok


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_units_are_those_that_torch_measures(dtype):
    torch = pytest.importorskip("torch")

    def same(leaves, x, y):
        return ((torch.tanh(x @ leaves["W"] + leaves["b"]) - y) ** 2).mean()

    found = []
    for module, loss in ((witness, quadratic), (other, same)):
        centre = module.evidence(loss, ARRAYS, [X, Y]).arrays
        found.append(units(module.noise(loss, ARRAYS, [X, Y], dtype, 16), centre, dtype))
    for name in ARRAYS:
        mine, theirs = (np.sqrt((f[name] ** 2).mean()) for f in found)
        assert 1 / 3 < mine / theirs < 3


def test_the_turns_of_a_scan_are_moved_each_in_its_own_way():
    def loss(leaves, x):
        def turn(h, _):
            return h + leaves["b"] * x[0, 0], None

        return jax.lax.scan(turn, 0 * leaves["b"], None, length=64)[0].sum()

    centre = witness.evidence(loss, ARRAYS, [X]).arrays["b"]
    off = [d["b"] - centre for d in witness.noise(loss, ARRAYS, [X], "float64", 8)]
    unit = np.finfo(float).eps * np.abs(centre).max()
    assert 0 < np.std(off) < 32 * unit  # 64 roundings of one sign would be as many units
