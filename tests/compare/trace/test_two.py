"""Two wrong lines at once: both are named, and what is shown was run."""

import importlib.util
import sys

import numpy as np
import pytest

from compare import check_gradients
from compare.checks.bench.lines.corpus import functions
from compare.checks.vjp import check_vjp
from compare.common.arrays import mapped
from compare.trace.changes.rewriting import rewritten

pytestmark = pytest.mark.lines

RIDGE = """
import numpy as np

def backward(params, x, y):
    w = params["w"]
    e = x @ w - y
    loss = 0.5 * (e ** 2).sum() + 0.05 * (w ** 2).sum()
    dw = x.T @ e
    dw += 0.1 * w
    return loss, {"w": dw}

rng = np.random.default_rng(0)
params, x, y = {"w": rng.normal(size=5)}, rng.normal(size=(8, 5)), rng.normal(size=8)
"""

LOGISTIC = """
import numpy as np

def backward(params, x, y):
    w, b, v = params["w"], params["b"], params["v"]
    n = len(y)
    z = x @ w + b
    h = np.tanh(z)
    f = h @ v
    loss = np.log(1 + np.exp(-y * f)).sum() / n
    df = -y / (1 + np.exp(y * f)) / n
    dv = h.T @ df
    dh = np.outer(df, v)
    dz = dh * (1 - h ** 2)
    dw = x.T @ dz
    db = dz.sum(axis=0)
    return loss, {"w": dw, "b": db, "v": dv}

rng = np.random.default_rng(1)
params = {"w": rng.normal(size=(4, 3)), "b": rng.normal(size=3), "v": rng.normal(size=3)}
x, y = rng.normal(size=(7, 4)), rng.choice([-1.0, 1.0], 7)
"""


def module_of(text, folder):
    path = folder / f"user{len(list(folder.iterdir()))}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checked(text, changes, folder):
    """Return the text with its mistakes, their lines, and the findings."""
    right = text
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    both = zip(right.splitlines(), text.splitlines(), strict=True)
    lines = [i for i, (one, other) in enumerate(both, 1) if one != other]
    user = module_of(text, folder)
    report = check_gradients(user.backward, user.params, user.x, user.y)
    assert not report.ok
    return text, lines, [f for f in report.findings if f.line is not None]


def lines_of(findings):
    return {line for f in findings for line in f.lines}


def is_right(text, findings, folder):
    """Whether the text with every change that is shown is right, also at parameters of another draw."""
    user = module_of(rewritten(text, [f.fix["statement"] for f in findings]), folder)
    rng = np.random.default_rng(5)
    drawn = mapped(user.params, lambda a: rng.normal(size=np.shape(a)))
    return all(check_gradients(user.backward, at, user.x, user.y).ok for at in (user.params, drawn))


@pytest.mark.parametrize("penalty", ["dw += 0.2 * w", "dw += 0.1 * w ** 2"])
def test_mistakes_in_two_terms_of_one_array_are_both_mended(penalty, tmp_path):
    changes = {"dw = x.T @ e": "dw = -x.T @ e", "dw += 0.1 * w": penalty}
    text, lines, findings = checked(RIDGE, changes, tmp_path)
    assert lines_of(findings) == set(lines)
    assert is_right(text, findings, tmp_path)


@pytest.mark.parametrize("line", range(2))
def test_a_change_that_is_shown_beside_another_is_needed(line, tmp_path):
    changes = {"dw = x.T @ e": "dw = -x.T @ e", "dw += 0.1 * w": "dw += 0.2 * w"}
    text, _, findings = checked(RIDGE, changes, tmp_path)
    assert len(findings) == 2
    assert not is_right(text, [findings[line]], tmp_path)


def test_mistakes_in_a_row_of_which_none_makes_an_array_right_are_both_mended(tmp_path):
    changes = {
        "dz = dh * (1 - h ** 2)": "dz = dh * (1 - h)",
        "dh = np.outer(df, v)": "dh = np.outer(df, v) * 2",
    }
    text, lines, findings = checked(LOGISTIC, changes, tmp_path)
    assert lines_of(findings) == set(lines)
    assert is_right(text, findings, tmp_path)


def test_a_line_is_found_beside_one_for_which_no_change_is_known(tmp_path):
    changes = {
        "df = -y / (1 + np.exp(y * f)) / n": "df = -y * np.arctan(1 + f) * h.max()",
        "dz = dh * (1 - h ** 2)": "dz = dh * (1 - h)",
    }
    text, lines, findings = checked(LOGISTIC, changes, tmp_path)
    assert set(lines) <= lines_of(findings) and len(lines_of(findings)) <= 3
    shown = [f for f in findings if f.fix]
    assert not shown or is_right(text, shown, tmp_path)
    assert shown or all("Of two mistakes one is in line" in f.sentence for f in findings)


PAIRS = {
    # Both span as much as the gradients hold, so that nothing tells whether they can mend them.
    "gradient_penalty": {
        "dz.sum(axis=0)\n\n    def slope(": "dz.mean(axis=0)\n\n    def slope(",
        "ds = dslope @ self.W.T": "ds = dslope @ self.W.T / len(x)",
    },
    # One line runs all the pullbacks, and could mend everything alone.
    "hypernet": {
        "lambda a: a * (s + pre": "lambda a: a * (pre + pre",
        "V_adj = p.g / size": "V_adj = 2 * p.g / size",
    },
    # At another point of two samples one mistake makes up for the other.
    "causal_conv": {
        "adj_out = (2.0 / err.size)": "adj_out = 2 * (2.0 / err.size)",
        "adj_skips = adj_out @ params['head'].T": "adj_skips = adj_out @ params['head'].T / len(x)",
    },
    # Without the second mistake's change dz1 is not read, with it it is.
    "conv_im2col": {
        "cols.reshape(C * field * field, -1, N)": "cols.reshape(C * field * field, -1, N) * N",
        "dz1_ = dz1.transpose": "dz1_ = da1.transpose",
    },
}


@pytest.mark.parametrize("name", PAIRS)
def test_of_two_mistakes_in_functions_of_the_bench_both_are_mended(name, tmp_path):
    text, lines, findings = checked(functions()[name].source, PAIRS[name], tmp_path)
    assert lines_of(findings) == set(lines)
    assert is_right(text, findings, tmp_path)


def test_one_mistake_is_one_line(tmp_path):
    for right, wrong in (("dw += 0.1 * w", "dw += 0.2 * w"), ("dw = x.T @ e", "dw = -x.T @ e")):
        _, lines, findings = checked(RIDGE, {right: wrong}, tmp_path)
        assert [f.line for f in findings] == lines


POWERS = """
import numpy as np

def between(a, b):
    far = a[:, None, :] - b[None, :, :]
    long = (np.abs(far) ** 3).sum(axis=-1) ** (1 / 3)
    return long, (a, b, long)

def between_back(dlong, kept):
    a, b, long = kept
    da, db = np.zeros_like(a), np.zeros_like(b)
    for i in range(len(a)):
        unit = (a[i] - b) / long[i][:, None]
        share = dlong[i][:, None] * np.sign(unit) * np.abs(unit) ** 2
        da[i] = share.sum(axis=0)
        db -= share
    return da, db

rng = np.random.default_rng(8)
op, inputs = (between, between_back), (rng.normal(size=(4, 3)), rng.normal(size=(5, 3)))
"""


def test_two_changes_of_one_statement_are_shown_as_the_one_that_they_make(tmp_path):
    """Half of the change, the square, was found, and beside it the sign; what was shown was the sign alone."""
    planted = POWERS.replace("np.sign(unit) * np.abs(unit) ** 2", "unit")
    user = module_of(planted, tmp_path)
    (found,) = check_vjp(user.op, *user.inputs).findings
    line = next(i for i, each in enumerate(planted.splitlines(), 1) if "share = " in each)
    assert found.lines == (line,) and found.fix["statement"]["from"] == "share = dlong[i][:, None] * unit"
    names = {"np": np, "i": 0, "dlong": np.ones((1, 3)), "unit": np.array([[0.5], [-2.0], [-3.0]])}
    exec(found.fix["statement"]["to"], names)
    assert np.allclose(names["share"], [[0.25], [-4.0], [-9.0]])
