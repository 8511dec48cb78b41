"""Recorded runs as cells, in ball arithmetic: every function of the corpus is proved right, a spoilt one wrong."""

import threading

import numpy as np
import pytest

from compare import check_gradients
from compare.checks.bench.families.drawing import drawn
from compare.checks.bench.lines import corpus
from compare.trace.derivatives.run import record
from compare.trace.derivatives.slices import Origins
from compare.trace.exact.referee import APART, SAME, Rulings, TooMuchWorkError, ruled
from compare.user.subject import Subject

flint = pytest.importorskip("flint")
FUNCTIONS = corpus.functions()


def in_dtype(tree, dtype):
    if isinstance(tree, dict):
        return {k: in_dtype(v, dtype) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(in_dtype(v, dtype) for v in tree)
    array = np.asarray(tree)
    return array.astype(dtype) if array.dtype.kind == "f" else tree


def rulings(hand, params, x=None, y=None, most=np.inf) -> Rulings:
    subject = Subject(hand, params, x, y)
    subject.answer()
    run = record(subject)
    return ruled(run, Origins(run.tape), run.gradients, most)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_function_is_proved_right(name, dtype):
    module = corpus.load(FUNCTIONS[name].source, name)
    for params, x, y in corpus.points(module):
        found = rulings(module.backward, *(in_dtype(each, dtype) for each in (params, x, y)))
        assert found.arrays and {r.status for r in found.arrays.values()} == {SAME}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_entry_that_is_off_by_a_millionth_is_proved_wrong(name):
    """In float32, whose rounding hides a millionth."""
    module = corpus.load(FUNCTIONS[name].source, name)
    params, x, y = (in_dtype(each, "f4") for each in (module.params, module.x, module.y))
    subject = Subject(module.backward, params, x, y)
    grads = module.backward(*((params, x) if y is None else (params, x, y)))[1]
    path, largest = max(leaves(grads), key=lambda leaf: np.abs(leaf[1]).max())
    place = int(np.abs(largest).argmax())
    factor = np.ones(largest.shape)
    factor.flat[place] += 1e-6

    def spoilt(p, *batch):
        loss, grads = module.backward(p, *batch)[:2]
        return loss, changed(grads, path, lambda g: g * factor)

    found = rulings(spoilt, params, x, y)
    wrong = [r for r in found.arrays.values() if r.status == APART]
    assert len(wrong) == 1 and found.arrays.keys() == subject.flat.keys()
    assert wrong[0].apart.ravel()[place] and wrong[0].apart.sum() == 1


def leaves(tree, path=()):
    """Yield (path, array) of a nest."""
    if not isinstance(tree, (dict, list, tuple)):
        yield path, np.asarray(tree)
        return
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, each in pairs:
        yield from leaves(each, (*path, key))


def changed(tree, path, change):
    """Return the nest with one array changed."""
    if not path:
        return change(tree)
    if isinstance(tree, dict):
        return {k: changed(v, path[1:], change) if k == path[0] else v for k, v in tree.items()}
    return type(tree)(changed(v, path[1:], change) if i == path[0] else v for i, v in enumerate(tree))


def test_two_threads_leave_each_other_their_precision():
    def deep(p, x):
        a = x
        for _ in range(6):
            a = np.tanh(a @ p["W"])
        return a.sum(), {"W": 0 * p["W"]}

    rng = np.random.default_rng(0)
    given = {"W": rng.normal(size=(3, 3))}, rng.normal(size=(4, 3))
    alone = rulings(deep, *given).arrays["W"].right
    before, found = flint.ctx.prec, []
    threads = [threading.Thread(target=lambda: found.append(rulings(deep, *given))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert flint.ctx.prec == before and len(found) == 4
    assert all((f.arrays["W"].right == alone).all() for f in found)


def test_a_run_that_is_too_large_for_the_time_is_refused():
    with pytest.raises(TooMuchWorkError):
        rulings(
            lambda p, x: ((x @ p["W"]).sum(), {"W": p["W"]}),
            {"W": np.ones((30, 30))},
            np.ones((30, 30)),
            most=1e-4,
        )


def test_a_structural_zero_takes_more_bits_and_is_zero():
    """The gradient of a bias before a batch norm."""

    def hand(p, x):
        z = x * p["w"] + p["b"]
        mean = z.mean(axis=0)
        std = np.sqrt(z.var(axis=0) + 1e-5)
        h = (z - mean) / std
        g = np.cos(h) / len(x)
        dz = (g - g.mean(axis=0) - h * (g * h).mean(axis=0)) / std
        return np.sin(h).mean(axis=0).sum(), {"w": (dz * x).sum(axis=0), "b": dz.sum(axis=0)}

    rng = np.random.default_rng(0)
    found = rulings(hand, {"w": rng.normal(size=2), "b": rng.normal(size=2)}, rng.normal(size=(6, 2)))
    assert {r.status for r in found.arrays.values()} == {SAME}
    assert np.abs(found.arrays["b"].right).max() < 1e-60


@pytest.mark.parametrize("place", [(881000, 970), (881001, 3242), (881001, 1842), (881002, 2526)])
def test_labels_that_do_not_sum_to_one_differ_by_their_rounding(place):
    """Labels of 0.025 in float32: by that much a softmax minus them is not the derivative."""
    case = drawn(list(place), "mixed")
    with np.errstate(all="ignore"):
        assert check_gradients(case.hand, case.params, case.x, case.y).ok


def test_a_gradient_whose_factors_are_zero_in_floats_is_judged_by_the_balls():
    """Its largest entry is 6e-242: the record squares 1e-243 on its way, and has 0."""
    case = drawn([881004, 2759], "integer")
    with np.errstate(all="ignore"):
        assert check_gradients(case.hand, case.params, case.x, case.y).ok
