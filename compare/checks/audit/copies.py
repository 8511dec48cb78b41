"""A copy of the code under test: Python files as files of their own, everything else as links to the originals."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import UserError
from ...common.results import regular

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", ".git")
SKIPPED = {"__pycache__", "node_modules", "build", "dist", "venv"}
INSTALLED = ("site-packages", "dist-packages")
MOST_FILES = 50_000


@dataclass(frozen=True)
class Project:
    """The part of a project to copy: `root`, its import folder, or some `entries` of it; and its tests."""

    root: Path
    tests: str
    entries: tuple[str, ...] = ()

    def path(self, module: str) -> Path | None:
        """Return the file of a module below the root, relative to it; None where it has none."""
        for folder in ("", "src"):
            base = Path(folder, *module.split("."))
            for file in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
                if (self.root / file).is_file():
                    return file
        return None

    def copied(self, target: Path) -> Path:
        """Copy the project to a folder that does not exist yet; return the folder."""
        target.mkdir()
        for count, path in enumerate(_files(self.root, self.entries)):
            if count > MOST_FILES:
                raise UserError(
                    f"{self.root} has more than {MOST_FILES:,} files: give tests inside one package"
                )
            file = target / path.relative_to(self.root)
            file.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                file.write_bytes(path.read_bytes())
            else:
                file.symlink_to(path)
        return target


def project(tests: str) -> Project:
    """Return the Project that a path of tests belongs to: the folder with its pyproject.toml, or an installed package.

    Raises UserError where there is no such path.
    """
    path = Path(tests).absolute()
    if not path.exists():
        raise UserError(f"there are no tests at {tests}: give a file or a folder of tests")
    for folder in path.parents:
        if folder.name in INSTALLED:
            package = path.relative_to(folder).parts[0]
            libraries = [e.name for e in folder.iterdir() if e.name.endswith(".libs")]
            return Project(folder, str(path.relative_to(folder)), (package, *libraries))
    for folder in (path, *path.parents) if path.is_dir() else path.parents:
        if any((folder / mark).exists() for mark in MARKS):
            return Project(folder, str(path.relative_to(folder)))
    here = Path.cwd()
    root = here if here in path.parents else path.parent
    return Project(root, str(path.relative_to(root)))


def text_of(path: Path) -> str:
    """Return the source of a file. Raises UserError where it cannot be read as UTF-8."""
    try:
        return regular(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as UTF-8: {error}") from error


def _files(root: Path, entries: tuple[str, ...]) -> Iterator[Path]:
    for entry in entries or ("",):
        top = root / entry
        if top.is_file():
            yield top
        for folder, folders, files in os.walk(top):
            folders[:] = [
                f
                for f in folders
                if not f.startswith(".") and f not in SKIPPED and not Path(folder, f, "pyvenv.cfg").exists()
            ]
            here = (Path(folder, f) for f in files if not f.endswith((".pyc", ".tmp")))
            yield from (path for path in here if path.is_file())  # no pipe, no link to nowhere
