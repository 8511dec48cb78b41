"""Of several changes that make everything right the likeliest is shown: after it the code is what people write."""

import runpy

import pytest

from compare.checks.bench.lines.corpus import functions
from compare.trace.changes.likelihood import edit_cost
from compare.trace.derivatives.run import record
from compare.trace.derivatives.slices import Origins
from compare.trace.lines.suspects import suspects
from compare.trace.lines.vouching import Vouched
from compare.user.subject import Subject

from .test_lines import planted_report

UNROLLED = """
import numpy as np

def shrink(v, theta):
    return np.sign(v) * np.maximum(np.abs(v) - theta, 0.0)

class Coder:
    def __init__(self, W, S, log_theta):
        self.W, self.S, self.log_theta = W, S, log_theta

    def forward(self, x):
        self.x, self.theta = x, np.exp(self.log_theta)
        self.code = x @ self.W
        self.before, self.after = [self.code], [shrink(self.code, self.theta)]
        for t in range(1, 3):
            c = self.code + self.after[t - 1] @ self.S
            self.before.append(c)
            self.after.append(shrink(c, self.theta))
        return self.after[-1]

    def backward(self, dout):
        dS, dtheta = np.zeros_like(self.S), np.zeros_like(self.theta)
        dcode = np.zeros_like(self.code)
        for t in range(2, 0, -1):
            dc = dout * (np.abs(self.before[t]) > self.theta)
            dtheta -= (dc * np.sign(self.before[t])).sum(axis=0)
            dcode += dc
            dS += self.after[t - 1].T @ dc
            dout = dc @ self.S.T
        dc = dout * (np.abs(self.before[0]) > self.theta)
        dtheta -= (dc * np.sign(self.before[0])).sum(axis=0)
        dcode += dc
        return self.x.T @ dcode, dS, dtheta * self.theta

def backward(params, x, y):
    net = Coder(*params)
    r = net.forward(x) - y
    return 0.5 * np.sum(r ** 2), list(net.backward(r))

rng = np.random.default_rng(3)
params = [rng.normal(size=(3, 4)), 0.3 * rng.normal(size=(4, 4)), -1 + 0.2 * rng.normal(size=4)]
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
"""
KEPT = """
import numpy as np

def score(W, u, a, b):
    pre = (a @ W) * b
    act = np.tanh(pre)
    return act @ u, (act, b)

def score_grad(W, u, a, kept, g):
    act, b = kept
    dact = np.outer(g, u)
    dpre = dact * (1 - act ** 2)
    return a.T @ (dpre * b), act.T @ g

def backward(params, x, y):
    W, u = params["W"], params["u"]
    s, kept = score(W, u, x, y)
    loss = np.sum(np.logaddexp(0, s))
    dW, du = score_grad(W, u, x, kept, 1 / (1 + np.exp(-s)))
    return loss, {"W": dW, "u": du}

rng = np.random.default_rng(5)
params = {"W": rng.normal(size=(3, 4)), "u": rng.normal(size=4)}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
"""
SKIPPED = """
import numpy as np

def total(D):
    n, m = D.shape
    R = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            if i + j == 0:
                R[i, j] = D[i, j]
                continue
            R[i, j] = D[i, j] * (1 + (R[i - 1, j] if i else 0.0) + (R[i, j - 1] if j else 0.0))
    return R

def backward(params, x, y):
    z = x @ params["W"]
    D = np.tanh(z)
    R = total(D)
    n, m = D.shape
    E = np.zeros((n, m))
    E[n - 1, m - 1] = 1.0
    dD = np.zeros((n, m))
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            if i == 0 and j == 0:
                dD[i, j] = E[i, j]
                continue
            dD[i, j] = E[i, j] * R[i, j] / D[i, j]
            if i:
                E[i - 1, j] += E[i, j] * D[i, j]
            if j:
                E[i, j - 1] += E[i, j] * D[i, j]
    dz = dD * (1 - D ** 2)
    return R[n - 1, m - 1], {"W": x.T @ dz}

rng = np.random.default_rng(6)
params = {"W": rng.normal(size=(3, 4))}
x, y = rng.normal(size=(3, 3)), rng.normal(size=2)
"""
LAYERS = """
import numpy as np

def backward(params, x, y):
    n = x.shape[0]
    acts, slopes = [x], [np.tile(y, (n, 1))]
    pre, forced = [], []
    for W in params:
        z, d = acts[-1] @ W, slopes[-1] @ W
        pre.append(z)
        forced.append(d)
        acts.append(np.sin(z))
        slopes.append(np.cos(z) * d)
    out = slopes[-1]
    loss = np.sum(out ** 2)
    g, gd = np.zeros_like(out), 2 * out
    grads = []
    for l in reversed(range(len(params))):
        z, d = pre[l], forced[l]
        gz = g * np.cos(z) - gd * np.sin(z) * d
        gf = gd * np.cos(z)
        dW = acts[l].T @ gz + slopes[l].T @ gf
        g, gd = gz @ params[l].T, gf @ params[l].T
        grads.append(dW)
    return loss, grads[::-1]

rng = np.random.default_rng(7)
params = [rng.normal(size=(3, 4)), 0.5 * rng.normal(size=(4, 3))]
x, y = rng.normal(size=(5, 3)), rng.normal(size=3)
"""
TEXTS = {"layers": LAYERS, "unrolled": UNROLLED, "kept": KEPT, "skipped": SKIPPED} | {
    n: f.source for n, f in functions().items()
}
MISTAKES = [  # function, right line, wrong line
    # That what is added is right says nothing of the sign it is added with.
    (
        "unrolled",
        "dtheta -= (dc * np.sign(self.before[t])).sum(axis=0)",
        "dtheta += (dc * np.sign(self.before[t])).sum(axis=0)",
    ),
    # A return of the forward pass, which the loss is made of, keeps what the loss is not made of.
    ("kept", "return act @ u, (act, b)", "return act @ u, (pre, b)"),
    # A condition skips what stands behind it.
    ("skipped", "if i == 0 and j == 0:", "if i == 0 and j == j:"),
    # What a list holds under an index that another list is read with.
    ("layers", "dW = acts[l].T @ gz + slopes[l].T @ gf", "dW = slopes[l].T @ gf"),
    # The value with a minus further up is right as well; what stands between is then not what it should be.
    (
        "coupling_flow",
        "g_s = g_out * b * e + g_logdet[:, None]",
        "g_s = 0.5 * (g_out * b * e + g_logdet[:, None])",
    ),
    ("deep_sets", "da = de * (1 - e ** 2)", "da = 0.5 * de * (1 - e ** 2)"),
    ("hmm", "return alpha, c", "return 2 * alpha, c"),
    # Two signs that undo each other are rarer than none.
    ("gp_marginal", "inner = np.outer(alpha, alpha) - Kinv", "inner = np.outer(alpha, alpha) + Kinv"),
    ("triplet", "return e / norm, norm", "return -e / norm, norm"),
    (
        "tversky",
        "return index, col(d_tp) * t + col(d_fp) * (1 - t) - col(d_fn) * t",
        "return index, col(d_tp) * t + col(d_fp) * (1 - t) + col(d_fn) * t",
    ),
]


@pytest.mark.lines
@pytest.mark.slow
@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_the_line_is_named_alone_with_a_change(name, right, wrong, tmp_path):
    report, line = planted_report(TEXTS[name], right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    assert report.findings[0].fix is not None


def test_a_line_of_a_loop_over_layers_lies_behind_all_of_them(tmp_path):
    """Its turns lie behind one wrong array each; one change of it may mend both."""
    path = tmp_path / "user.py"
    path.write_text(LAYERS.replace("dW = acts", "dW = 2 * acts"))
    module = runpy.run_path(str(path))
    subject = Subject(module["backward"], module["params"], module["x"], module["y"])
    run = record(subject, subject.flat)
    back = run.back(edges=True)
    truth = run.derivatives(back)
    listed = suspects(run, set(truth), truth, Vouched(run, back, Origins(run.tape)))
    tiers = {s.statement.text.split(" = ")[0]: s.tier for s in listed}
    assert tiers["dW"] == 0


def test_a_sign_put_in_costs_more_than_one_taken_out():
    assert edit_cost("sign", "dz = a * b", "dz = -a * b") > edit_cost("sign", "dz = -a * b", "dz = a * b") + 2


def test_what_makes_the_others_unlike_as_well_mends_no_oddity():
    before = "a, b, c = (u + v, A * v, B * v)"
    one_less = edit_cost("sign", before, "a, b, c = (u + v, A * v, -(B * v))")
    alike = edit_cost("another variable", "a, b, c = (u, A * v, B * v)", "a, b, c = (u * v, A * v, B * v)")
    assert one_less >= edit_cost("sign", "a = B * v", "a = -(B * v)")
    assert alike < edit_cost("another variable", "a = u", "a = u * v")


def test_a_statement_that_then_only_gives_another_name_costs_more():
    assert edit_cost("dropped", "dx = dy - s", "dx = dy") > edit_cost("dropped", "t = s + a * b", "t = a * b")
    assert edit_cost("dropped", "dx = dy - s", "dx = dy") > edit_cost("dropped", "dx += dy - s", "dx += dy")


def test_what_is_picked_of_a_product_costs_more():
    part = edit_cost("missing factor", "g = x[:, k] * y", "g = (x * w)[:, k] * y")
    assert part > edit_cost("missing factor", "g = x[:, k] * y", "g = x[:, k] * y * w[k]")
