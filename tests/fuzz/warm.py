"""The child of a user's file as a fork of this warm process: what imports torch and jax need not do so each time."""

import contextlib
import os
import subprocess
import sys
import threading
import traceback
from typing import Any

from compare.common import child

PYTHON = [sys.executable, "-P", "-c"]


class Warm(subprocess.Popen):
    """Popen, but a Python that runs a text begins here, with all modules of this process; others start as ever."""

    def _execute_child(
        self, args: Any, executable: Any, preexec: Any, close: Any, keep: Any, cwd: Any, env: Any, *more: Any
    ) -> None:
        if list(args[:3]) != PYTHON:
            super()._execute_child(args, executable, preexec, close, keep, cwd, env, *more)  # type: ignore[misc]
            return
        pipes = more[3:9]  # both ends of standard input, output and error
        self.pid = os.fork()
        if not self.pid:
            _become(args[3:], env, (pipes[0], pipes[3], pipes[5]))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _become(arguments: list[str], env: dict[str, str], ends: tuple[int, int, int]) -> None:
    """Run arguments[0] as a new Python would; does not return."""
    status = 1
    try:
        os.setsid()
        for descriptor, end in enumerate(ends):
            os.dup2(end, descriptor)
        os.closerange(3, 512)
        os.environ.clear(), os.environ.update(env)
        sys.argv = ["-c", *arguments[1:]]
        sys.stdin, sys.stdout, sys.stderr = (
            open(fd, mode, buffering=1, errors=errors, closefd=False)  # noqa: SIM115
            for fd, mode, errors in ((0, "r", None), (1, "w", None), (2, "w", "backslashreplace"))
        )
        exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        import atexit

        atexit._run_exitfuncs()
    with contextlib.suppress(BaseException):
        sys.stdout.flush(), sys.stderr.flush()
    os._exit(status & 255)


class _Warmed:
    """subprocess, with another Popen."""

    Popen = Warm

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)


def installed() -> None:
    """Let children of compare begin warm, in this process."""
    child.subprocess = _Warmed()  # type: ignore[assignment]
