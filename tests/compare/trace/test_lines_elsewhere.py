"""Mistakes in functions of the bench of lines, each of a kind that was not placed on its line or not mended once."""

import numpy as np
import pytest

from compare import check_gradients
from compare.checks.bench.lines.corpus import functions
from compare.trace.derivatives.run import record
from compare.trace.derivatives.slices import Origins
from compare.trace.lines.packed import writers_of
from compare.user.subject import Subject

from .test_lines import planted_report

TWO_IN_ONE = """
import numpy as np

def act(v, slope=False):
    if slope:
        return v * (1 - v)
    return 1 / (1 + np.exp(-v))

def turned(v, size=None):
    size = size or v.shape[1]
    return v.reshape(len(v), -1, size)[:, :, ::-1].reshape(v.shape)

def backward(params, x, y):
    U, V = params["U"], params["V"]
    size = 2
    h = act(x @ U)
    t = turned(h, size)
    out = act(t @ V)
    loss = 0.5 * np.sum((out - y) ** 2)
    dout = (out - y) * act(out, slope=True)
    dV = t.T @ dout
    dt = dout @ V.T
    dh = turned(dt, size)
    dU = x.T @ (dh * act(h, slope=True))
    return loss, {"U": dU, "V": dV}

rng = np.random.default_rng(2)
params = {"U": rng.normal(size=(3, 4)), "V": rng.normal(size=(4, 2))}
x, y = rng.normal(size=(5, 3)), rng.uniform(size=(5, 2))
"""
ROTATED = """
import numpy as np

def half(v):
    a, b = np.split(v, 2, axis=-1)
    return np.concatenate([-b, a], axis=-1)

def backward(params, x, y):
    q, sin, cos = x @ params["W"], np.sin(y), np.cos(y)
    out = q * cos + half(q) * sin
    loss = np.sum(out ** 2) / 2
    dq = out * cos - half(out * sin)
    return loss, {"W": x.T @ dq}

rng = np.random.default_rng(4)
params = {"W": rng.normal(size=(3, 4))}
x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
"""
TEXTS = {"two in one": TWO_IN_ONE, "rotated": ROTATED} | {n: f.source for n, f in functions().items()}
MISTAKES = [  # function, right line, wrong line
    # A value is divided by itself.
    (
        "char_rnn",
        "ps[t] = np.exp(ys[t] - m) / np.sum(np.exp(ys[t] - m))",
        "ps[t] = np.exp(ys[t] - m) / np.exp(ys[t] - m)",
    ),
    # One element of a dict lacks what all the others have.
    (
        "matrix_factorisation",
        "return total / n, {'P': gP / n, 'Q': gQ / n, 'b_user': gb_user / n, 'b_item': gb_item / n}",
        "return total / n, {'P': gP / n, 'Q': gQ / n, 'b_user': gb_user, 'b_item': gb_item / n}",
    ),
    # Another line computes the same with two variables, and two indices, exchanged.
    (
        "matrix_factorisation",
        "gP[u] += -2 * e * Q[i] + 2 * LAMBDA * P[u]",
        "gP[u] += -2 * e * Q[i]",
    ),
    # Numbers leave the arrays: nothing is known of any value.
    (
        "value_engine",
        "self.grad += k * self.data ** (k - 1) * out.grad",
        "self.grad += 2 * k * self.data ** (k - 1) * out.grad",
    ),
    # Another call of the function has what is missing: a constant of the module.
    ("prelu_gelu", "cdf = 0.5 * (1 + erf(v / SQRT2))", "cdf = 0.5 * (1 + erf(v))"),
    # A mistake hides behind zeros.
    (
        "lstm_caches",
        "dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)",
        "dc = dnext_c + dnext_c * o * (1 - tanh_c ** 2)",
    ),
    # What stands before a minus is missing.
    (
        "rmsnorm",
        "return dv / r - v * np.dot(dv, v) / (d * r ** 3), dg",
        "return v * np.dot(dv, v) / (d * r ** 3), dg",
    ),
    # Names that the forward pass exchanges.
    (
        "coupling_flow",
        "g_h = g_out @ self.w['t'].T + g_raw @ self.w['s'].T",
        "g_h = g_out @ self.w['t'].T + g_b @ self.w['s'].T",
    ),
    ("coupling_flow", "g_a, g_out = g_out, g_a", "pass"),
    # A loop leaves a value as it is: right at one turn by chance.
    (
        "deep_cross",
        "gx0, gx = gx0 + gx * s[:, None], gx + gs[:, None] * w",
        "gx0, gx = gx0 + gx * s[:, None], gx",
    ),
    # What is added to later is known by its name.
    ("ppo", "d_logits = d_logp[:, None] * (hot - p)", "d_logits = d_logp[:, None] * (hot)"),
    # Axes of both factors.
    ("linear_attention", "d_S = q[:, :, None] * d_num[:, None, :]", "d_S = d_num[:, None, :]"),
    ("transe", "g_shifted = g_pos + g_neg.sum(axis=1)", "g_shifted = g_pos"),
    # A function that another only makes.
    (
        "listnet",
        "return ct @ W.T, (x.T @ ct, ct.sum(axis=0))",
        "return ct @ W.T * len(x), (x.T @ ct, ct.sum(axis=0))",
    ),
    # An argument that is left out: another call hands it over, or the caller holds a variable of its name.
    (
        "two in one",
        "dU = x.T @ (dh * act(h, slope=True))",
        "dU = x.T @ (dh * act(h))",
    ),
    ("two in one", "dh = turned(dt, size)", "dh = turned(dt)"),
    # A factor that belongs into a call.
    ("rotated", "dq = out * cos - half(out * sin)", "dq = out * cos - half(out) * sin"),
    # The largest of each segment.
    (
        "graph_attention",
        "layers[0].backward(dmid * (1 - mid ** 2))",
        "layers[0].backward(dmid * (2 - mid ** 2))",
    ),
    # A mean, in code that takes one elsewhere.
    ("dueling_dqn", "da = dq - dq.mean(axis=1, keepdims=True)", "da = dq - dq"),
    # A term of 1 within a product.
    (
        "lora",
        "inner = 0.7978845608028654 * (1 + 3 * 0.044715 * u ** 2)",
        "inner = 0.7978845608028654 * (3 * 0.044715 * u ** 2)",
    ),
]


@pytest.mark.lines
@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_the_line_is_named_alone_with_a_change(name, right, wrong, tmp_path):
    report, line = planted_report(TEXTS[name], right, wrong, tmp_path)
    assert [found.lines for found in report.findings] == [(line,)]
    assert report.findings[0].fix is not None


def test_inputs_of_several_kinds_keep_them():
    x = np.random.default_rng(0).normal(size=(5, 3))

    def loss_and_gradients(params, x, y):
        chosen, weights = y
        z = x @ params["W"]
        diff = np.zeros_like(z)
        diff[np.arange(len(x)), chosen] = weights
        return np.sum(z * diff), {"W": x.T @ diff}

    y = (np.array([0, 1, 1, 0, 1]), np.array([1.0, 0.5, 2.0, 1.5, 0.25]))
    assert check_gradients(loss_and_gradients, {"W": np.ones((3, 2))}, x, y).ok


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_the_largest_of_each_segment_is_followed(factor):
    rng = np.random.default_rng(3)
    x, segments = rng.normal(size=(6, 4)), np.array([0, 1, 1, 2, 0, 2])

    def loss_and_gradients(params, x, y):
        scores = x @ params["w"]
        top = np.full(3, -np.inf)
        np.maximum.at(top, segments, scores)
        first = scores == top[segments]
        return np.sum(top**2), {"w": factor * (x.T @ (2 * first * scores))}

    report = check_gradients(loss_and_gradients, {"w": rng.normal(size=4)}, x, None)
    assert report.ok == (factor == 1.0)
    assert report.about["witnesses"] == ["adjoint"]


def test_a_tie_of_a_segment_is_not_followed():
    def loss_and_gradients(params, x, y):
        top = np.full(2, -np.inf)
        np.maximum.at(top, np.array([0, 0, 1]), params["w"])
        return np.sum(top**2), {"w": np.array([1.0, 1.0, 6.0])}

    report = check_gradients(loss_and_gradients, {"w": np.array([1.0, 1.0, 3.0])}, None, None)
    assert "maximum.at" in report.about["not_followed"]


def test_the_parts_of_a_returned_vector_say_which_are_wrong():
    def loss_and_gradient(w, x, y):
        d = x @ w[:6].reshape(3, 2) + w[6:] - y
        return 0.5 * np.sum(d**2), np.concatenate([(x.T @ d).ravel(), 2 * d.sum(axis=0)])

    rng = np.random.default_rng(1)
    subject = Subject(loss_and_gradient, rng.normal(size=8), rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))
    run = record(subject, subject.flat)
    origins = Origins(run.tape)
    ((name, value),) = run.gradients.items()
    writers = writers_of(run, origins, value, run.derivatives()[name])
    (wrong,) = writers.wrong
    assert [run.tape.operations[i].name for i in wrong] == ["multiply"]
    assert {run.tape.operations[i].name for i in writers.right} == {"matmul", "getitem.view"}
    assert [run.tape.operations[i].name for i in writers.joining] == ["concatenate"]


@pytest.mark.lines
def test_a_count_is_not_changed_to_undo_a_division_by_it(tmp_path):
    """N = np.sum(X, axis=0, keepdims=True).shape[0] is 1: the shape of a sum is no change that a person forgot."""
    text = functions()["nca"].source
    report, line = planted_report(text, "return loss, dA", "return loss, dA / N", tmp_path)
    (finding,) = report.findings
    assert line in finding.lines and finding.fix["to"] == "return loss, dA"


@pytest.mark.lines
def test_a_number_under_the_name_of_an_arrays_derivative_is_named_first(tmp_path):
    text = functions()["softmax_theta"].source
    report, line = planted_report(text, "W_grad = (1.0 / m) * error.T.dot(X)", "W_grad = 1.0 / m", tmp_path)
    (found,) = report.findings
    assert found.line == line and found.fix["to"].strip() == "W_grad = 1.0 / m * (error.T @ X)"
