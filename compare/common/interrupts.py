"""Ctrl-C, also where Python would lose it."""

import _thread
import contextlib
import sys
from threading import Timer


@contextlib.contextmanager
def heard():
    """Raise a Ctrl-C again that landed where exceptions are only reported: jax has a callback in the collector."""
    reported = sys.unraisablehook

    def hook(unraisable):
        if unraisable.exc_type is KeyboardInterrupt:
            Timer(0.01, _thread.interrupt_main).start()  # a moment later: here it would be lost once more
        else:
            reported(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = reported
