"""The child process of a check: loads the user's file and judges it.

Run by process.py. What the user's code does (raise, print, loop, end the process) happens here.
"""

import sys
from base64 import b64decode
from io import BytesIO
from typing import Any

from ..common.channel import private_channel, receive, send
from ..common.errors import UserError
from ..common.results import plain
from . import checked, wire
from .clock import Clock
from .guard import Guard
from .loading import load
from .raised import guarded, silent
from .surroundings import Surroundings


def main() -> None:
    """Answer each request until the pipe is closed."""
    inbox, outbox = private_channel()
    around = Surroundings()
    while (request := receive(inbox)) is not None:
        sys.argv = request["argv"]  # the command line that the report quotes
        with open(request["trace"], "w") as trace:
            guard = Guard(
                request["timeout"], request["memory"], trace, request["file"], Clock(request["clock"])
            )
            with silent():
                answer = guarded(request["file"], _judged, request, guard, around=around)
                around.restored()
                send(outbox, answer)


def _judged(request: dict[str, Any], guard: Guard) -> dict[str, Any]:
    given = {}
    if "inputs" in request:
        from .serving import no_processes

        given["inputs"] = wire.receive(BytesIO(b64decode(request["inputs"])))
        sys.addaudithook(no_processes)  # the file of a course, as in serving.py
    with guard:
        loaded = load(request["file"], first_pass=True)
    if (asked := request.get("operation")) is not None:
        from . import operated

        report = operated.judge(loaded, guard, request["function"], operated.Asked(**asked))
        return {"report": plain(report), "exit": report.exit_code}
    judge: Any = checked.judge
    if request.get("derivatives"):
        from . import derived

        judge = derived.judge
    if request.get("certify"):
        given["certify"] = True
    try:
        result = judge(loaded, guard, request["function"], **given)
    except UserError:
        if given or request.get("derivatives") or not {"torch", "jax"} & sys.modules.keys():
            raise
        from . import operated

        operation = operated.alone(loaded, request["function"])
        if operation is None:
            raise
        result = operated.judge(loaded, guard, operation, operated.by_default())
    return {"report": plain(result), "exit": result.exit_code}
