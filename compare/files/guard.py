"""The child's limits on time and memory: they count what the person's code takes, not what judging it takes."""

import faulthandler
import functools
import inspect
from pathlib import Path
from time import perf_counter

from ..common.errors import UserError
from .raised import place

GIGABYTE = 1 << 30
STATM = Path("/proc/self/statm")


class NoAnswerError(UserError):
    """Their code gave no answer. kind: "raised", "time", "memory", "crashed" or "unusable"."""

    def __init__(self, kind, said):
        super().__init__(said)
        self.kind = kind


class Guard:
    """Entered around each call of their code; what goes beyond a limit ends there.

    seconds: in all calls together.  memory: bytes that their code may hold, or None; Linux only, elsewhere it is
    not limited.  trace: an open file, into which Python writes where it was when the time was over.  file: theirs.
    """

    def __init__(self, seconds, memory, trace, file):
        self.left, self.trace, self.file = seconds, trace, file
        self.memory = memory if STATM.exists() else None
        self.depth, self.held = 0, 0

    def __enter__(self):
        self.depth += 1
        if self.depth == 1:
            self.before = data_size()
            if self.memory is not None:
                _limit_data(self.before + max(self.memory - self.held, 0))
            # A thread of C, which needs no turn of the interpreter: a loop inside NumPy ends too.
            faulthandler.dump_traceback_later(max(self.left, 1e-3), exit=True, file=self.trace)
            self.started = perf_counter()
        return self

    def __exit__(self, kind, error, where):
        self.depth -= 1
        if self.depth:
            return
        faulthandler.cancel_dump_traceback_later()
        self.left -= perf_counter() - self.started
        if self.memory is not None:
            _limit_data(None)  # first of all: to say that memory is short takes memory
            self.held = max(self.held + data_size() - self.before, 0)
        if isinstance(error, MemoryError):
            most = "" if self.memory is None else f" than {self.memory / GIGABYTE:g} GB"
            where = place(error, self.file) or Path(self.file).name
            raise NoAnswerError(
                "memory", f"your code needed more memory{most} ({where}); --memory gives more"
            ) from None

    def around(self, function):
        """`function`, guarded; of an object with methods, the methods of its class."""
        if inspect.isroutine(function):
            return self._wrapped(function)
        for cls in type(function).__mro__:
            if cls.__module__ == type(function).__module__:  # theirs; not what it inherits from a library
                for name, method in list(vars(cls).items()):
                    if inspect.isfunction(method) and (name == "__call__" or not name.startswith("__")):
                        setattr(cls, name, self._wrapped(method))
        return function

    def _wrapped(self, function):
        @functools.wraps(function)
        def guarded(*args, **kwargs):
            with self:
                return function(*args, **kwargs)

        return guarded


def data_size():
    """Bytes of private writable memory: what RLIMIT_DATA counts. 0 where /proc does not say.

    Not the address space: torch maps 600 MB and can write to 180 of them; a limit on that would be a guess.
    """
    if not STATM.exists():
        return 0
    import resource

    return int(STATM.read_text().split()[5]) * resource.getpagesize()


def _limit_data(size):
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = hard if size is None or (hard != resource.RLIM_INFINITY and size > hard) else size
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
