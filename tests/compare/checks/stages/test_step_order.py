"""A statement of an update that stands too early, or should not be there, is found by running the update without it."""

import numpy as np
import pytest

from compare.checks.step import check_step
from manual.optimizers import Adam

pytestmark = pytest.mark.lines


def batch(seed=0):
    rng = np.random.default_rng(seed)
    params = {"A": rng.standard_normal((3, 4)), "B": rng.standard_normal((2, 3))}
    return params, rng.standard_normal(4), rng.standard_normal(2)


class Layers:
    """Keeps its weights as attributes, as classes of courses do."""

    def update(self, params, x, y):
        self.A, self.B = params["A"].copy(), params["B"].copy()
        h = np.tanh(self.A @ x)
        e = self.B @ h - y
        dB = np.outer(e, h)
        self.B -= 0.2 * dB
        back = self.B.T @ e
        dA = np.outer(back * (1 - h * h), x)
        self.A -= 0.2 * dA
        return {"A": self.A, "B": self.B}, 0.5 * (e @ e)


def two_behind(params, x, y):
    A, B = params["A"].copy(), params["B"].copy()
    h = np.tanh(A @ x)
    e = B @ h - y
    B -= 0.2 * np.outer(e, h)
    slope = 1 - h * h
    A -= 0.2 * np.outer(B.T @ e * slope, x)
    return {"A": A, "B": B}, 0.5 * (e @ e)


class Decayed:
    """Adam, whose rate is made smaller in each step, though no schedule was meant."""

    def __init__(self):
        self.rate, self.t, self.m, self.s = 0.01, 0, {}, {}

    def update(self, params, x, y):
        e = params["B"] @ (params["A"] @ x) - y
        grads = {"A": np.outer(params["B"].T @ e, x), "B": np.outer(e, params["A"] @ x)}
        self.t += 1
        new = {}
        for n, g in grads.items():
            self.m[n] = 0.9 * self.m.get(n, 0) + 0.1 * g
            self.s[n] = 0.999 * self.s.get(n, 0) + 0.001 * g * g
            top, under = self.m[n] / (1 - 0.9**self.t), self.s[n] / (1 - 0.999**self.t)
            new[n] = params[n] - self.rate * top / (np.sqrt(under) + 1e-8)
        self.rate = self.rate * 0.7
        return new, 0.5 * (e @ e)


@pytest.mark.parametrize(
    ("update", "text"), [(Layers().update, "self.B -= 0.2 * dB"), (two_behind, "B -= 0.2 * np.outer(e, h)")]
)
def test_weights_that_are_updated_before_the_delta_passes_are_put_behind_it(update, text):
    report = check_step(update, *batch(), rate=0.2)
    first, behind = report.findings
    assert first.one_of == behind.one_of == ("updated-weights-used",)
    assert (first.fix["from"], first.fix["to"]) == (text, "pass")
    assert behind.fix["to"].endswith(f"\n{text}") and behind.line > first.line
    assert "too early" in report.diagnosis


def test_a_statement_that_spoils_the_next_step_is_to_be_left_out():
    report = check_step(Decayed().update, *batch(), optimizer=Adam(rate=0.01))
    (finding,) = report.findings
    assert finding.fix["from"] == "self.rate = self.rate * 0.7" and finding.fix["to"] == "pass"
    assert "Leave it out" in report.diagnosis


def test_a_step_that_no_order_mends_has_no_such_finding():
    def update(params, x, y):
        A, B = params["A"], params["B"]
        e = B @ (A @ x) - y
        return {"A": A - 0.2 * np.outer(np.sin(B.T @ e), x), "B": B - 0.2 * np.outer(e, A @ x)}, 0.5 * (e @ e)

    report = check_step(update, *batch(), rate=0.2)
    assert not report.ok
    assert not any(f.fix and f.fix["kind"] == "order" for f in report.findings)
