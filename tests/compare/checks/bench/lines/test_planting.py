"""Check the planted mistakes: each runs, keeps the loss, changes a gradient, and stands in one statement."""

import ast

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import load, points
from compare.checks.bench.lines.edits import wrong_edits
from compare.checks.bench.lines.edits.texts import Edit, apply
from compare.checks.bench.lines.planting import pairs, planted
from compare.common.arrays import flatten

from .points import FUNCTIONS

SAMPLED = ("char_rnn", "layers_objects", "layernorm")
MANY, PAIRS = 24, 3
SMALL = '''"""Line: the smallest file."""
import numpy as np


def backward(params, x, y):
    w, b = params["w"], params["b"]
    total = 0.0
    dw, db = np.zeros_like(w), 0.0
    for i in range(len(x)):
        e = x[i] @ w + b - y[i]
        total += 0.5 * e ** 2
        dw += (e
               * x[i])
        db += e
    return total, {"w": dw, "b": db}


def draw(rng, scale=1.0):
    return {"w": scale * rng.normal(size=3), "b": scale * rng.normal()}


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=n)


rng = np.random.default_rng(0)
params = draw(rng)
x, y = batch(rng, 4)
'''
WRITTEN_ONCE = '''"""Line: each entry written once, into memory that nobody cleared."""
import numpy as np


def backward(params, x, y):
    w = params["w"]
    e = x @ w - y
    dw = np.empty_like(w)
    for i in range(len(w)):
        dw[i] = e @ x[:, i]
    return 0.5 * e @ e, {"w": dw}


''' + SMALL[SMALL.index("def draw") :].replace(', "b": scale * rng.normal()', "")


def marked():
    """Return every function; those that are not sampled are slow together."""
    return [pytest.param(n, marks=() if n in SAMPLED else pytest.mark.slow) for n in FUNCTIONS]


@pytest.fixture(scope="module", params=marked())
def mistaken(request):
    """(name, text, mistakes) of a function: planted once for all tests of it, which run one after another."""
    source = FUNCTIONS[request.param].source
    return request.param, source, planted(source, 0, MANY)


def test_a_function_yields_many_different_mistakes(mistaken):
    _, _, found = mistaken
    assert len(found) == MANY
    assert len({p.source for p in found}) == MANY
    assert len({p.kind for p in found}) >= 8
    assert len({p.line for p in found}) >= 5


@pytest.mark.parametrize("name", SAMPLED)
def test_a_seed_draws_the_same_mistakes_again_and_another_seed_others(name):
    source = FUNCTIONS[name].source
    assert planted(source, 0, MANY) == planted(source, 0, MANY) != planted(source, 1, MANY)
    assert pairs(source, 0, PAIRS) == pairs(source, 0, PAIRS)


def test_a_mistake_keeps_the_loss_and_changes_the_gradients_it_names(mistaken):
    name, source, found = mistaken
    right = load(source, name)
    ((params, x, y), *_) = points(right)
    loss, grads = right.backward(params, x, y)
    grads = flatten(grads)
    for p in found:
        with np.errstate(all="ignore"):
            wrong_loss, wrong = load(p.source, name).backward(params, x, y)
        wrong = flatten(wrong)
        assert wrong_loss == loss
        changed = {n for n in grads if not np.allclose(wrong[n], grads[n], rtol=1e-12, atol=1e-12)}
        assert p.changed and set(p.changed) <= changed


def test_a_mistake_is_one_statement_of_the_text(mistaken):
    _, source, found = mistaken
    for p in found:
        before, after = source.splitlines(), p.source.splitlines()
        assert before[: p.line - 1] == after[: p.line - 1]
        rest = len(after) - p.last
        assert rest == 0 or before[-rest:] == after[-rest:]
        assert p.after in p.source and p.before in source and p.after != p.before
        assert after[p.line - 1].strip().startswith(p.after.splitlines()[0])
        assert p.runs > 0
        starts = {n.lineno for n in ast.walk(ast.parse(p.source)) if isinstance(n, ast.stmt)}
        assert p.line in starts


@pytest.mark.parametrize("name", marked())
def test_two_mistakes_stand_on_the_lines_they_name(name):
    source = FUNCTIONS[name].source
    found = pairs(source, 0, PAIRS)
    assert len(found) == PAIRS
    for p in found:
        lines = p.source.splitlines()
        assert p.lines[0] < p.lines[1]
        for line, single in zip(p.lines, (p.first, p.second), strict=True):
            assert lines[line - 1].strip().startswith(single.after.splitlines()[0])


def test_statements_in_loops_are_marked():
    found = {p.line: p for p in planted(SMALL, 0, 200)}
    assert found[12].before == "dw += (e\n               * x[i])"
    assert found[12].loop and found[12].runs == 4 and found[12].function == "backward"
    assert found[14].loop and found[14].runs == 4
    assert not found[8].loop and not found[15].loop and found[15].runs == 1


def test_the_kinds_of_a_small_file():
    kinds = {p.kind for p in planted(SMALL, 0, 200)}
    expected = {
        "+= to =",
        "sign",
        "factor inserted",
        "batch size",
        "factor dropped",
        "statement deleted",
        "index",
    }
    assert expected <= kinds


def test_a_line_of_the_forward_pass_alone_is_never_changed():
    # total += 0.5 * e ** 2 is needed for nothing but the loss.
    assert all(p.line != 11 for p in planted(SMALL, 0, 500))


def test_no_mistake_reads_memory_that_nobody_wrote():
    found = planted(WRITTEN_ONCE, 0, 200)
    assert found
    assert not any("dw[i] +=" in p.source for p in found)


def test_edits_keep_the_text_around_them():
    assert apply("a + ü * b  # c", Edit(4, 6, "x"), Edit(9, 10, "yy")) == "a + x * yy  # c"
    text = "def f(a):\n    b = (a + 1)  # one\n    return b.sum(axis=0)\n"
    seen = {2: {"a": ("f", (3, 3))}, 3: {"a": ("f", (3, 3)), "b": ("f", (3, 3))}}
    found = {apply(text, w.edit) for w in wrong_edits(text, seen)}
    for before, after in (
        ("(a + 1)", "(a - 1)"),
        ("(a + 1)", "(a)"),
        ("b.sum(axis=0)", "b.mean(axis=0)"),
        ("b.sum(axis=0)", "b.sum(axis=1)"),
        ("b.sum(axis=0)", "b.sum()"),
        ("b.sum(axis=0)", "b.sum(axis=0, keepdims=True)"),
        ("b.sum(axis=0)", "a.sum(axis=0)"),
    ):
        assert text.replace(before, after) in found
    for changed in found:
        ast.parse(changed)
        assert "# one" in changed or "pass" in changed
