"""A file that is judged outside of its process: it is sent arrays and returns arrays, and only these are judged."""

import contextlib
import subprocess
import tempfile
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import perf_counter

import numpy as np

from ..common.errors import UserError
from . import wire
from .guard import NoAnswerError
from .process import GRACE, Printed, end, no_answer, raise_failure, start

STARTING = 120.0  # seconds for Python and NumPy to be imported on a busy machine
# One thread each: many are judged at once, and what BLAS reserves for threads would count as memory.
SINGLE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


class Session:
    """The person's function in its child: `with Session(file, timeout=10, memory=1) as theirs: theirs.call(...)`.

    timeout: seconds of their code in all; memory: gigabytes; watched: names of modules whose import is noticed.
    NoAnswerError where the file gives no answer; `kind` says how.
    """

    def __init__(self, file, function=None, timeout=60.0, memory=1.0, watched=()):
        self.file, self.timeout = str(file), timeout
        self.request = {
            "file": self.file,
            "function": function,
            "timeout": timeout,
            "memory": memory,
            "watched": list(watched),
            "argv": [self.file],
            "environment": SINGLE,
        }
        self.seconds, self.imported, self.changed, self.failure = 0.0, [], [], None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="threeways-")
        self.trace = Path(self.folder.name, "trace")
        pipe = subprocess.PIPE
        self.child = start(self.request | {"trace": str(self.trace)}, stdin=pipe, stdout=pipe, stderr=pipe)
        self.printing = Printed(self.child.stderr)
        try:
            self._exchange(None, STARTING)
            self._asked(None)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *raised):
        end(self.child)
        self.printing.close()
        self.talking.join(1.0)
        if not self.talking.is_alive():  # else a process they left behind still holds the other end
            for stream in (self.child.stdin, self.child.stdout):
                with contextlib.suppress(OSError):
                    stream.close()
        self.folder.cleanup()

    @property
    def printed(self):
        return self.printing.text

    def call(self, params, x, y, noisy=None):
        """(loss or None, {name: gradient}) of one call.

        noisy: a seed; every NumPy operation of theirs is then moved by an ulp.
        """
        answer = self._asked({"params": params, "x": x, "y": y, "noisy": noisy})
        try:
            loss, grads = answer["loss"], answer["grads"]
            self.changed += [name for name in answer.get("changed", ()) if name not in self.changed]
            loss, grads = (
                loss if loss is None else float(loss),
                {str(n): np.array(a) for n, a in grads.items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._gave_up(wire.BrokenError("the answer cannot be read")) from error
        return loss, grads

    def _asked(self, message):
        """The answer to one message, their time counted; what went wrong there raised here."""
        if self.failure:
            raise self.failure
        started = perf_counter()
        try:
            answer = self._exchange(message, max(self.timeout - self.seconds, 0) + GRACE)
        finally:
            self.seconds += perf_counter() - started
        self.imported = answer.get("imported", self.imported)
        raise_failure(answer)
        return answer

    def _exchange(self, message, seconds):
        """Send and receive in a thread: either can wait for ever on a process that is not ours."""
        done: Queue = Queue()
        self.talking = Thread(target=self._talk, args=(message, done), daemon=True)
        self.talking.start()
        try:
            answer = done.get(timeout=seconds)
        except Empty:
            raise self._gave_up("late") from None
        if isinstance(answer, UserError):
            raise answer
        if not isinstance(answer, dict):
            raise self._gave_up(answer)
        return answer

    def _talk(self, message, done):
        try:
            if message is not None:
                wire.send(self.child.stdin, message)
            done.put(wire.receive(self.child.stdout))
        except Exception as error:
            done.put(error)

    def _gave_up(self, why):
        """The NoAnswerError that says why there is no answer: "late", None (the end came first), or an error in it."""
        if why != "late":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(1.0)  # it is ending: with what status?
        status = self.child.poll()
        end(self.child)
        if isinstance(why, wire.BrokenError) or (status is None and why != "late"):
            said = f"{Path(self.file).name}: {why or 'it went silent'}: does it use file descriptors not its own?"
            self.failure = NoAnswerError("crashed", said)
        else:
            self.failure = NoAnswerError(*no_answer(self.file, status, self.timeout, self.trace))
        return self.failure
