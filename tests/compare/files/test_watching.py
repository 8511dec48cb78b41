"""watch(): the block of a running script is checked, and the script goes on as without it."""

import runpy

import numpy as np
import pytest

from threeways import UserError, watch

SCRIPT = """\
import numpy as np, threeways
np.random.seed(1)
X, y = np.random.randn(6, 2), np.random.randn(6, 1)
W1, b1, W2 = np.random.randn(2, 3), np.random.randn(1, 3), np.random.randn(3, 1)
reports = []
step = threeways.watch(show=reports.append)
for i in range(3):
    with step:
        h = np.tanh(X @ W1 + b1)
        e = h @ W2 - y
        loss = np.mean(e ** 2)
        d = 2 * e / len(X)
        dW2 = h.T @ d
        dh = d @ W2.T * (1 - h ** 2)
        dW1 = X.T @ dh
        db1 = dh.sum(0, keepdims=True)
        W1 -= 0.1 * dW1
        b1 -= 0.1 * db1
        W2 -= 0.1 * dW2
last = np.random.randn()
"""


def ran(text, folder, name="script.py"):
    file = folder / name
    file.write_text(text)
    return runpy.run_path(str(file))


def test_a_step_is_checked_once_and_the_script_goes_on_as_without(tmp_path):
    watched = ran(SCRIPT, tmp_path)
    alone = ran(SCRIPT.replace("    with step:", "    if True:"), tmp_path, "alone.py")
    (report,) = watched["reports"]
    assert report is watched["step"].report
    assert report.ok and {v.name for v in report.verdicts} == {"W1", "b1", "W2"}
    assert "of the block in line 8" in report.about["taken"]
    assert np.array_equal(watched["W1"], alone["W1"]) and watched["last"] == alone["last"]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("dh.sum(0, keepdims=True)", "dh.mean(0, keepdims=True)", 16),
        ("* (1 - h ** 2)", "* (1 - h)", 14),
        ("X.T @ dh", "-X.T @ dh", 15),
    ],
)
def test_a_mistake_is_placed(right, wrong, line, tmp_path):
    assert SCRIPT.count(right) == 1
    (report,) = ran(SCRIPT.replace(right, wrong), tmp_path)["reports"]
    assert not report.ok
    assert line in {n for f in report.findings for n in (f.line, *f.lines)}


def test_a_block_of_a_function_without_updates_is_checked():
    rng, scale = np.random.default_rng(0), 7.0
    x, W = rng.normal(size=(5, 3)), rng.normal(size=(3, 2))
    with watch(show=None) as step:
        h = np.tanh(x @ W)
        loss = (h**2).sum() / scale
        dh = 2 * h / scale
        dW = x.T @ (dh * (1 + h**2))
    assert loss > 0 and dW.shape == W.shape
    statuses = {v.name: v.status for v in step.report.verdicts}
    assert statuses == {"h": "agree", "W": "wrong"}


def test_a_block_without_gradients_says_what_it_needs():
    with (
        pytest.raises(UserError, match=r"name the loss `loss` and each gradient after its parameter"),
        watch(),
    ):
        z = 1.0
        assert z


def test_an_error_in_the_block_is_the_scripts_own():
    step = watch()
    with pytest.raises(ZeroDivisionError), step:
        1 / 0  # noqa: B018
    assert step.report is None
