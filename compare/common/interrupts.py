"""Ctrl-C, even where Python would lose it."""

import _thread
import contextlib
import sys
from collections.abc import Iterator
from threading import Timer


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Raise again a Ctrl-C that fell where Python only reports exceptions: jax has a callback in the collector."""
    reported = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            Timer(0.01, _thread.interrupt_main).start()  # a moment later: here it would be lost once more
        else:
            reported(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = reported
