"""A change of several expressions of a statement, made one after the other; the lines that it touches are named."""

import pytest

from compare.trace.lines.parts import one_by_one

from .test_lines import checked

RETURN = """
import numpy as np

def backward(params, x, y):
    a, b, c = params["a"], params["b"], params["c"]
    error = y - (a * x + b * c).sum()
    loss = error**2 + 0.2 * (a**2).sum() + 0.3 * (b**2).sum() + 0.4 * (c**2).sum()
    return loss, {
        "a": -2 * error * x + 0.4 * a,
        # as the others
        "b": -2 * error * c + 0.6 * b,
        "c": -2 * error * b + 0.8 * c,
    }

rng = np.random.default_rng(4)
params = {n: rng.normal(size=3) for n in "abc"}
x, y = rng.normal(size=3), 1.7
"""


@pytest.mark.parametrize(
    "before, after, through",
    [
        ("x = f(a, b) + c", "x = f(a.T, b) + d", ["x = f(a.T, b) + c", "x = f(a.T, b) + d"]),
        ("x = [a, b]", "x = [b, a]", ["x = [b, b]", "x = [b, a]"]),
        ("x = a + b", "x = a - b", ["x = a - b"]),
        ("x = f(a)", "x += f(b)", ["x += f(b)"]),
        ("x = f(a)", "x = g(b, c)", ["x = g(b, c)"]),
        ("for t in range(T):", "for t in range(S):", ["for t in range(S):"]),
        ("x = a", "x = a\ny = b", ["x = a\ny = b"]),
    ],
)
def test_each_step_changes_one_expression(before, after, through):
    assert one_by_one(before, after) == through


@pytest.mark.lines
def test_of_a_statement_over_several_lines_those_that_change_are_named(tmp_path):
    text = RETURN.replace("+ 0.6 * b", "- 0.6 * b").replace("+ 0.8 * c", "- 0.8 * c")
    (finding,) = [f for f in checked(text, tmp_path)[0].findings if f.line is not None]
    assert finding.lines == (11, 12) and finding.source == '"b": -2 * error * c - 0.6 * b,'
    assert "lines 11 and 12" in finding.sentence
    assert '"b": -2 * error * c + 0.6 * b,' in finding.fix["to"]
    text = RETURN.replace("+ 0.6 * b", "- 0.6 * b")
    (finding,) = [f for f in checked(text, tmp_path)[0].findings if f.line is not None]
    assert finding.lines == (11,) and finding.fix["to"] == '"b": -2 * error * c + 0.6 * b,'
