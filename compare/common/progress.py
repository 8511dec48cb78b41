"""Progress bars: on stderr where that is a terminal, under the cell in a notebook, silent anywhere else.

A bar shows what is done, the seconds so far and, where its end is known, those that are left.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

SHORTEST = 0.1  # seconds between two updates in a notebook
SOON = 2.0  # seconds after which a command without parts says what it is at

Update = Callable[[str, int, int | None], None]  # what is done, how much of it, of how much


@contextlib.contextmanager
def steps_bar(label: str, total: int | None) -> Iterator[Callable[[int, int], None] | None]:
    """Yield progress(done, total) to call after each step, or None where there is nothing to show it on."""
    with _bar(label, total) as update:
        yield None if update is None else partial(update, label)


@contextlib.contextmanager
def parts_bar(label: str = "") -> Iterator[Update | None]:
    """Yield progress(what, done, of) for work in named parts, or None where there is nothing to show it on.

    label: what is done before the first call.
    """
    with _bar(label, None) as update:
        yield update


@contextlib.contextmanager
def named_bars(names: Sequence[str]) -> Iterator[dict[str, Update] | None]:
    """Yield {name: update}, a bar for each part of a job, all shown from the start; None where there is no place."""
    if display := notebook_display():
        yield {name: _Cell(display).update for name in names}
    elif sys.stderr.isatty():
        with _progress() as bars:
            tasks = {name: bars.add_task(name, total=None, start=False) for name in names}
            yield {name: _updating(bars, task, f"{name}: ") for name, task in tasks.items()}
    else:
        yield None


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show `what` and the seconds so far, once they are more than 2, where a terminal is there to show it on."""
    if not sys.stderr.isatty() or notebook_display():
        yield
        return
    shown: list[Progress] = []

    def show() -> None:
        shown.append(_progress())
        shown[0].add_task(what, total=None)
        shown[0].start()

    timer = threading.Timer(SOON, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for bars in shown:
            bars.stop()


def tracked(update: Update | None, what: str) -> Callable[[list], Iterable] | None:
    """Return a function that yields the items of a list and says how many are done; None without `update`."""
    if update is None:
        return None

    def track(items: list) -> Iterator[Any]:
        for done, item in enumerate(items):
            update(what, done, len(items))
            yield item
        update(what, len(items), len(items))

    return track


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _updating(bars: "Progress", task: Any, prefix: str = "") -> Update:
    def update(what: str, done: int, of: int | None) -> None:
        bars.start_task(task)
        bars.update(task, description=prefix + what, completed=done, total=of)

    return update


@contextlib.contextmanager
def _bar(label: str, total: int | None) -> Iterator[Update | None]:
    if display := notebook_display():
        yield _Cell(display).update
    elif sys.stderr.isatty():
        with _progress() as bars:
            yield _updating(bars, bars.add_task(label, total=total))
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
