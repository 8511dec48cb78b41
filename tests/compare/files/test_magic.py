"""%%threeways in a notebook: a cell is checked on copies and then run."""

import json
from pathlib import Path

import numpy as np
import pytest

shells = pytest.importorskip("IPython.core.interactiveshell", reason="comes with the extra [test]")

SCRIPT = """\
import numpy as np
np.random.seed(1)
X, y = np.random.randn(6, 2), np.random.randn(6, 1)
W, b = np.random.randn(2, 1), np.zeros((1, 1))
for i in range(50):
    e = np.tanh(X @ W + b) - y
    loss = np.mean(e ** 2)
    d = 2 * e / len(X) * (1 - (e + y) ** 2)
    dW = X.T @ d
    db = d.sum(0, keepdims=True)
    W -= 0.1 * dW
    b -= 0.1 * db
"""
APART = [
    "import numpy as np\ndef forward(W, X): return X @ W",
    "def cost(W, X, y): return ((forward(W, X) - y) ** 2).sum()",
    "W, X, y = np.arange(6.0).reshape(3, 2), np.eye(5)[:, :3], np.ones((5, 2))",
]


class ZMQInteractiveShell(shells.InteractiveShell):
    """An IPython of the name by which libraries know a notebook."""

    kernel = None


class Display:
    """What cells show."""

    def __init__(self, shell, monkeypatch):
        self.shown = []
        monkeypatch.setattr(shell.display_pub, "publish", lambda data, **_: self.shown.append(data))


@pytest.fixture
def shell(monkeypatch):
    ZMQInteractiveShell.clear_instance()
    made = ZMQInteractiveShell.instance()
    made.display = Display(made, monkeypatch)
    made.run_line_magic("load_ext", "threeways")
    yield made
    made.history_manager.end_session()
    ZMQInteractiveShell.clear_instance()


def ran(shell, text):
    shell.display.shown.clear()
    return shell.run_cell(text)


def html(shell):
    (shown,) = shell.display.shown
    return shown["text/html"]


def test_a_script_in_a_cell_is_checked_and_then_run(shell):
    assert ran(shell, "%%threeways\n" + SCRIPT).success
    assert "All 2 arrays are the gradient of your loss" in html(shell)
    alone = {}
    exec(SCRIPT, alone)
    assert np.array_equal(shell.user_ns["W"], alone["W"])


@pytest.mark.lines
@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("d.sum(0", "d.mean(0", 10),
        ("(1 - (e + y) ** 2)", "(1 - e ** 2)", 8),
        ("X.T @ d", "2 * X.T @ d", 9),
    ],
)
def test_a_mistake_is_shown_with_its_line(shell, right, wrong, line):
    assert SCRIPT.count(right) == 1
    ran(shell, "%%threeways\n" + SCRIPT.replace(right, wrong))
    assert f"cell.py, line {line}" in html(shell) or f"Change line {line} of cell.py" in html(shell)


def test_a_gradient_is_checked_with_what_other_cells_define(shell):
    for cell in APART:
        assert ran(shell, cell).success
    ran(shell, "%%threeways\ndef gradient(W, X, y): return 2 * X.T @ (forward(W, X) - y)")
    assert "loss of <code>cost</code>" in html(shell)
    ran(shell, "%%threeways\ndef gradient(W, X, y): return X.T @ (forward(W, X) - y)")
    assert "W is 1/2 = 1/K of the right value" in html(shell)


def test_a_cell_without_a_gradient_says_so(shell, capsys):
    for cell in APART:
        ran(shell, cell)
    assert ran(shell, "%%threeways\nz = 3").success
    assert shell.user_ns["z"] == 3 and not shell.display.shown
    assert capsys.readouterr().err.startswith("threeways: cell.py has no function (params, x, y)")


def test_what_a_cell_raises_is_named_with_its_line(shell, capsys):
    ran(shell, "%%threeways\na = 1\na / 0")
    assert "your code raised ZeroDivisionError: division by zero (cell.py, line 2)" in capsys.readouterr().err


def test_each_of_two_readings_is_a_line_of_the_magic(shell, capsys):
    two = "".join(
        f"\ndef {n}_loss(W, X, y): return (X @ W - y).sum(), X.sum(0)[:, None] * W**0" for n in "ab"
    )
    ran(shell, "%%threeways\nimport numpy as np\nW, X, y = np.ones((3, 2)), np.eye(3), np.ones((3, 2))" + two)
    assert "\n  %%threeways a_loss\n  %%threeways b_loss\n" in capsys.readouterr().err
    ran(shell, "%%threeways b_loss" + two)
    assert "the gradient of your loss" in html(shell)


def test_the_text_of_a_report_is_whole_and_shows_nothing_aside(shell):
    notebook = Path(__file__).parent / "cases" / "jupyter_str_displays.ipynb"
    cells = ["".join(c["source"]) for c in json.loads(notebook.read_text())["cells"]]
    for cell in cells[:2]:
        assert ran(shell, cell).success and not shell.display.shown
    assert ran(shell, cells[2]).result is True
    assert ran(shell, cells[4]).success
