"""A change of a statement leaves the rest of the file as it was written."""

import pytest

from compare.trace.changes.rewriting import NoPlaceError, rewritten

TEXT = """\
import numpy as np


def backward(params, x, y):
    dz = (a  -  y)/len(x)      # ä: 1/N is here
    db = dz.mean(axis = 0)  # the bias
    dW = np.dot(
        x.T,   # inputs
        dz,
    )
    for t in range(T):  # from the left
        dh = 'x' if t else "y"
    return loss, {"W": dW}
"""


def changed(line, before, after):
    return rewritten(TEXT, [{"line": line, "from": before, "to": after}])


@pytest.mark.parametrize(
    "line, before, after, old, new",
    [
        (6, "db = dz.mean(axis=0)", "db = dz.sum(axis=0)", "dz.mean(axis = 0)", "dz.sum(axis = 0)"),
        (5, "dz = (a - y) / len(x)", "dz = (a + y) / len(x)", "(a  -  y)", "(a + y)"),
        (5, "dz = (a - y) / len(x)", "dz = (a - y) / len(x) * m", "(a  -  y)/len(x)", "(a - y) / len(x) * m"),
        (5, "dz = (a - y) / len(x)", "dz = ((a - y) * m) / len(x)", "(a  -  y)", "((a - y) * m)"),
        (7, "dW = np.dot(x.T, dz)", "dW = np.dot(x, dz)", "x.T,", "x,"),
        (
            7,
            "dW = np.dot(x.T, dz)",
            "dW += np.dot(x.T, dz)",
            "dW = np.dot(\n        x.T,   # inputs\n        dz,\n    )",
            "dW += np.dot(x.T, dz)",
        ),
        (11, "for t in range(T):", "for t in range(T)[::-1]:", "range(T)", "range(T)[::-1]"),
        (12, "dh = 'x' if t else 'y'", "pass", "dh = 'x' if t else \"y\"", "pass"),
        (13, "return (loss, {'W': dW})", "return (loss, {'W': dW.T})", "dW}", "dW.T}"),
    ],
)
def test_a_change_replaces_what_differs_and_nothing_else(line, before, after, old, new):
    assert changed(line, before, after) == TEXT.replace(old, new)


def test_changes_of_one_statement_are_made_one_after_the_other():
    both = [
        {"line": 7, "from": "dW = np.dot(x.T, dz)", "to": "dW += np.dot(x.T, dz)"},
        {"line": 7, "from": "dW += np.dot(x.T, dz)", "to": "dW += 2 * np.dot(x.T, dz)"},
        {"line": 12, "from": "dh = 'x' if t else 'y'", "to": "dh = 'z' if t else 'y'"},
    ]
    found = rewritten(TEXT, both)
    assert "    dW += 2 * np.dot(x.T, dz)\n    for t" in found and "dh = 'z' if t else \"y\"\n" in found


def test_a_line_that_is_another_statement_is_refused():
    with pytest.raises(NoPlaceError, match="line 5 is not"):
        changed(5, "dq = 1", "dq = 2")
