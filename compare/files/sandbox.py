"""bubblewrap around the child of a submission: it sees Python and its own file, and reaches no network or process.

Own PID, user, network, IPC and cgroup namespaces; a file system of read-only folders and an empty /tmp in memory; no
capabilities; a short environment. https://github.com/containers/bubblewrap
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from ..common.child import ROOT
from ..common.errors import UserError, nearest

MODES = ("auto", "bwrap", "none")
SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/alternatives",
)
PACKAGES = ("compare", "manual")  # of the harness: what the child runs
SCRATCH = ("--size", str(256 << 20))  # bytes of /tmp
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "THREEWAYS_SEARCH")
NEWER = ("--size", "--disable-userns")  # options that old versions do not have
NAMESPACES = ("user", "pid", "net", "ipc", "uts", "cgroup-try")


@dataclass(frozen=True)
class Sandbox:
    """The sandbox that submissions run in. bwrap: the program, or None without a sandbox.  said: the report's line.

    options: those of NEWER that the program knows.
    """

    bwrap: str | None = None
    said: str = "none"
    options: frozenset[str] = frozenset()

    def command(
        self,
        readable: Iterable[str] = (),
        writable: Iterable[str] = (),
        hidden: Iterable[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Return the command that precedes the child's own; [] without a sandbox.

        readable: the submission's files.  writable: files that the child writes.  hidden: files and folders that are
        empty there.  variables: the child's environment, besides what it keeps of this one.
        """
        if self.bwrap is None:
            return []
        command = [self.bwrap, *(f"--unshare-{name}" for name in NAMESPACES), "--die-with-parent"]
        command += ["--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv", "HOME", "/tmp"]
        command += ["--disable-userns"] if "--disable-userns" in self.options else []
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        for name, value in (kept | dict(variables or {})).items():
            command += ["--setenv", name, value]
        command += ["--tmpfs", "/", *(SCRATCH if "--size" in self.options else ()), "--tmpfs", "/tmp"]
        command += ["--proc", "/proc", "--dev", "/dev"]
        bound = [*_places(), *readable]
        for path in bound:
            command += ["--ro-bind", path, path]
        for path in writable:
            command += ["--bind", path, path]
        for path in hidden:
            if any(Path(path).is_relative_to(folder) for folder in bound):
                command += ["--tmpfs", path] if Path(path).is_dir() else ["--ro-bind", os.devnull, path]
        return [*command, "--remount-ro", "/", "--chdir", "/tmp"]


NO_SANDBOX = Sandbox()


def _places() -> list[str]:
    """Return the files and folders that Python, its packages and the harness need, an outer folder before an inner."""
    harness = [str(Path(ROOT, name)) for name in PACKAGES]
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent)]
    known = [*SYSTEM, *python, *(p for p in sys.path if p and "site-packages" in p), *harness]
    return sorted({str(Path(p)) for p in known if Path(p).exists()})


def folders(names: Iterable[str]) -> list[str]:
    """Return the folders of packages that are installed, without that of the harness, which runs from it."""
    found: list[str] = []
    for name in names:
        with contextlib.suppress(ImportError, ValueError):
            spec = find_spec(name)
            if spec is not None and name != "compare":
                found += map(str, spec.submodule_search_locations or ())
    return found


@lru_cache
def chosen(mode: str) -> Sandbox:
    """Return the Sandbox of `--sandbox`: "auto" takes bubblewrap where it works. Raises UserError for another mode."""
    if mode not in MODES:
        raise UserError(f"--sandbox {mode}: {nearest(mode, MODES)}")
    if mode == "none":
        return NO_SANDBOX
    try:
        return _tried(shutil.which("bwrap"))
    except OSError as error:
        if mode == "bwrap":
            raise UserError(f"--sandbox bwrap: {error}") from None
        return Sandbox(said=f"none: {error}")


def _tried(bwrap: str | None) -> Sandbox:
    """Return the Sandbox of a bubblewrap in which Python starts. Raises OSError with what is missing."""
    if bwrap is None:
        raise OSError("bubblewrap (bwrap) is not installed")
    known = _run([bwrap, "--help"]).stdout.split()
    found = Sandbox(bwrap, "bubblewrap", frozenset(NEWER) & frozenset(known))
    done = _run([*found.command(), sys.executable, "-P", "-c", "import numpy"])
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise OSError(f"bubblewrap does not work here: {lines[-1] if lines else done.returncode}")
    return found


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OSError(f"bubblewrap does not start: {type(error).__name__}") from error
