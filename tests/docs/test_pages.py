"""The parts of the site: docstrings, the page of the catalogue, the public names, and the first example."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import threeways
from compare.mistakes.catalogue import catalogue

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def site_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_site"))


def shown(docstring):
    pytest.importorskip("docutils", reason="comes with the extra [docs]")
    import pages

    lines = docstring.splitlines()
    pages.plain_docstring(None, "function", "f", None, None, lines)
    return [line for line in lines if line]


def test_names_with_a_colon_become_entries_however_the_lines_are_wrapped():
    text = (
        "A sentence: with a colon.\n\nhand: a function\n    that goes on.  x, y: the batch.\nrate: a number."
    )
    assert shown(text) == [
        "A sentence: with a colon.",
        "- **hand**: a function that goes on.",
        "- **x, y**: the batch.",
        "- **rate**: a number.",
    ]


def test_code_is_literal_and_stars_are_stars():
    assert shown("`net.init` takes *args and W_l.") == [r"``net.init`` takes \*args and W\_l."]


def test_indented_formulas_keep_their_lines():
    assert shown("Forward:\n\n    z = W a\n    a = f(z)") == ["Forward:", "::", "    z = W a", "    a = f(z)"]


def test_every_mistake_of_the_catalogue_is_on_its_page(tmp_path):
    import listing

    listing.write(tmp_path / "generated" / "catalogue.md")
    page = (tmp_path / "generated" / "catalogue.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### (.+)$", page, re.MULTILINE)) == sorted(catalogue())
    assert page.count("```diff") == len(catalogue())


def test_the_public_names_are_on_the_page_of_functions():
    page = (DOCS / "api.rst").read_text(encoding="utf-8")
    import compare

    for name in compare.__all__:
        assert f"threeways.{name}\n" in page, f"{name} is public and not documented"
        assert getattr(threeways, name).__doc__


def test_the_example_of_training_from_python_runs():
    page = (DOCS / "api.rst").read_text(encoding="utf-8")
    block = re.search(r"   from compare.networks import .*?\n\n\.\. autofunction", page, re.DOTALL)[0]
    lines = [line[3:] for line in block.splitlines() if line.startswith("   ") or not line][:-1]
    training = "\n".join(lines).partition("params, x, y")[0]
    names = {}
    exec(training, names)
    assert names["curves"].ok
    import inspect

    call = re.search(r"measure\((.*)\)", block)[1]
    inspect.signature(names["measure"]).bind(*"nxyp", **{k: 0 for k in re.findall(r"(\w+)=", call)})


def test_the_first_pages_example_prints_what_it_shows(tmp_path):
    page = (DOCS / "start.md").read_text(encoding="utf-8")
    line = re.search(r"```python\n(delta1 = .*)\n```", page)[1]
    output = re.search(r"```console\n\$ threeways check my_backprop.py\n(.*?)```", page, re.DOTALL)[1]

    def command(*arguments):
        environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
        return subprocess.run(
            [sys.executable, "-m", "threeways", "check", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert command("--init", "my_backprop.py").returncode == 0
    code = (tmp_path / "my_backprop.py").read_text(encoding="utf-8")
    planted = re.sub(r"^    delta1 = .*$", f"    {line}", code, flags=re.MULTILINE)
    assert planted != code
    (tmp_path / "my_backprop.py").write_text(planted, encoding="utf-8")
    done = command("my_backprop.py")
    assert done.returncode == 1, done.stderr
    assert done.stdout.split("array  status")[0].strip() == output.strip()
