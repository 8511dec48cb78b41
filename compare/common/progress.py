"""A progress bar: on stderr where that is a terminal, under the cell in a notebook, silent anywhere else."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

SHORTEST = 0.1  # seconds between two updates in a notebook

Update = Callable[[str, int, int | None], None]  # what is done, how much of it, of how much


@contextlib.contextmanager
def steps_bar(label: str, total: int | None) -> Iterator[Callable[[int, int], None] | None]:
    """Yield progress(done, total) to call after each step, or None where there is nothing to show it on."""
    with _bar(label, total) as update:
        yield None if update is None else partial(update, label)


@contextlib.contextmanager
def parts_bar() -> Iterator[Update | None]:
    """Yield progress(what, done, of) for work in named parts, or None where there is nothing to show it on."""
    with _bar("", None) as update:
        yield update


@contextlib.contextmanager
def _bar(label: str, total: int | None) -> Iterator[Update | None]:
    if display := notebook_display():
        yield _Cell(display).update
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total)

            def update(what: str, done: int, of: int | None) -> None:
                bar.update(task, description=what, completed=done, total=of)

            yield update
    else:
        yield None


def notebook_display() -> Any:
    """Return IPython's `display` in a notebook's kernel, else None. Imports nothing."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return ipython.display.display if shell is not None and hasattr(shell, "kernel") else None


class _Cell:
    """A bar below a notebook's cell, as plain HTML: no widget has to be installed."""

    def __init__(self, display: Any) -> None:
        self.display, self.last = display, -SHORTEST
        self.handle: Any = None

    def update(self, what: str, done: int, of: int | None) -> None:
        if monotonic() - self.last < SHORTEST and done != of:
            return
        self.last = monotonic()
        share = f' value="{done}" max="{of}"' if of else ""
        shown = _Html(f"<progress{share}></progress> {escape(what)} {done}{f' of {of}' if of else ''}")
        if self.handle is None:
            self.handle = self.display(shown, display_id=True)
        else:
            self.handle.update(shown)


class _Html:
    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text
