"""Check that a type error planted in compare/judge makes the mypy of `make test` fail."""

import shutil
import tomllib

import pytest

from .processes import ROOT, python

pytest.importorskip("mypy")
JUDGE = next(path for path in sorted((ROOT / "compare" / "judge").glob("*.py")) if path.stem != "__init__")
MYPY = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
STRICT = [room for part in MYPY["overrides"] if part.get("disallow_untyped_defs") for room in part["module"]]
PLANTED = {
    "return-value": "def planted(name: str) -> int:\n    return name\n",
    "operator": "def planted_body(name):\n    return name and 'a' + 1\n",
    "no-untyped-def": "def planted_definition(name):\n    return name\n",
}
ON = {"operator": MYPY["check_untyped_defs"], "no-untyped-def": "compare.judge.*" in STRICT}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return what mypy prints for a file of compare/judge with the planted mistakes appended."""
    folder = tmp_path_factory.mktemp("types")
    planted = folder / "planted.py"
    planted.write_text(JUDGE.read_text() + "\n\n" + "\n\n".join(PLANTED.values()))
    cache = ROOT / ".mypy_cache"  # copied, because the planted file must not get into it
    if cache.is_dir():
        shutil.copytree(cache, folder / "cache")
    arguments = ["--cache-dir", folder / "cache", "--shadow-file", JUDGE, planted, JUDGE]
    done = python("-m", "mypy", *arguments, cwd=ROOT)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("code", PLANTED)
def test_a_planted_type_error_is_found(code, found):
    if not ON.get(code, True):
        pytest.skip("pyproject.toml does not turn this check on")
    assert f"[{code}]" in found, found
