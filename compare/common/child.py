"""A child process: a Python in a process group of its own, which answers one message at a time."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, BinaryIO, Self, cast

from . import channel

ROOT = str(Path(__file__).resolve().parents[2])
BOOT = "import sys; root = sys.argv.pop(1); root in sys.path or sys.path.insert(0, root)\n"
KEPT = 20_000  # bytes kept of the beginning of what a child prints
TAIL = 2_000  # and of its end
SIGNALLED = 128
MARK = "THREEWAYS_CHILD"  # an environment variable, which what a child starts inherits
LOOK = 1.0  # seconds between two looks whether a silent child still runs


class ChildError(Exception):
    """The child gave no answer.

    late: its time ran out.  status: how it ended, or None where it still ran and was ended.  reason: why its answer
    cannot be read, if one came.
    """

    def __init__(self, late: bool, status: int | None, reason: str = ""):
        super().__init__("late" if late else reason or f"ended with {ending(status)}")
        self.late, self.status, self.reason = late, status, reason


class Child:
    """A Python process that runs `code`, reads messages from stdin and answers each on stdout; a context manager.

    arguments: its sys.argv[1:].  environment: variables over those of this process.  within: a sandbox's command, in
    front of the child's own; it ends with status 128 + n where signal n ended the child.  send, receive: how a
    message is written and read.  What the process prints to stderr is read to its end, so that it never waits.
    """

    def __init__(
        self,
        code: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
        send: Callable[[BinaryIO, Any], None] = channel.send,
        receive: Callable[[BinaryIO], Any] = channel.receive,
    ):
        self.send, self.receive, self.sandboxed = send, receive, bool(within)
        self.process = subprocess.Popen(
            [*within, sys.executable, "-P", "-c", BOOT + code, ROOT, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | dict(environment or {}),
            start_new_session=True,  # Ctrl-C reaches this process alone, and one kill reaches what the child started
        )
        self.stdin, self.stdout = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        self.kept, self.tail = b"", b""
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()
        self.talking: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.end()

    def ask(self, message: Any, seconds: float) -> Any:
        """Return the answer to `message`. Raises ChildError, and ends the child, where none comes in time.

        What `send` raises for a message that cannot be written, other than OSError and ValueError, is raised as it is.
        """
        answers: list[Any] = []
        # A thread, because both sending and receiving can wait for ever.
        self.talking = Thread(target=self._talk, args=(message, answers), daemon=True)
        self.talking.start()
        limit, stopped = monotonic() + seconds, False
        while self.talking.is_alive() and (left := limit - monotonic()) > 0:
            self.talking.join(min(left, LOOK))
            if self.overdue() or _stopped(self.process.pid):
                stopped = not self.overdue()
                break
            if self.process.poll() is not None:  # a process that it left behind may hold the pipe open
                self.talking.join(LOOK)
                break
        answer = answers[0] if answers else None
        if answer is not None and not isinstance(answer, Exception):
            return answer
        if answer is not None and not isinstance(answer, (OSError, ValueError)):
            raise answer  # the message cannot be sent: nothing was
        late = self.talking.is_alive() and self.process.poll() is None
        if not late:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK)  # it is ending: with what status?
        status = self.process.poll()
        if self.sandboxed and status is not None and status > SIGNALLED:
            status = SIGNALLED - status
        if stopped:
            late, status = False, -signal.SIGSTOP
        self.end()
        raise ChildError(late, status, str(answer) if isinstance(answer, ValueError) else "")

    def overdue(self) -> bool:
        """Return whether it has taken more time than it may, by another clock than the question's."""
        return False

    def _talk(self, message: Any, answers: list[Any]) -> None:
        try:
            self.send(self.stdin, message)
            answers.append(self.receive(self.stdout))
        except Exception as error:
            answers.append(error)

    def finish(self, seconds: float) -> None:
        """Send no more messages and wait for the child to end by itself."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.stdin.close()
            self.process.wait(seconds)

    def end(self) -> None:
        """End the child and what it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        pairs = ((self.reader, (self.process.stderr,)), (self.talking, (self.stdin, self.stdout)))
        for thread, streams in pairs:
            if thread:
                thread.join(LOOK)
            if thread and thread.is_alive():
                continue  # a process that the child left behind still holds the other end
            for stream in streams:
                with contextlib.suppress(OSError):
                    cast(BinaryIO, stream).close()

    def _read(self) -> None:
        while block := self.process.stderr.read1(65536):  # type: ignore[union-attr]
            self.kept += block[: KEPT - len(self.kept)]
            self.tail = (self.tail + block)[-TAIL:]

    @property
    def printed(self) -> str:
        """The beginning of what the child printed."""
        return self.kept.decode("utf-8", "replace")

    def last_words(self) -> str:
        """Return the last line that an ended child printed, or how it ended."""
        self.reader.join(LOOK)
        lines = [line for line in self.tail.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1][:200] if lines else ending(self.process.poll())


def _stopped(pid: int) -> bool:
    """Return whether a child has been stopped by a signal, and waits for another to go on."""
    if not hasattr(os, "waitid"):
        return False
    with contextlib.suppress(ChildProcessError):
        return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    return False


def end_left(mark: str) -> None:
    """End the processes that a child left behind in groups of their own: those with its mark, on Linux."""
    wanted = f"{MARK}={mark}".encode()
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in place.read_bytes().split(b"\0"):
                os.kill(int(place.parent.name), signal.SIGKILL)


def ending(status: int | None) -> str:
    """Return how a process ended: 'status 3' or 'signal SIGSEGV'."""
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"status {status}"
