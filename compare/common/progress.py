"""A progress bar: on stderr where that is a terminal, under the cell in a notebook, silent anywhere else."""

import contextlib
import sys
from html import escape
from time import monotonic

SHORTEST = 0.1  # seconds between two updates in a notebook


@contextlib.contextmanager
def steps_bar(label, total):
    """Gives progress(done, total) to call after each step, or None where nobody would see it."""
    with _bar(label, total) as update:
        yield update and (lambda done, total: update(label, done, total))


@contextlib.contextmanager
def parts_bar():
    """Gives progress(what, done, of) for work that says what is going on, or None where nobody would see it."""
    with _bar("", None) as update:
        yield update


@contextlib.contextmanager
def _bar(label, total):
    if display := notebook_display():
        yield _Cell(display).update
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
    else:
        yield None


def notebook_display():
    """IPython's `display`, where this runs in a notebook's kernel; else None. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return ipython.display.display if shell is not None and hasattr(shell, "kernel") else None


class _Cell:
    """A bar below a notebook's cell, as plain HTML: no widget has to be installed."""

    def __init__(self, display):
        self.display, self.handle, self.last = display, None, -SHORTEST

    def update(self, what, done, of):
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
    def __init__(self, text):
        self.text = text

    def _repr_html_(self):
        return self.text
