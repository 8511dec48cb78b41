"""A mistake that stands in statements of one form, and values that are right though a wrong line reads them."""

import numpy as np
import pytest

from .test_lines import checked

pytestmark = pytest.mark.lines

GATES = """
import numpy as np

def sig(a):
    return 1 / (1 + np.exp(-a))

def backward(params, x, y):
    u, v, w = params["u"], params["v"], params["w"]
    first, second = sig(x @ u), sig(x @ v)
    out = (first * second) @ w
    diff = out - y
    loss = 0.5 * np.sum(diff ** 2)
    dboth = np.outer(diff, w)
    dfirst = dboth * second
    dsecond = dboth * first
    da = dfirst * first * (1 - first)
    db = dsecond * second * (1 - second)
    return loss, {"u": x.T @ da, "v": x.T @ db, "w": (first * second).T @ diff}

rng = np.random.default_rng(4)
params = {"u": rng.normal(size=(3, 4)), "v": rng.normal(size=(3, 4)), "w": rng.normal(size=4)}
x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
"""

WINDOWS = """
import numpy as np

STEP = 2

def backward(params, x, y):
    k = params["k"]
    size = len(k)
    high, wide = y.shape
    loss, dk = 0.0, np.zeros_like(k)
    for i in range(high):
        for j in range(wide):
            r = np.sum(x[i * STEP : i * STEP + size, j * STEP : j * STEP + size] * k) - y[i, j]
            loss += 0.5 * r ** 2
            top = i * STEP
            left = j * STEP
            dk += r * x[top : top + size, left : left + size]
    return loss, {"k": dk}

rng = np.random.default_rng(5)
params = {"k": rng.normal(size=(3, 3))}
x, y = rng.normal(size=(7, 7)), rng.normal(size=(3, 3))
"""

POLICY = """
import numpy as np

def probabilities(theta, x):
    e = np.exp(x @ theta)
    return e / e.sum(axis=1, keepdims=True)

def weights(y):
    total = 0.0
    listed = []
    for each in y[::-1]:
        total = each + 0.9 * total
        listed.insert(0, total)
    return np.array(listed)

def backward(params, x, y):
    rows, taken = np.arange(len(x)), np.array([0, 1, 1, 0, 1])
    loss = -np.sum(np.log(probabilities(params, x)[rows, taken]) * weights(y))
    dz = probabilities(params, x)
    dz[rows, taken] -= 1
    returns = weights(y)
    return loss, x.T @ (dz * returns[:, None])

rng = np.random.default_rng(6)
params, x, y = rng.normal(size=(3, 2)), rng.normal(size=(5, 3)), rng.normal(size=5)
"""

MIXTURE = """
import numpy as np

def backward(params, x, y):
    w, b, v, c = params["w"], params["b"], params["v"], params["c"]
    h = np.tanh(w @ x + b)
    diff = v @ h + c - y
    loss = 0.5 * np.sum(diff ** 2)
    da = v.T @ diff * (1 - h ** 2)
    db = np.sum(np.dot(da, x.T), axis=1, keepdims=True)
    dc = np.sum(diff, axis=1, keepdims=True)
    return loss, {"w": da @ x.T, "b": db, "v": diff @ h.T, "c": dc}

rng = np.random.default_rng(7)
params = {"w": rng.normal(size=(4, 3)), "b": rng.normal(size=(4, 1)), "v": rng.normal(size=(2, 4)),
          "c": rng.normal(size=(2, 1))}
x, y = rng.dirichlet(np.ones(3), 5).T, rng.normal(size=(2, 5))
"""

NET = """
import numpy as np

targets = np.array([[0.2], [0.7], [0.4]])

def backward(params, x, y):
    goal = targets
    goal = goal.reshape(-1, 1)
    h = np.tanh(params["w"] @ x)
    o = 1 / (1 + np.exp(-(params["v"] @ h)))
    loss = 0.5 * np.sum((o - goal) ** 2)
    delta_o = (o - goal) * o * (1 - o)
    dv = delta_o @ h.T
    delta_h = params["v"].T @ delta_o * (1 - h ** 2)
    return loss, {"w": delta_h @ x.T, "v": dv}

rng = np.random.default_rng(8)
params = {"w": rng.normal(size=(4, 2)), "v": rng.normal(size=(3, 4))}
x, y = rng.normal(size=(2, 1)), np.zeros(1)
"""


def numbers(text, *lines):
    return [next(i for i, each in enumerate(text.splitlines(), 1) if each.strip() == line) for line in lines]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            GATES,
            [
                ("da = dfirst * first * (1 - first)", "da = dfirst * first"),
                ("db = dsecond * second * (1 - second)", "db = dsecond * second"),
            ],
        ),
        (WINDOWS, [("top = i * STEP", "top = i"), ("left = j * STEP", "left = j")]),
    ],
)
def test_both_lines_of_one_mistake_are_named_and_changed(text, pairs, tmp_path):
    for right, wrong in pairs:
        text = text.replace(f"{right}\n", f"{wrong}\n")
    report, _ = checked(text, tmp_path)
    assert [n for f in report.findings for n in f.lines] == numbers(text, *(wrong for _, wrong in pairs))
    for found in report.findings:
        text = text.replace(found.fix["from"] + "\n", found.fix["to"] + "\n")
    assert checked(text, tmp_path)[0].ok


def test_a_stride_is_put_in_by_its_name_and_not_as_a_number(tmp_path):
    text = WINDOWS.replace("top = i * STEP\n", "top = i\n").replace("left = j * STEP\n", "left = j\n")
    report, _ = checked(text, tmp_path)
    assert ["STEP" in found.fix["to"] for found in report.findings] == [True, True]


def test_what_the_forward_pass_computed_too_is_not_blamed(tmp_path):
    planted = POLICY.replace("dz * returns[:, None]", "dz * returns.mean()")
    report, _ = checked(planted, tmp_path)
    (found,) = report.findings
    assert list(found.lines) == numbers(planted, "return loss, x.T @ (dz * returns.mean())")
    assert "returns[:, None]" in found.fix["to"]


def test_a_mistake_that_these_inputs_hide_does_not_hide_another(tmp_path):
    """The columns of x sum to 1, so that db is right here and wrong elsewhere, with and without the change of dc."""
    planted = MIXTURE.replace("dc = np.sum(diff,", "dc = np.sum(np.dot(diff, h.T),")
    report, _ = checked(planted, tmp_path)
    (found,) = report.findings
    assert list(found.lines) == numbers(planted, "dc = np.sum(np.dot(diff, h.T), axis=1, keepdims=True)")
    assert "np.dot" not in found.fix["to"]


def test_a_derivative_by_the_output_is_named_where_one_by_the_net_input_is_meant(tmp_path):
    planted = NET.replace("(o - goal) * o * (1 - o)", "o - goal")
    report, _ = checked(planted, tmp_path)
    (found,) = report.findings
    assert list(found.lines) == numbers(planted, "delta_o = o - goal")
    assert found.fix is not None


def test_edits_leave_the_arrays_of_the_users_module_as_they_were(tmp_path):
    """`goal += goal.reshape(-1, 1)` doubles the module's own array, and each edit after it would meet other data."""
    _, user = checked(NET.replace("(o - goal) * o * (1 - o)", "o - goal"), tmp_path)
    np.testing.assert_array_equal(user.targets, [[0.2], [0.7], [0.4]])
