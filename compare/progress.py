"""A progress bar on stderr; silent when stderr is no terminal."""

import contextlib
import sys


@contextlib.contextmanager
def steps_bar(label, total):
    """Gives progress(done, total) to call after each step."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done, total: bar.update(task, completed=done, total=total)
