"""Check the installed package: it is complete, starts quickly and detects packages that shadow it."""

import re
import shutil
import tomllib
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import compare

from .processes import ROOT, python

SOURCES = ("manual", "torch_ref", "jax_ref", "compare")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the content of the wheel, built from a copy, so that the sources stay clean."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        pytest.skip("setuptools and pip are needed to build a wheel without a network")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "threeways.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    built = python("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", folder, source)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(folder.glob("threeways-*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_every_source_file_is_in_the_wheel(installed):
    for name in SOURCES:
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and not {"__pycache__", "stubs"} & set(path.parts):
                assert (installed / path.relative_to(ROOT)).is_file(), path
    assert all((installed / name / "py.typed").is_file() for name in SOURCES)


def test_the_installed_command_says_its_version_from_anywhere(installed, tmp_path):
    told = python("-m", "threeways", "--version", path=[installed], cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert told.stdout == f"threeways {version}\n"


def test_the_installed_package_imports_and_draws_from_anywhere(installed, tmp_path):
    drawn = python(
        "-c",
        "import threeways, manual, compare.report.html as html;"
        "html.render({'schema': 'threeways/run/1'}); print(threeways.__file__)",
        path=[installed],
        cwd=tmp_path,
    )
    assert drawn.returncode == 0, drawn.stderr
    assert Path(drawn.stdout.strip()).parent == installed


def test_a_type_checker_knows_the_public_names(installed, tmp_path):
    pytest.importorskip("mypy")
    venv.create(tmp_path / "venv", symlinks=True, with_pip=False)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    shutil.copytree(installed, site, dirs_exist_ok=True)
    code = f"from threeways import {', '.join(compare.__all__)}\n"
    code += "from threeways import nothing\n"
    (tmp_path / "mine.py").write_text(code)
    executable = ("--python-executable", tmp_path / "venv" / "bin" / "python")
    done = python("-m", "mypy", "--ignore-missing-imports", *executable, "mine.py", path=[], cwd=tmp_path)
    (error,) = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert 'Module "threeways" has no attribute "nothing"' in error


def test_help_imports_neither_torch_nor_jax_nor_numpy(tmp_path):
    told = python(
        "-c",
        "import sys, threeways; sys.argv = ['threeways', '--help']; threeways.main();"
        "print([m for m in ('torch', 'jax', 'numpy', 'scipy', 'sklearn', 'matplotlib') if m in sys.modules])",
        cwd=tmp_path,
    )
    assert told.stdout.splitlines()[-1] == "[]", told.stdout + told.stderr


@pytest.mark.parametrize("name", SOURCES)
def test_a_foreign_package_in_front_is_answered_with_one_line_by_the_command(name, tmp_path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    told = python("-m", "threeways", "--version", path=[tmp_path, ROOT], cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert len(told.stderr.splitlines()) == 1, told.stderr
    assert repr(name) in told.stderr and str(tmp_path / name) in told.stderr


def test_a_foreign_package_in_front_is_an_import_error(tmp_path):
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "__init__.py").write_text("")
    told = python("-c", "import threeways", path=[tmp_path, ROOT], cwd=tmp_path)
    assert told.returncode == 1
    assert re.fullmatch(
        r"ImportError: threeways needs its own package 'compare'.*", told.stderr.splitlines()[-1]
    )


def test_every_dependency_is_pinned_to_what_was_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [
        r for e in ("test", "docs", "dev", "distributed") for r in project["optional-dependencies"][e]
    ]
    pinned = {
        line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    names = {re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() for requirement in wanted}
    assert names - {"threeways"} <= pinned


def test_every_file_has_the_same_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = python("-c", "import threeways; print(threeways.__version__)")
    assert done.stdout == f"{version}\n", done.stderr
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
    dated = rf"\n## {re.escape(version)}\n\nDate: (not released yet|\d{{4}}-\d{{2}}-\d{{2}})\.?\n"
    assert re.search(dated, (ROOT / "CHANGELOG.md").read_text())
