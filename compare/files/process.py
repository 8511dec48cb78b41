"""The parent's side: start a child for a user's file, and tell an answer from a raise, a crash or a loop."""

import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any

from ..common import channel
from ..common.child import MARK, Child, ChildError, end_left, ending
from ..common.errors import FEW
from ..common.scratch import Scratch
from ..common.words import printed_by_user, visible
from . import clock
from .raised import KINDS, NoAnswerError
from .sandbox import NO_SANDBOX, Sandbox

TIMEOUT, MEMORY = 60.0, 4.0  # seconds and gigabytes that the user's own file may take
GRACE = 5.0  # seconds beyond the time limit in which the child writes where it was
JUDGING = 3600.0  # seconds that judging may take: only a child that no longer answers takes so long
LARGEST_TEXT = 2_000  # characters of a message about the user's code
MOST_ANSWER = 1 << 24  # bytes of the answer about a submission


@dataclass(frozen=True)
class Outcome:
    """One file's answer: its report in plain form, the exit status, and what the file printed."""

    report: dict[str, Any]
    exit: int
    printed: str


class FileChild(Child):
    """A child that runs one user file within limits.

    main: the module of this room whose main() runs there.  timeout: seconds; memory: gigabytes.  sandbox: around
    the child, which then sees the file and `beside`, files and folders; `hidden` ones are empty there.  wire: send
    and receive of Child.
    """

    def __init__(
        self,
        main: str,
        file: str,
        function: str | None,
        timeout: float,
        memory: float,
        environment: Mapping[str, str] | None = None,
        sandbox: Sandbox = NO_SANDBOX,
        beside: Iterable[str] = (),
        hidden: Iterable[str] = (),
        **wire: Any,
    ):
        self.folder = Scratch()
        self.trace = Path(self.folder.name, "trace")
        self.trace.touch()
        self.clock = Path(self.folder.name, "clock")
        self.clock.write_bytes(bytes(clock.SIZE))
        self.file, self.timeout, self.main = file, timeout, main
        self.imported: list[str] = []  # of the modules that were to be noticed
        self.failure: NoAnswerError | None = None
        self.request: dict[str, Any] = {
            "file": file,
            "function": function,
            "timeout": timeout,
            "memory": memory,
            "trace": str(self.trace),
            "clock": str(self.clock),
        }
        # A file written with jax is judged in float64, as everything else.
        variables = {"JAX_ENABLE_X64": os.environ.get("JAX_ENABLE_X64", "1"), "PYTHONUNBUFFERED": "1"}
        variables |= {MARK: str(self.folder.name)} | dict(environment or {})
        if main == "child" and sandbox.bwrap is None:  # what the code leaves there goes with the folder
            variables["TMPDIR"] = self.folder.name
        code = f"from compare.files.{main} import main; main()"
        within = sandbox.command([file, *beside], [str(self.trace), str(self.clock)], hidden, variables)
        super().__init__(code, environment=variables, within=within, **wire)

    def __exit__(self, *raised: object) -> None:
        if not self.sandboxed:
            end_left(self.folder.name)  # first: what it left behind may hold the pipes open
        super().__exit__(*raised)
        self.folder.cleanup()

    def overdue(self) -> bool:
        """Return whether the user's code has had its time, and the child has not noticed."""
        return 0 < clock.read(self.clock) < monotonic() - GRACE

    def answer(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the child's answer.

        Raises NoAnswerError for what the user's code did instead, RuntimeError for a failure of the harness.
        """
        if self.failure:
            raise self.failure
        try:
            found = self.ask(message, seconds)
        except ChildError as error:
            raise self.give_up(error) from None
        if not isinstance(found, dict):
            raise self.give_up(ChildError(False, None, "the answer cannot be read"))
        if isinstance(names := found.get("imported"), list):
            self.imported = sorted({*self.imported, *(_text(name) for name in names[:FEW])})
        if "unusable" in found:
            kind = found.get("kind")
            raise NoAnswerError(kind if kind in KINDS else "unusable", _text(found["unusable"]))
        if "bug" in found:
            failure = RuntimeError(_text(found["bug"]))
            failure.add_note(_text(found.get("traceback")))
            raise failure
        return found

    def give_up(self, error: ChildError) -> NoAnswerError:
        """End the child; return the NoAnswerError that every further question raises."""
        self.end()
        self.failure = NoAnswerError(*self._why(error))
        return self.failure

    def _why(self, error: ChildError) -> tuple[str, str]:
        name = visible(Path(self.file).name)
        if error.reason or (error.status is None and not error.late):
            why = error.reason or "it went silent"
            return "crashed", f"{name}: {why}: does it use file descriptors not its own?"
        seen = self.trace.read_text(errors="replace") if self.trace.exists() else ""
        if error.late or seen:
            lines = re.findall(r'File "([^"]+)", line (\d+)', seen)
            file = Path(self.file).name
            own = next((line for where, line in lines if Path(where.split(", cell ")[0]).name == file), None)
            place = f" in {name}, line {own}" if own else f" ({name})"
            if self.main == "versions":  # only loading the file is limited, and no option changes that
                late = f"gave no answer in {JUDGING:g} s{place}"
                slow = f"loading it took more than {self.timeout:g} s{place}: keep long work out of it"
                return "time", late if error.late else slow
            return "time", f"your code ran out of time after {self.timeout:g} s{place}: --timeout gives more"
        return "crashed", f"{name} ended with {ending(error.status)} before an answer"


def _text(value: Any) -> str:
    """Return a message that came from the child, of at most so many characters, none of which a terminal obeys."""
    return visible(str(value)[:LARGEST_TEXT], "\n")


def run(
    file: str | Path,
    function: str | None = None,
    timeout: float = TIMEOUT,
    memory: float = MEMORY,
    inputs: tuple[Any, Any, Any] | None = None,
    derivatives: bool = False,
    certify: bool = False,
    operation: dict[str, Any] | None = None,
    **sandbox: Any,
) -> Outcome:
    """Return the Outcome of one file, loaded and judged in a child.

    timeout: seconds, memory: gigabytes that the user's code may take.  inputs: (params, x, y) in place of the file's
    own.  derivatives: give the derivative of each line in place of a report.  certify: prove every
    entry.  operation: `function` is an operation, to be judged by check_vjp: the fields of operated.Asked.  sandbox:
    `sandbox`, `beside` and `hidden` of a FileChild.
    """
    failure = None
    receive = channel.receive if inputs is None else partial(channel.receive, most=MOST_ANSWER)
    with FileChild("child", str(file), function, timeout, memory, receive=receive, **sandbox) as child:
        if inputs is not None:
            from . import wire

            message = BytesIO()
            wire.send(message, inputs)
            child.request["inputs"] = b64encode(message.getvalue()).decode()
        try:
            wishes = {
                "argv": sys.argv,
                "derivatives": derivatives,
                "certify": certify,
                "operation": operation,
            }
            found = child.answer(child.request | wishes, timeout + JUDGING)
        except NoAnswerError as error:
            failure = error
        child.finish(GRACE)
    if failure:
        raise NoAnswerError(failure.kind, f"{failure}{printed_by_user(child.printed)}")
    return Outcome(found["report"], found["exit"], child.printed)
