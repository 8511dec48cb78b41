"""Check the light install: without torch and jax, every other feature works, and the rest names the missing package.

These tests hide the frameworks. .ci/light runs them without torch and jax, with the oldest NumPy and SciPy that
pyproject.toml allows.
"""

import re

import numpy as np
import pytest

from .processes import python

LIGHT = """
import importlib.abc, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "jax", "jaxlib", "optax", "sklearn", "matplotlib", "jinja2", "sympy"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
import importlib.util
found = importlib.util.find_spec
def find_spec(name, package=None):
    try:
        return found(name, package)
    except ModuleNotFoundError:
        return None
importlib.util.find_spec = find_spec
import threeways
sys.exit(threeways.main())
"""


@pytest.fixture
def light(tmp_path):
    """Return light(*arguments), which runs the command with numpy, scipy, rich and typer alone."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "samples.npz", x=rng.random((50, 64)), y=np.arange(50) % 10)
    (tmp_path / "light.py").write_text(LIGHT)
    return lambda *arguments: python(tmp_path / "light.py", *arguments, cwd=tmp_path)


def test_gradients_are_checked_and_missing_frameworks_are_named(light):
    done = light("gradients", "--data", "samples.npz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "torch is not installed: pip install torch" in done.stdout
    assert "jax is not installed: pip install jax" in done.stdout


def test_a_page_names_the_packages_it_needs(light, tmp_path):
    done = light("gradients", "--data", "samples.npz", "--html", "page.html")
    assert done.returncode == 2
    assert re.fullmatch(r"threeways: the page needs \w+: pip install matplotlib jinja2\n", done.stderr)
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(("line", "exit"), [("sum", 0), ("mean", 1)])
def test_a_users_file_is_checked(line, exit, light, tmp_path):
    assert light("check", "--init", "mine.py").returncode == 0
    mine = tmp_path / "mine.py"
    mine.write_text(mine.read_text().replace("delta1.sum(", f"delta1.{line}("))
    done = light("check", "mine.py")
    assert done.returncode == exit, done.stdout + done.stderr
