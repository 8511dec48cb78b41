"""The child's limits on time and memory: they count what the user's code takes, not what judging it takes."""

import faulthandler
import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Self, TextIO

from .clock import Clock
from .raised import NoAnswerError, place

GIGABYTE = 1 << 30
STATM = Path("/proc/self/statm")
SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Guard:
    """Entered around each call of the user's code; what exceeds a limit ends there.

    seconds: for all calls together; the time in which a call waits for other processes to leave a core does not count.
    memory: gigabytes that the code may hold, or None; limited on Linux only. Inside, sys.argv is the file alone: a
    script's argparse reads no options of threeways.
    trace: an open file, in which Python writes where it was when the time was over.  file: the user's.  clock: what
    the parent reads, for code that switches that off.
    """

    def __init__(
        self, seconds: float, memory: float | None, trace: TextIO, file: str, clock: Clock | None = None
    ):
        self.left, self.trace, self.file, self.clock = seconds, trace, file, clock
        self.memory = int(memory * GIGABYTE) if memory is not None and STATM.exists() else None
        self.depth, self.held = 0, 0

    def __enter__(self) -> Self:
        self.depth += 1
        if self.depth == 1:
            self.argv, sys.argv = sys.argv, [self.file]
            self.deepest = sys.getrecursionlimit()
            self.before = data_size()
            if self.memory is not None:
                _limit_data(self.before + max(self.memory - self.held, 0))
            # A thread of C, which needs no turn of the interpreter: a loop inside NumPy ends too.
            faulthandler.dump_traceback_later(max(self.left, 1e-3), exit=True, file=self.trace)
            if self.clock:
                self.clock.set(monotonic() + self.left)
            self.waited = waited()
            self.started = perf_counter()
        return self

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        self.depth -= 1
        if self.depth:
            return
        sys.argv = self.argv
        sys.setrecursionlimit(max(self.deepest, sys.getrecursionlimit()))  # the harness needs it as it was
        # Read before the timer is cancelled, whose thread needs a core to end.
        spent = perf_counter() - self.started - (waited() - self.waited)
        faulthandler.cancel_dump_traceback_later()
        if self.clock:
            self.clock.set(0.0)
        self.left -= max(spent, 0.0)
        if self.memory is not None:
            _limit_data(None)  # first of all, because the message takes memory too
            self.held = max(self.held + data_size() - self.before, 0)
        if isinstance(error, MemoryError):
            most = "" if self.memory is None else f" than {self.memory / GIGABYTE:g} GB"
            line = place(error, self.file) or Path(self.file).name
            message = f"your code needed more memory{most} ({line}): --memory gives more"
            raise NoAnswerError("memory", message) from None

    def around(self, function: Any) -> Any:
        """Return `function`, guarded; of an object with methods, guard the methods of its class."""
        if inspect.isroutine(function):
            return self._wrapped(function)
        for cls in type(function).__mro__:
            if cls.__module__ == type(function).__module__:  # the user's, not what it inherits from a library
                for name, method in list(vars(cls).items()):
                    if inspect.isfunction(method) and (name == "__call__" or not name.startswith("__")):
                        setattr(cls, name, self._wrapped(method))
        return function

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return guarded


def waited() -> float:
    """Return the seconds that this thread has waited for a core that another process had; 0 where Linux counts none."""
    try:
        return int(SCHEDSTAT.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def data_size() -> int:
    """Return the bytes of private writable memory, which RLIMIT_DATA counts; 0 without /proc.

    The address space would be a guess: torch maps 600 MB and can write to 180 of them.
    """
    if not STATM.exists():
        return 0
    import resource

    return int(STATM.read_text().split()[5]) * resource.getpagesize()


def _limit_data(size: int | None) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = hard if size is None or (hard != resource.RLIM_INFINITY and size > hard) else size
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
