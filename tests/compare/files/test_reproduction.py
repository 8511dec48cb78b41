"""The lines of "See for yourself" run in the user's own file, under its own names."""

import pytest

from compare.cli import main

pytestmark = pytest.mark.usefixtures("warm")

STEP = """
import numpy as np

def parts(params, x, y):
    h = np.tanh(x @ params["W"])
    e = np.sin(h @ params["U"]) - y
    d = 2 * e * np.cos(h @ params["U"])
    return (e**2).sum(), {"W": x.T @ (d @ params["U"].T), "U": h.T @ d}

rng = np.random.default_rng(0)
"""
DATA = "X, Y = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))\n"
PARAMS = 'parameters = {"W": rng.normal(size=(4, 5)), "U": rng.normal(size=(5, 3))}\n'
FORMS = {
    "a function": "def backward(params, x, y): return parts(params, x, y)\n",
    "an object": """
class Net:
    def loss_and_grads(self, params, x, y): return parts(params, x, y)
net = Net()
""",
    "a class": """
class Net:
    def loss_and_grads(self, params, x, y): return parts(params, x, y)
""",
    "a method": """
class Net:
    def backward(self, params, x, y): return parts(params, x, y)
net = Net()
""",
    "an object with parameters": """
class Net:
    def __init__(self, params): self.params = params
    def loss(self, x, y): return parts(self.params, x, y)
net = Net(parameters)
""",
}
NAMED = {"a method": ":net", "an object with parameters": ":net", "a function": ":backward"}


@pytest.mark.parametrize("form", FORMS)
def test_the_lines_run(form, tmp_path, capsys):
    text = STEP + DATA + PARAMS + FORMS[form]
    file = tmp_path / "mine.py"
    file.write_text(text)
    assert main(["check", str(file) + NAMED.get(form, "")]) == 1
    said = capsys.readouterr().out
    lines = said.split("See for yourself:\n")[1].splitlines()
    code = [line[2:] for line in lines[: next(k for k, line in enumerate(lines) if "(2*h)" in line) + 1]]
    space = {}
    exec(text, space)
    for line in code[:-1]:
        exec(line, space)
    value, expected = eval(code[-1], space), float(code[-1].split("#")[1])
    assert value == pytest.approx(expected, rel=1e-5)
