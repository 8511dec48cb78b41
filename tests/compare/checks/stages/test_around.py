"""Mistakes around a derivative: a value that objects share, a parameter that is not read, a statement out of place."""

import linecache

import numpy as np
import pytest

from tests.compare.user.forms.judged import is_right, report_on

pytestmark = pytest.mark.searches("moved", "unread")

DENSE = """\
import numpy as np

class Dense:
    def __init__(self, W):
        self.W = W
        self.cache = {}
    def forward(self, x):
        self.cache["x"], self.cache["a"] = x, np.tanh(x @ self.W)
        return self.cache["a"]
    def backward(self, d):
        dz = d * (1 - self.cache["a"] ** 2)
        self.dW = self.cache["x"].T @ dz
        return dz @ self.W.T

def network(params, x, y):
    layers = [Dense(params["W1"]), Dense(params["W2"])]
    a = x
    for layer in layers:
        a = layer.forward(a)
    d = a - y
    for layer in layers[::-1]:
        d = layer.backward(d)
    return 0.5 * np.sum((a - y) ** 2), {"W1": layers[0].dW, "W2": layers[1].dW}

rng = np.random.default_rng(0)
params = {"W1": rng.normal(size=(3, 3)), "W2": rng.normal(size=(3, 3))}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
"""
GATES = """\
import numpy as np

class Cell:
    def __init__(self):
        r = np.random.default_rng(0)
        self.p = {n: r.normal(size=3) for n in ("wf", "bf", "wo", "bo")}
    def loss_and_grads(self, x, y):
        p = self.p
        f = np.tanh(x * p["wf"] + p["bf"])
        o = np.tanh(x * p["wo"] + p["bo"])
        e = f * o - y
        df, do = e * o * (1 - f**2), e * f * (1 - o**2)
        grads = {"wf": (df * x).sum(0), "bf": df.sum(0), "wo": (do * x).sum(0), "bo": do.sum(0)}
        return 0.5 * np.sum(e**2), grads

cell = Cell()
params = cell.p
X, y = np.random.default_rng(1).normal(size=(4, 3)), np.random.default_rng(2).normal(size=(4, 3))
"""
POOL = """\
import numpy as np

def forward(x):
    out = np.zeros((2, x.shape[1]))
    for i in range(2):
        out[i] = x[2 * i : 2 * i + 2].max(0)
    return out, {"x": x}

def backward(dout, cache):
    x = cache["x"]
    dx = np.zeros(x.shape)
    for i in range(2):
        part = x[2 * i : 2 * i + 2]
        dx[2 * i : 2 * i + 2] = dout[i] * (part == part.max(0))
    return dx
"""


def test_a_value_of_the_class_that_objects_overwrite_is_named(tmp_path):
    is_right_as_function(DENSE, tmp_path)
    text = DENSE.replace("        self.cache = {}\n", "").replace(
        "class Dense:\n", "class Dense:\n    cache = {}\n"
    )
    report = report_on(text, tmp_path)
    assert [f.line for f in report.findings] == [4, 4] and "share it" in report.diagnosis
    assert [f.fix["to"] for f in report.findings] == ["pass", "self.cache = {}\nself.W = W"]


def is_right_as_function(text, folder):
    assert report_on(text, folder).ok


def test_an_object_whose_loss_and_grads_takes_the_batch_alone_is_checked(tmp_path):
    assert set(is_right(GATES, tmp_path).about["parameters"]) == {"wf", "bf", "wo", "bo"}


def test_a_forward_line_that_reads_another_parameter_is_named(tmp_path):
    text = GATES.replace('p["wf"] + p["bf"]', 'p["wf"] + p["bo"]')
    report = report_on(text, tmp_path)
    (found,) = report.findings
    assert (found.line, found.array) == (9, "bf") and "p[\"wf\"] + p['bf']" in found.fix["to"]


@pytest.mark.parametrize("indent", ["    ", "        "])
def test_a_return_in_the_loop_is_put_behind_it(indent):
    from threeways import check_vjp

    names = {}
    text = POOL.replace("    return dx", f"{indent}return dx")
    linecache.cache["pool.py"] = (len(text), None, text.splitlines(keepends=True), "pool.py")
    exec(compile(text, "pool.py", "exec"), names)
    report = check_vjp((names["forward"], names["backward"]), np.random.default_rng(0).normal(size=(4, 3)))
    assert report.ok == (indent == "    ")
    if not report.ok:
        assert report.findings[-1].line == 15 and "behind the loop of line 12" in report.diagnosis
