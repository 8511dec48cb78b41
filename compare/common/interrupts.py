"""Ctrl-C, even where Python would lose it."""

import _thread
import contextlib
import sys
from collections.abc import Iterator
from threading import Timer


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Raise a Ctrl-C again where Python would only report it, as in the callback that jax gives the collector."""
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
