"""Lines that no small change mends, or that their neighbours' changes mend too: what noise in their values tells."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import functions
from compare.checks.vjp import check_vjp
from compare.trace.changes.frames import value_in
from compare.trace.changes.reach import _joined

from .test_lines import planted_report
from .test_two import checked, lines_of

pytestmark = pytest.mark.lines
ROOT = Path(__file__).parents[3]

GELU = """
import numpy as np
from scipy.special import erf

def gelu_grad(v):
    cdf = 0.5 * (1 + erf(v / np.sqrt(2)))
    pdf = np.exp(-0.5 * v ** 2) / np.sqrt(2 * np.pi)
    return cdf + v * pdf

def slope_of(v, a):
    return np.where(v > 0, 1.0, a)

def backward(params, x, y):
    W1, a, W2, W3 = params["W1"], params["a"], params["W2"], params["W3"]
    z1 = x @ W1
    h1 = np.where(z1 > 0, z1, a * z1)
    z2 = h1 @ W2
    h2 = 0.5 * z2 * (1 + erf(z2 / np.sqrt(2)))
    out = h2 @ W3
    loss = 0.5 * np.sum((out - y) ** 2) / len(x)
    do = (out - y) / len(x)
    dW3 = h2.T @ do
    dz2 = do @ W3.T * gelu_grad(z2)
    dW2 = h1.T @ dz2
    dh1 = dz2 @ W2.T
    da = np.sum(np.where(z1 > 0, 0, dh1 * z1), axis=0)
    dz1 = dh1 * slope_of(z1, a)
    return loss, {"W1": x.T @ dz1, "a": da, "W2": dW2, "W3": dW3}

rng = np.random.default_rng(28)
params = {"W1": rng.normal(size=(3, 5)) / 2, "a": rng.uniform(size=5), "W2": rng.normal(size=(5, 5)) / 2,
          "W3": rng.normal(size=(5, 2)) / 2}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
"""

PULLBACKS = """
import numpy as np

def entropy(scores, target):
    logp = scores - np.log(np.exp(scores).sum())
    return -(target * logp).sum(), lambda ct: ct * (np.exp(logp) * target.sum() - target)

def backward(params, x, y):
    W, v = params
    hidden = np.tanh(x @ W)
    scores = hidden @ v
    values, pulls = zip(*[entropy(scores[i:i + 3], y[i:i + 3]) for i in range(0, len(x), 3)])
    loss = sum(values) / len(values) + 0.005 * np.sum(v * v)
    ct = np.concatenate([pull(1 / len(values)) for pull in pulls])
    grads = [None, hidden.T @ ct]
    grads[0] = x.T @ (np.outer(ct, v) * (1 - hidden ** 2))
    grads[1] = grads[1] + 0.01 * v
    return loss, grads

rng = np.random.default_rng(2)
params = [rng.normal(size=(3, 4)), rng.normal(size=4)]
x, y = rng.normal(size=(9, 3)), rng.uniform(size=9)
"""

TREE = """
import numpy as np

def backward(params, x, y=None):
    table, nodes = params["table"], params["nodes"]
    d_table, d_nodes = np.zeros_like(table), np.zeros_like(nodes)
    total = 0.0
    for word, node in x:
        s = nodes[node] @ table[word]
        total += np.log(1 + np.exp(-s))
        slope = -1 / (1 + np.exp(s))
        d_nodes[node] += slope * table[word]
        d_table[word] += slope * nodes[node]
    m = len(x)
    for d in (d_table, d_nodes):
        d /= m
    return total / m, {"table": d_table, "nodes": d_nodes}

rng = np.random.default_rng(4)
params = {"table": rng.normal(size=(4, 3)), "nodes": rng.normal(size=(3, 3))}
x, y = [(0, 1), (1, 0), (2, 2), (3, 1), (0, 0), (1, 2)], None
"""

MISTAKES = [  # text, right line, wrong line
    (GELU, "pdf = np.exp(-0.5 * v ** 2) / np.sqrt(2 * np.pi)", "pdf = np.exp(-0.5 * v ** 2)"),
    (
        PULLBACKS,
        "return -(target * logp).sum(), lambda ct: ct * (np.exp(logp) * target.sum() - target)",
        "return -(target * logp).sum(), lambda ct: np.exp(logp) * target.sum() - target",
    ),
    (PULLBACKS, "grads[1] = grads[1] + 0.01 * v", "grads[1] = grads[1]"),
    (
        TREE,
        'return total / m, {"table": d_table, "nodes": d_nodes}',
        'return total / m, {"table": table, "nodes": d_nodes}',
    ),
    # The two views of a sample are near one another: some directions of the change hardly move the gradients.
    (functions()["ntxent"].source, "dsim = self.prob.copy()", "dsim = 2 * self.prob.copy()"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_the_line_is_named_alone(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert lines_of(f for f in report.findings if f.line is not None) == {line}


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES[1:])
def test_a_change_is_shown(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert [f.fix["line"] for f in report.findings if f.fix] == [line]


def test_two_mistakes_in_a_row_are_named_though_no_change_mends_one_of_them(tmp_path):
    changes = {
        "dz2 = do @ W3.T * gelu_grad(z2)": "dz2 = do @ W3.T * np.arctan(z2 + h2.max())",
        "dz1 = dh1 * slope_of(z1, a)": "dz1 = dh1 * np.cos(slope_of(z1, a) + z1.max())",
    }
    _, lines, findings = checked(GELU, changes, tmp_path)
    assert set(lines) <= lines_of(findings) and len(lines_of(findings)) <= 4


# In a process of its own: NumPy's product of such lists wrote beyond its memory, which ended this one, now or later.
OF_OBJECTS = """
import numpy as np
from compare.trace.changes.frames import value_in
import ast

x = np.ones((9, 3))
for i in range(1500):
    pairs = [(np.float64(1.5), lambda v, i=i: v) for _ in range(3)]
    names = {"x": x, "pairs": pairs, "rows": [[1.0, 2.0]] * 3, "caches": [{"W": np.ones((3, 2))}]}
    assert value_in(ast.parse("np.tanh(x @ pairs)", mode="eval").body, names | {"np": np}) is None
    for text in ("x @ rows", "x @ caches[0]['W']"):
        assert value_in(ast.parse(text, mode="eval").body, dict(names)).shape == (9, 2)
"""


def test_lists_of_objects_are_not_multiplied_as_matrices():
    done = subprocess.run([sys.executable, "-c", OF_OBJECTS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("pair", ["(lambda x: x**2, lambda g, x: g * x)", "pair"])
def test_a_check_is_not_run_within_its_own_search(pair):
    """A line that calls the check stands in the text that is searched where it makes the user's functions."""
    names = {"check_vjp": check_vjp, "pair": (lambda x: x**2, lambda g, x: g * x), "x": np.arange(3.0)}
    assert value_in(ast.parse(f"check_vjp({pair}, x)", mode="eval").body, dict(names)) is None
    assert not check_vjp(names["pair"], names["x"]).ok


def test_what_two_statements_span_together_is_an_orthonormal_basis():
    """LAPACK's decomposition did not converge on one of them, and no line was named."""
    rng = np.random.default_rng(17)
    one, other = (np.linalg.qr(rng.normal(size=(9, 4)))[0].T for _ in range(2))
    other[0] = one[1]
    joined = _joined([one, np.linalg.qr(other.T)[0].T])
    assert joined.shape == (7, 9) and np.allclose(joined @ joined.T, np.eye(7))
    assert np.allclose(other @ joined.T @ joined, other)
