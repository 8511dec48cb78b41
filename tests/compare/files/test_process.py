"""Whatever a user's file does wrong is reported with its line, and never ends the command."""

import json
import subprocess
import sys

import pytest

from compare.cli import main
from compare.common.child import ROOT, Child
from compare.common.errors import UserError
from compare.files.process import run

RIGHT = """\
import numpy as np

params, X, Y = {"W1": np.arange(1.0, 7.0).reshape(3, 2), "b1": np.ones(3)}, np.eye(4, 2) + 0.5, np.ones((4, 3))


def backward(params, x, y):
    a = np.tanh(x @ params["W1"].T + params["b1"])
    delta = (a - y) / len(x) * (1 - a**2)
    return 0.5 * np.sum((a - y) ** 2) / len(x), {"dW1": delta.T @ x, "db1": delta.sum(axis=0)}
"""


def written(folder, text, name="mine.py"):
    file = folder / name
    file.write_text(text)
    return str(file)


def within(statement):
    """RIGHT with a statement at the beginning of backward, line 7 of the file."""
    return RIGHT.replace("    a = np", f"    {statement}\n    a = np", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (within("raise ValueError('no')"), r"your code raised ValueError: no \(mine.py, line 7\)"),
        (within("input()"), r"your code raised EOFError.*mine.py, line 7"),
        (within("import os; os._exit(0)"), "mine.py ended with status 0 before an answer"),
        (within("import os; os.kill(os.getpid(), 11)"), "mine.py ended with signal SIGSEGV"),
        (within("raise SystemExit(3)"), r"your code ended the program \(sys.exit: 3\) \(mine.py, line 7\)"),
        (RIGHT.replace("    a = np", "    a == = np"), r"your code is not Python.*\(mine.py, line 7\)"),
        ("import nowhere_to_be_found\n", r"ModuleNotFoundError.*\(mine.py, line 1\)"),
        (RIGHT.replace("X, Y =", "A, B ="), r"no x and no y.*backward\(params, x, y\)(.|\n)*def example"),
        (
            RIGHT + "backprop = 1\ndef grads(params, x, y): pass\n",
            "several.*backward, grads; say which: FILE:NAME",
        ),
        ("x = 1\n", r"no function \(params, x, y\)"),
    ],
)
def test_what_went_wrong_is_reported_with_the_users_line(text, said, tmp_path):
    with pytest.raises(UserError, match=said):
        run(written(tmp_path, text))


def test_an_endless_loop_ends_with_its_line(tmp_path):
    with pytest.raises(UserError, match=r"ran out of time after 2 s in mine.py, line 7: --timeout"):
        run(written(tmp_path, within("while True: pass")), timeout=2)


def test_a_lowered_recursion_limit_is_the_users_alone(tmp_path):
    first = "import sys; sys.setrecursionlimit(10)"
    assert run(written(tmp_path, f"{first}\n{RIGHT}")).exit == 0
    with pytest.raises(UserError, match="RecursionError"):
        run(written(tmp_path, within(first)))


def test_the_output_of_a_file_follows_the_verdict(tmp_path, capsys):
    assert main(["check", written(tmp_path, within("print('shape', x.shape)"))]) == 0
    said = capsys.readouterr().out
    assert said.startswith("RIGHT")
    assert said.endswith("Your code printed:\n  shape (4, 2)\n")


def test_inputs_that_are_changed_are_reported(tmp_path):
    report = run(written(tmp_path, within("x *= 2"))).report
    assert any("changes x in place" in w for w in report["warnings"])


def test_files_next_to_it_shadow_nothing_of_the_harness_but_can_be_imported(tmp_path):
    for name in ("manual", "compare", "numpy", "json"):
        written(tmp_path, "raise RuntimeError('shadowed')\n", f"{name}.py")
    written(tmp_path, "FACTOR = 1.0\n", "my_helpers.py")
    file = written(tmp_path, "from my_helpers import FACTOR\n" + RIGHT)
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {ROOT!r})\n"]
    command[-1] += f"from compare.cli import main; sys.exit(main(['check', {file!r}]))"
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0


def test_one_of_several_functions_is_chosen_by_name(tmp_path, capsys):
    file = written(tmp_path, RIGHT + "\n\ndef grads(params, x, y):\n    return 1.0, params\n")
    assert main(["check", f"{file}:backward"]) == 0
    assert main(["check", f"{file}:grads"]) == 1
    assert main(["check", f"{file}:nothing"]) == 2
    assert "no 'nothing'" in capsys.readouterr().err


def test_a_bad_file_among_several_stops_nothing(tmp_path, capsys):
    good, bad = written(tmp_path, RIGHT), written(tmp_path, "1 / 0\n", "bad.py")
    assert main(["check", bad, good]) == 2
    out, err = capsys.readouterr()
    assert "RIGHT" in out and "ZeroDivisionError" in err


def test_of_a_notebook_only_definitions_are_taken(tmp_path):
    example = "def example():\n    return {'W1': np.ones((3, 2)), 'b1': np.ones(3)}, np.eye(4, 2), np.zeros((4, 3))\n"
    sources = ["%matplotlib inline\nimport numpy as np", "1 / 0", "not Python at all", example]
    sources += ["def" + RIGHT.split("def", 1)[1], "params = open('/nowhere')"]
    cells = [{"cell_type": "markdown", "source": "# a text"}]
    cells += [{"cell_type": "code", "source": s.splitlines(keepends=True)} for s in sources]
    assert run(written(tmp_path, json.dumps({"cells": cells}), "mine.ipynb")).exit == 0
    cells[-2]["source"] = "def backward(params, x, y):\n    return 1 / 0"
    with pytest.raises(UserError, match=r"mine.ipynb, cell 6, line 2"):
        run(written(tmp_path, json.dumps({"cells": cells}), "mine.ipynb"))
    with pytest.raises(UserError, match="is not a notebook"):
        run(written(tmp_path, "[]", "mine.ipynb"))


def test_a_class_that_keeps_its_parameters_needs_no_adapter(tmp_path):
    text = "class Net:\n    def __init__(self):\n        self.params = params\n\n    def loss(self, x, y):\n"
    text += "        return backward(self.params, x, y)\n\n\nnet = Net()\n"
    assert run(written(tmp_path, RIGHT + "\n\n" + text), "net").exit == 0


def test_neither_framework_is_imported_for_a_file_of_numpy(tmp_path):
    file = written(
        tmp_path,
        RIGHT
        + "import sys, atexit\natexit.register(lambda: print([m for m in ('torch', 'jax') if m in sys.modules]))\n",
    )
    assert run(file).printed.strip() == "[]"


def test_an_interrupted_parent_leaves_no_child(tmp_path, monkeypatch):
    seen = []

    def interrupted(child, message, seconds):
        seen.append(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(Child, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(written(tmp_path, within("while True: pass")))
    assert seen[0].process.poll() is not None
