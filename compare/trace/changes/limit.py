"""A limit on the CPU time of each of many calls, where the system has one: an edit may let a loop run for hours."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from ...common.errors import UserError

LONGEST = 1.0  # CPU seconds of the process; a quick call has
QUICK, TIMES = 0.15, 40  # at least so many seconds, and so many times its own
TICK = 0.05
TIMES_AS_LONG = "THREEWAYS_SEARCH"  # a variable of the environment, which processes of checks inherit


class OverTimeError(BaseException):
    """The call took too long. No Exception: the user's code may catch these."""


class Limit:
    """Whether a call runs, and since when.

    Where a timer runs already, on another thread than the main one, and on Windows calls run as long as they take.
    """

    def __init__(self) -> None:
        self.started: float | None = None
        self.longest = LONGEST

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Let the timer tick in the block."""
        self.longest = LONGEST
        if not _free():
            yield
            return

        def tick(_: int, __: FrameType | None) -> None:
            if self.started is not None and time.process_time() - self.started > self.longest:
                raise OverTimeError

        said = sys.unraisablehook

        def say(lost: "sys.UnraisableHookArgs") -> None:
            # A __del__, a weak reference's callback or one of the garbage collector may run as the timer ticks: what
            # is raised there is lost, and the next tick comes soon.
            if not isinstance(lost.exc_value, OverTimeError):
                said(lost)

        sys.unraisablehook = say
        signal.signal(signal.SIGPROF, tick)
        signal.setitimer(signal.ITIMER_PROF, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            sys.unraisablehook = said

    def allow(self, seconds: float) -> None:
        """Give the calls to come the time of one that takes so many seconds, and much more."""
        self.longest = min(LONGEST, max(QUICK, TIMES * seconds))

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """Raise OverTimeError in the block once it takes too long."""
        self.started = time.process_time()
        try:
            yield
        finally:
            self.started = None


def allowed(seconds: float) -> float:
    """Return how long a search may take that takes so many CPU seconds at most, times THREEWAYS_SEARCH.

    Raises UserError where that variable of the environment is no number from 0 to a million.
    """
    said = os.environ.get(TIMES_AS_LONG, "1")
    try:
        times = float(said)
    except ValueError:
        times = -1.0
    if not 0 <= times < 1e6:
        raise UserError(
            f"{TIMES_AS_LONG}={said!r} is not a number from 0 to 999999: how many times as long a search may take"
        )
    return times * seconds


def _free() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return not signal.getitimer(signal.ITIMER_PROF)[0] and signal.getsignal(signal.SIGPROF) == signal.SIG_DFL


LIMIT = Limit()
