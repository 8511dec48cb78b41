"""Ctrl-C, even where Python would lose it, and SIGTERM, which ends what was started too."""

import _thread
import contextlib
import signal
import sys
from collections.abc import Iterator
from threading import Timer, current_thread, main_thread


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Raise a Ctrl-C again where Python would only report it, as in the callback that jax gives the collector.

    SIGTERM raises SystemExit: by itself it ends this process at once, and a child that checks a file would go on.
    """
    reported = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            Timer(0.01, _thread.interrupt_main).start()  # a moment later: here it would be lost once more
        else:
            reported(unraisable)

    sys.unraisablehook = hook
    unheard = current_thread() is main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if unheard:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        sys.unraisablehook = reported
        if unheard:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
