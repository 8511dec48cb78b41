"""What the names of values, the turns of a loop and the sizes tell of the wrong line."""

import ast
import gc
import sys
import time
import weakref

import pytest

from compare.cli import main
from compare.trace.changes import limit
from compare.trace.changes.edits.names import of_the_turn
from compare.trace.changes.edits.slots import Slot
from compare.trace.lines.suspect import sources_of

from .test_lines import checked, planted_report

pytestmark = pytest.mark.lines

CHAIN = """
import numpy as np

def slope(v):
    return 1 - np.tanh(v) ** 2

def backward(params, x, y):
    w, v, b = params["w"], params["v"], params["b"]
    a = x @ w
    h = np.tanh(a)
    z = h @ v + b
    p = 1 / (1 + np.exp(-z))
    r = p - y
    loss = 0.5 * np.sum(r ** 2) / len(x)
    dloss_dp = r / len(x)
    dp_dz = p * (1 - p)
    dz = dloss_dp * dp_dz
    da = np.outer(dz, v) * slope(a)
    dw = x.T @ da
    dw = dw + 0 * w
    return loss, {"w": dw, "v": h.T @ dz, "b": dz.sum()}

rng = np.random.default_rng(1)
params = {"w": rng.normal(size=(3, 4)), "v": rng.normal(size=4), "b": np.array(0.3)}
x, y = rng.normal(size=(6, 3)), rng.random(6)
"""

HIGHWAY = """
import numpy as np

def gain(v, g, dout):
    dg = dout * v
    return dout * g, dg

def backward(params, x, y):
    W, U, g = params["W"], params["U"], params["g"]
    h, kept = x, []
    for _ in range(3):
        H, T = np.tanh(h @ W), 1 / (1 + np.exp(-h @ U))
        kept.append((h, H, T))
        h = T * H + (1 - T) * h
    diff = h * g - y
    loss = np.sum(diff ** 2) / len(x)
    dh, grads = np.zeros_like(h), {k: np.zeros_like(v) for k, v in params.items()}
    for n in range(len(x)):
        dh[n], dg = gain(h[n], g, 2 * diff[n] / len(x))
        grads["g"] += dg
    for before, H, T in reversed(kept):
        dH = dh * T
        dT = dh * (H - before)
        daH = dH * (1 - H ** 2)
        daT = dT * T * (1 - T)
        grads["W"] += before.T @ daH
        grads["U"] += before.T @ daT
        dh = dh * (1 - T) + daH @ W.T + daT @ U.T
    return loss, grads

rng = np.random.default_rng(2)
params = {"W": rng.normal(size=(3, 3)), "U": rng.normal(size=(3, 3)), "g": rng.normal(size=3)}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
"""

POOL = """
import numpy as np

SIZE, STEP = 3, 2

def backward(params, x, y):
    k = params["k"]
    h = np.tanh(x * k)
    many = (h.shape[1] - SIZE) // STEP + 1
    out = np.stack([h[:, i * STEP : i * STEP + SIZE].mean(axis=1) for i in range(many)], axis=1)
    diff = out - y
    loss = 0.5 * np.sum(diff ** 2) / len(x)
    dout = diff / len(x)
    dh = np.zeros_like(h)
    width = SIZE
    for i in range(many):
        share = dout[:, i] / width
        dh[:, i * STEP : i * STEP + width] += share[:, None]
    return loss, {"k": np.sum(dh * (1 - h ** 2) * x, axis=0)}

rng = np.random.default_rng(3)
params = {"k": rng.normal(size=8)}
x, y = rng.normal(size=(4, 8)), rng.normal(size=(4, 3))
"""

GROUPED = """
import numpy as np

def backward(params, x, y):
    scale = np.exp(params["s"])
    groups, width = x.shape[0] * x.shape[1], x.shape[2]
    flat = x.reshape(groups, width) * scale
    spread = np.sqrt((flat ** 2).mean(axis=1, keepdims=True) + 0.1)
    unit = flat / spread
    out = unit * params["g"]
    r = out - y.reshape(groups, width)
    loss = 0.5 * np.sum(r ** 2) / groups
    rows = groups
    d_unit = r * params["g"] / rows
    along = (d_unit * flat).sum(axis=1, keepdims=True) / (x.size // rows)
    push = d_unit - along * flat / spread ** 2
    d_flat = push / spread
    d_s = np.zeros(width)
    for k in range(width):
        column = x[:, :, k].ravel()
        d_s[k] = np.sum(d_flat[:, k] * column * scale[k])
    return loss, {"s": d_s, "g": (r * unit).sum(axis=0) / rows}

rng = np.random.default_rng(7)
params = {"s": 0.3 * rng.normal(size=4), "g": rng.normal(size=4)}
x, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
"""

MISTAKES = [  # text, right line, wrong line
    (CHAIN, "dp_dz = p * (1 - p)", "dp_dz = p * (-p)"),
    (CHAIN, "dp_dz = p * (1 - p)", "dp_dz = 2 * p * (1 - p)"),
    (CHAIN, "dloss_dp = r / len(x)", "dloss_dp = r"),
    (CHAIN, "return 1 - np.tanh(v) ** 2", "return -(np.tanh(v) ** 2)"),
    (CHAIN, "return 1 - np.tanh(v) ** 2", "return np.tanh(v)"),
    (CHAIN, "dw = x.T @ da", "dw = -x.T @ da"),
    (HIGHWAY, "daH = dH * (1 - H ** 2)", "daH = 2 * dH * (1 - H ** 2)"),
    (HIGHWAY, "dT = dh * (H - before)", "dT = -dh * (H - before)"),
    (HIGHWAY, "return dout * g, dg", "return dout * g, -dg"),
    (GROUPED, "rows = groups", "rows = x.shape[0]"),
    (POOL, "width = SIZE", "width = h.shape[1] // dout.shape[1]"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_the_line_is_named_first_and_alone(text, right, wrong, tmp_path):
    report, line = planted_report(text, right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]


@pytest.mark.parametrize("text", [CHAIN, HIGHWAY, POOL, GROUPED])
def test_right_code_has_no_wrong_line(text, tmp_path):
    report, _ = checked(text, tmp_path)
    assert report.ok
    assert not report.findings


def test_a_run_that_takes_too_long_is_ended_and_the_next_one_is_not(monkeypatch):
    monkeypatch.setattr(limit, "LONGEST", 0.05)
    monkeypatch.setattr(limit, "TICK", 0.02)

    def work(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        return "done"

    with limit.LIMIT.watched():
        with pytest.raises(limit.OverTimeError), limit.LIMIT.call():
            work(5.0)
        with limit.LIMIT.call():
            assert work(0.001) == "done"
        assert work(0.1) == "done"  # outside of a call nothing is ended


@pytest.mark.parametrize("where", ["__del__", "gc.callbacks", "weakref"])
def test_a_run_that_is_too_long_in_what_cannot_raise_is_ended_after_it(monkeypatch, where):
    monkeypatch.setattr(limit, "LONGEST", 0.05)
    monkeypatch.setattr(limit, "TICK", 0.02)
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    swallowed = []

    class Deleted:
        pass

    def slow(*_):
        end = time.process_time() + 0.2
        try:
            while time.process_time() < end:
                pass
        except limit.OverTimeError:
            swallowed.append(where)
            raise

    def work():
        if where == "__del__":
            Deleted.__del__ = slow
            Deleted()
        elif where == "weakref":
            each = Deleted()
            reference = weakref.ref(each, slow)
            del each
            assert reference() is None
        else:
            gc.callbacks.append(slow)
            try:
                gc.collect()
            finally:
                gc.callbacks.remove(slow)
        end = time.process_time() + 5.0
        while time.process_time() < end:
            pass

    with limit.LIMIT.watched(), pytest.raises(limit.OverTimeError), limit.LIMIT.call():
        work()
    assert swallowed
    assert not lost


def test_gradients_under_names_that_no_parameter_has_are_no_bug(tmp_path, capsys):
    path = tmp_path / "few.py"
    path.write_text(
        CHAIN.replace('return loss, {"w": dw, "v": h.T @ dz, "b": dz.sum()}', "return loss, [dw]")
    )
    assert main(["derive", str(path)]) in (0, 1, 2)
    assert "a bug in threeways" not in capsys.readouterr().err


def test_a_recurrence_of_many_steps_has_its_line_in_time():
    """The values of a loop reach each other by more ways than can be walked one by one."""
    before = [(), *((i - 1, max(i - 2, 0)) for i in range(1, 400)), (399,)]
    assert sources_of(400, set(range(1, 400)), before) == {0}


def test_a_factor_may_be_what_the_loops_turn_picks_of_a_vector():
    (statement,) = ast.parse("d[k] = np.sum(g[:, k] * column)").body
    whole = Slot(statement, "value", None, statement.value)
    found = of_the_turn(whole, {"k": (), "scale": (4,), "column": (6,), "g": (6, 4), "n": ()})
    texts = [ast.unparse(edit.new) for edit in found]
    assert "np.sum(g[:, k] * column) * scale[k]" in texts
    assert not any("g[k]" in text or "[n]" in text for text in texts)
