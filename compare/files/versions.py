"""The child of a file with two or three versions of a network: load it, do the work that was asked for, answer.

The parent's side is `work`.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from ..common.channel import private_channel, receive, send
from ..common.results import plain
from ..common.words import printed_by_user
from . import trio
from .clock import Clock
from .guard import Guard
from .process import GRACE, JUDGING, MEMORY, FileChild, Outcome
from .raised import NoAnswerError, guarded, silent
from .surroundings import Surroundings

LOADING = 180.0  # seconds that the file may take: it imports two frameworks, perhaps on a busy machine


def work(
    file: str | Path,
    task: str,
    options: dict[str, Any],
    argv: list[str],
    dtype: str = "float64",
    timeout: float = JUDGING,
) -> Outcome:
    """Return the Outcome of `task`, a function 'module:name' of (trio, **options), in a process of its own.

    timeout: seconds in all; the file itself may take LOADING of them to load. Raises NoAnswerError with one line for
    what the user's code did instead.
    """
    failure = None
    environment = {"JAX_ENABLE_X64": str(int(dtype == "float64"))}
    with FileChild("versions", str(file), None, LOADING, MEMORY, environment) as child:
        try:
            found = child.answer(child.request | {"argv": argv, "task": task, "options": options}, timeout)
        except NoAnswerError as error:
            failure = error
        child.finish(GRACE)
    if failure:
        raise NoAnswerError(failure.kind, f"{failure}{printed_by_user(child.printed)}")
    return Outcome(found["report"], found["exit"], child.printed)


def main() -> None:
    """Answer each request until the pipe is closed."""
    inbox, outbox = private_channel()
    around = Surroundings()
    while (request := receive(inbox)) is not None:
        sys.argv = request["argv"]  # the command line that the result quotes
        with open(request["trace"], "w") as trace:
            guard = Guard(request["timeout"], None, trace, request["file"], Clock(request["clock"]))
            with silent():
                answer = guarded(request["file"], _done, request, guard, around=around)
                around.restored()
                send(outbox, answer)


def _done(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    with guard:
        found = trio.read(request["file"])
    module, _, name = request["task"].partition(":")
    result = getattr(import_module(module), name)(found, **request["options"])
    return {"report": plain(result), "exit": result.exit_code}
