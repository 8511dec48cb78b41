"""Raw results: frozen dataclasses that become JSON, and files that are written whole or not at all."""

import contextlib
import dataclasses
import glob
import itertools
import json
import math
import os
import platform
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TextIO

from .errors import UserError
from .words import visible

SHOWN_PACKAGES = ("threeways", "numpy", "scipy", "torch", "jax", "jaxlib", "optax", "scikit-learn")
NAME = 180  # bytes of a file's name that the name of its temporary file repeats
TEMPORARY = re.compile(r"\.(\d+)-\d+\.tmp$")  # of which process
_NUMBERS = itertools.count()


class Displayed:
    """A result that shows itself: as text, and in a notebook as its page does.

    A result never imports what draws it: `door` names the one module that turns its plain form into text and HTML.
    """

    door: ClassVar[str] = "compare.report.door"

    def __init_subclass__(cls) -> None:
        cls.__repr__ = Displayed.__repr__  # type: ignore[method-assign]  # a dataclass would list every array

    def __str__(self) -> str:
        return import_module(self.door).text(plain(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {import_module(self.door).brief(plain(self))}>"

    def _repr_html_(self) -> str:
        return import_module(self.door).html(plain(self))


def plain(value: Any) -> Any:
    """Return `value` as JSON has it: no dataclasses, no arrays; non-finite numbers are "nan", "inf", "-inf"."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def number(value: Any) -> Any:
    """Invert `plain` for one number."""
    return float(value) if isinstance(value, str) else value


def environment(seed: int | None = None) -> dict[str, Any]:
    """Return where a result was made: versions, CPU, threads, flags, seed, command line."""
    versions = {name: _version(name) for name in SHOWN_PACKAGES}
    flags = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "XLA_FLAGS",
        "PJRT_NPROC",
        "JAX_ENABLE_X64",
    )
    return {
        "versions": versions,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_model(),
        "cores": cores(),
        "flags": {name: os.environ[name] for name in flags if name in os.environ},
        "seed": seed,
        "command": visible(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]])),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _version(name: str) -> str | None:
    from importlib import metadata  # long to import

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def check_writable(path: Path | str | None, force: bool = False) -> None:
    """Refuse before any work: an existing file without --force, a folder that is missing or not writable."""
    if path is None:
        return
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a file in it")
    if path.exists() and not force:
        raise UserError(f"{path} exists; --force replaces it")
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"cannot write {path}: no permission to write in {path.parent}")


def regular(path: Path | str) -> Path:
    """Return the path. Raises UserError for a pipe or a device, which may have no end."""
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path} is a pipe or a device; a file is needed")
    return path


def write_text(path: Path | str, text: str) -> None:
    """Write text as UTF-8, see `write_bytes`."""
    write_bytes(path, text.encode(errors="backslashreplace"))  # a lone surrogate, of a file's name


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write to a temporary name next to `path`, then rename: a reader sees the old file or the whole new one.

    The content is on the disk before the rename, so that a crash of the machine leaves no half either.
    """
    path = Path(path)
    sweep_left(path.parent, _short(path))
    temporary = path.with_name(f".{_short(path)}.{os.getpid()}-{next(_NUMBERS)}.tmp")
    try:
        with open(temporary, "xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)  # renamed, if all went well


def sweep_left(folder: Path, name: str = "*") -> None:
    """Remove temporary files that a killed process left in a folder: those of `name`, or all."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f".{name if name == '*' else glob.escape(name)}.*.tmp"):
            found = TEMPORARY.search(left.name)
            if found and not _runs(int(found[1])):
                left.unlink(missing_ok=True)


def _short(path: Path) -> str:
    """Return the name, short enough that a longer one made of it is still a name."""
    return os.fsdecode(os.fsencode(path.name)[:NAME])


def _runs(pid: int) -> bool:
    """Return whether a process of this number may run, here."""
    with contextlib.suppress(PermissionError):
        try:
            if hasattr(os, "killpg"):  # elsewhere than on POSIX, signal 0 is one like others
                os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True


def write_json(path: Path | str, result: Any) -> None:
    """Write one result dataclass as a JSON file."""
    write_text(path, json.dumps(plain(result), indent=1, allow_nan=False) + "\n")


def write_lines(out: TextIO, values: Iterable[Any]) -> None:
    """Write values as lines of JSON to an open file, at once: what was written stays where a run is ended."""
    out.writelines(json.dumps(plain(value), allow_nan=False) + "\n" for value in values)
    out.flush()


def read_json(path: Path | str) -> dict[str, Any]:
    """Read a JSON file that a command wrote. Raises UserError where it is none."""
    try:
        data = json.loads(regular(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}") from error
    except RecursionError as error:
        raise UserError(f"{path} is nested too deep for a result of threeways") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("threeways/"):
        raise UserError(f"{path} is not a result of threeways: it has no schema")
    return data
