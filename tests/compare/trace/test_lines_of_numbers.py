"""Backward passes of single numbers and of rows: what is right of them is known, and slips are tried first."""

import runpy

import numpy as np
import pytest

from compare.trace.changes.plan import QUICKEST, What, seconds_of
from compare.trace.derivatives.run import record
from compare.trace.derivatives.slices import Origins
from compare.trace.lines.names import _Named
from compare.trace.lines.suspects import suspects
from compare.trace.lines.vouching import Vouched
from compare.trace.recording.tape import Tape
from compare.user.subject import Subject

from .test_lines import planted_report

pytestmark = pytest.mark.lines

SMOOTHED = """
import numpy as np

def backward(theta, x, y=None):
    a, b, c = 1 / (1 + np.exp(-theta[0])), np.exp(theta[1]), np.tanh(theta[2])
    T = len(x)
    level = np.zeros(T + 1)
    loss = 0.0
    for t in range(T):
        e = x[t] - level[t] - c
        loss += 0.5 * e ** 2 / b + 0.5 * np.log(b)
        level[t + 1] = level[t] + a * e
    loss = loss / T

    da = db = dc = 0.0
    dlevel = 0.0
    for t in range(T - 1, -1, -1):
        e = x[t] - level[t] - c
        da += dlevel * e
        db += 0.5 / b - 0.5 * e ** 2 / b ** 2
        de = e / b + dlevel * a
        dc -= de
        dlevel = dlevel - de
    grad = np.empty_like(theta)
    grad[0] = da * a * (1 - a)
    grad[1] = db * b
    grad[2] = dc * (1 - c ** 2)
    return loss, grad / T

rng = np.random.default_rng(4)
params, x, y = rng.normal(size=3), rng.normal(size=9), None
"""
ROWS = """
import numpy as np

def forward(params, x):
    scores = params["q"] @ x.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return weights, weights @ x @ params["V"]

def backward(params, x, y):
    weights, out = forward(params, x)
    r = out - y
    loss = 0.5 * np.sum(r ** 2) / len(r)
    dout = r / len(r)

    dV = np.zeros_like(params["V"])
    dq = np.zeros_like(params["q"])
    for k in range(len(r)):
        dV += np.outer(weights[k] @ x, dout[k])
        dweights = x @ (params["V"] @ dout[k])
        dscores = weights[k] * (dweights - dweights @ weights[k])
        dq[k] = dscores @ x
    return loss, {"q": dq, "V": dV}

rng = np.random.default_rng(6)
params = {"q": rng.normal(size=(4, 3)), "V": rng.normal(size=(3, 2))}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(4, 2))
"""
SHARED = """
import numpy as np

def backward(params, x, y):
    rate, shift, n = params["rate"], params["shift"], len(y)
    g_rate, g_shift, loss = np.zeros_like(rate), 0.0, 0.0
    for i, v in zip(x, y):
        m = np.tanh(rate[i]) + np.sin(shift)
        loss += np.exp(m) - v * m
        g_m = np.exp(m) - v
        g_rate[i] += g_m
        g_shift += g_m
    grads = {
        "rate": g_rate * (1 - np.tanh(rate) ** 2) / n + 0.1 * rate,
        "shift": g_shift * np.cos(shift) / n,
    }
    return loss / n + 0.05 * np.sum(rate ** 2), grads

rng = np.random.default_rng(8)
params = {"rate": rng.normal(size=4), "shift": rng.normal()}
x, y = np.array([0, 1, 2, 3, 1, 0, 2]), rng.poisson(2.0, size=7)
"""


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (SMOOTHED, "da += dlevel * e", "da -= dlevel * e"),
        (SMOOTHED, "grad[2] = dc * (1 - c ** 2)", "grad[2] = dc * (1 - a ** 2)"),
        (
            ROWS,
            "dscores = weights[k] * (dweights - dweights @ weights[k])",
            "dscores = -weights[k] * (dweights - dweights @ weights[k])",
        ),
    ],
)
def test_the_line_alone_is_named_and_changed(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    (found,) = report.findings
    assert found.line == line and found.fix is not None and found.fix["to"].strip() == right


def test_no_change_of_what_a_right_gradient_is_made_of_is_shown(tmp_path):
    right = '"rate": g_rate * (1 - np.tanh(rate) ** 2) / n + 0.1 * rate,'
    report, line = planted_report(SHARED, right, right.replace("np.tanh(rate)", "rate"), tmp_path)
    assert [f.line for f in report.findings] == [line]


def listed(text, right, wrong, folder):
    """Return what is known of a text with a wrong line, and its suspects."""
    path = folder / "user.py"
    path.write_text(text.replace(right, wrong))
    module = runpy.run_path(str(path))
    subject = Subject(module["backward"], module["params"], module["x"], module["y"])
    run = record(subject, subject.flat)
    back = run.back(edges=True)
    truth = run.derivatives(back)
    vouched = Vouched(run, back, Origins(run.tape))
    return vouched, suspects(run, set(truth), truth, vouched)


def test_numbers_alone_tell_that_a_count_comes_in_at_the_end(tmp_path):
    vouched, found = listed(SMOOTHED, "da += dlevel * e", "da -= dlevel * e", tmp_path)
    assert 9.0 in vouched.common
    assert not any(s.misnamed for s in found if s.statement.text == "de = e / b + dlevel * a")


def test_a_row_is_not_compared_with_the_whole_that_its_name_means(tmp_path):
    right = "dscores = weights[k] * (dweights - dweights @ weights[k])"
    _, found = listed(ROWS, right, right.replace("= weights", "= -weights"), tmp_path)
    (above,) = (s for s in found if s.statement.text.startswith("dweights ="))
    assert not above.misnamed


def test_what_takes_long_waits_the_less_the_slower_a_run_is():
    assert What.COMMON.waits(1e-3) == 0
    assert What.SIMPLE.waits(1e-2) > What.SIMPLE.waits(1e-4) > 0
    for what in (What.FILLED, What.DEEP):
        assert what.waits(1e-2) < What.SIMPLE.waits(1e-4) + 1 < what.waits(1e-4)
    assert What.VARIABLE.waits(1e-4) < 0  # few variables have a value's shape


def test_a_run_takes_the_time_that_its_record_counts(tmp_path):
    """A clock would give another order of what is tried each time."""
    vouched, _ = listed(SMOOTHED, "da += dlevel * e", "da -= dlevel * e", tmp_path)
    assert seconds_of(vouched.run.tape) == seconds_of(vouched.run.tape) >= QUICKEST
    assert seconds_of(Tape()) == QUICKEST


@pytest.mark.parametrize("dims", [2, 3, 4])
def test_a_part_of_a_derivative_is_known_in_any_number_of_dimensions(dims):
    whole = np.random.default_rng(9).normal(size=(3, 2, 4, 5)[:dims])
    for axis in range(dims):
        part = np.take(whole, 1, axis)
        assert _Named("z", [whole], 0, [(0, part)], 1e-9).is_part
        assert not _Named("z", [whole], 0, [(0, 2 * part)], 1e-9).is_part
