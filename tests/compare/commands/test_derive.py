"""threeways derive: a FILE is the user's own; without one a built-in network is derived."""

import json

import pytest

from compare.cli import main
from tests.compare.commands.test_fix import MINE

pytestmark = pytest.mark.lines

MADE = (
    "import numpy as np\nrng = np.random.default_rng(0)\n"
    "params = {'W': rng.normal(size=(2, 3)), 'b': rng.normal(size=3)}\n"
    "x, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))\n\n\ndef backward(params, x, y):\n"
)


@pytest.fixture
def derive(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)

    def run(*arguments):
        status = main(["derive", *arguments])
        out = capsys.readouterr()
        return status, out.out, out.err

    return run


def test_a_file_gets_its_lines_as_text_json_and_page(derive, tmp_path):
    status, said, _ = derive("mine.py:backward", "--json", "d.json", "--html", "d.html")
    assert status == 0 and "6: e " in said and "8: dp = 2*e / e.size" in said
    data = json.loads((tmp_path / "d.json").read_text())
    assert data["schema"] == "threeways/derivatives/1" and data["ok"]
    assert {v["state"] for v in data["values"]} <= {"right", "unknown"}
    assert "<svg" in (tmp_path / "d.html").read_text()


def test_a_gradient_that_no_line_computes_has_no_line(derive, tmp_path):
    body = "    e = x @ params['W'] + params['b'] - y\n    grads['W'] += x.T @ e\n    return np.sum(e**2) / 2, grads\n"
    made = MADE + "    grads = {k: np.zeros_like(v) for k, v in params.items()}\n" + body
    (tmp_path / "lost.py").write_text(made)
    derive("lost.py", "--json", "d.json")
    values = {v["name"]: v for v in json.loads((tmp_path / "d.json").read_text())["values"]}
    assert (values["b"]["state"], values["b"]["by"]) == ("unknown", [])


@pytest.mark.parametrize(
    "arguments, says",
    [(("absent.py",), "does not exist"), (("mine.py", "--md", "a.md"), "--md is for a built-in")],
)
def test_what_cannot_be_derived_is_one_clear_line(derive, arguments, says):
    status, _, error = derive(*arguments)
    assert status == 2 and says in error


@pytest.mark.slow
def test_without_a_file_a_network_is_derived(derive):
    status, said, _ = derive("--sizes", "2,2", "--activations", "softmax")
    assert status == 0 and said.startswith("# Backpropagation through")
