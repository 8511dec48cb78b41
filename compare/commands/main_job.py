"""The main job: gradients, training curves and timing of one network, into one result and one folder."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from ..common.errors import INCONCLUSIVE, INTERRUPTED, OUR_BUG, WRONG, UserError
from ..common.results import Displayed, environment, plain, write_json

WORST_FIRST = (OUR_BUG, WRONG, INCONCLUSIVE, 0)
FILES = ("report.json", "report.html")


@dataclass(frozen=True)
class RunResult(Displayed):
    """The raw results of each part, None where it was not reached, and how many seconds each took."""

    schema: str
    environment: dict
    gradients: object = None
    curves: object = None
    time: object = None
    seconds: dict = field(default_factory=dict)
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """The worst exit code of the parts."""
        if self.interrupted:
            return INTERRUPTED
        codes = {
            getattr(part, "exit_code", 0)
            for part in (self.gradients, self.curves, self.time)
            if part is not None
        }
        return next(code for code in WORST_FIRST if code in codes or code == 0)


def run_parts(work: dict[str, Callable[[], Any]], seed: int = 0) -> RunResult:
    """Do each part of `work`, {name: function without arguments}; Ctrl-C keeps the parts that are finished."""
    done, seconds, interrupted = {}, {}, False
    for name, part in work.items():
        started = perf_counter()
        try:
            done[name] = part()
        except KeyboardInterrupt:
            interrupted = True
        seconds[name] = perf_counter() - started
        # A part may have caught Ctrl-C itself, to keep the steps that were finished.
        if interrupted or getattr(done[name], "interrupted", False):
            interrupted = True
            break
    return RunResult("threeways/run/1", environment(seed), **done, seconds=seconds, interrupted=interrupted)


def free_folder(wanted: Path) -> Path:
    """Make and return the first of wanted, wanted-2, wanted-3, ... that holds no report.

    Raises UserError where nothing can be written there.
    """
    wanted = Path(wanted)
    for number in range(1, 10_000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        if not any((folder / name).exists() for name in FILES):
            break
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise UserError(f"cannot write {folder}: there is no folder {folder.parent}") from error
    except OSError as error:
        why = "a file of that name is there" if folder.is_file() else error.strerror
        raise UserError(f"cannot write the folder {folder}: {why}") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"cannot write {folder}: no permission")
    return folder


@contextlib.contextmanager
def reserved(wanted: Path) -> Iterator[Path]:
    """Yield `free_folder(wanted)`; remove it where nothing was written to it."""
    folder = free_folder(wanted)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # refuses, as it should, where a report is in it


def write_report(folder: Path, result: RunResult) -> str | None:
    """Write report.json, all raw results, and report.html, the page drawn from them; return why there is no page."""
    from ..report.html import write_page

    write_json(folder / "report.json", result)
    try:
        write_page(folder / "report.html", plain(result))
    except UserError as error:  # matplotlib or jinja2 is not installed: the results are kept
        return str(error)
    return None
