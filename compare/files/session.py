"""A file that is judged outside of its process: it receives arrays and returns arrays, and only these are judged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import numpy as np

from ..common.child import ChildError
from ..common.kernel import undumpable
from ..common.words import visible
from . import wire
from .process import GRACE, FileChild
from .raised import NoAnswerError
from .sandbox import folders

Rule = Callable[..., Any]
MOST, LONGEST = 1_000, 200  # arrays of an answer, or rules asked for in one; characters of a name

STARTING = 120.0  # seconds for Python and NumPy to be imported on a busy machine
# One thread each: many are judged at once, and what BLAS reserves for threads would count as memory.
SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Session(FileChild):
    """The user's functions in their child: `with Session(file, timeout=10, memory=1) as user: user.call(...)`.

    timeout: seconds of the user's code in all; memory: gigabytes; watched: modules whose import is noticed.
    exercise: whether the file is one, whose rules are called.  others: names of files beside it that it may not
    import.  sandbox, beside, hidden: see FileChild. NoAnswerError where the file gives no answer; `kind` says how.
    """

    def __init__(
        self,
        file: str | Path,
        function: str | None = None,
        timeout: float = 60.0,
        memory: float = 1.0,
        watched: Iterable[str] = (),
        *,
        exercise: bool = False,
        others: Iterable[str] = (),
        **sandbox: Any,
    ):
        undumpable()  # this process judges: the child runs as the same user
        wired: dict[str, Any] = {"send": wire.send, "receive": wire.receive}
        # Absolute: in a sandbox it runs elsewhere.
        path, watched = str(Path(file).absolute()), list(watched)
        # A copy under another name would give the answers too: what may not be imported is not there.
        sandbox["hidden"] = [*sandbox.get("hidden", ()), *folders(watched)]
        super().__init__("serving", path, function, timeout, memory, SINGLE, **sandbox, **wired)
        self.request |= {"watched": watched, "exercise": exercise, "others": list(others)}
        self.seconds = 0.0
        self.changed: list[str] = []
        self.said: dict[str, Any] = {}  # of an exercise: what the file says about it

    def __enter__(self) -> Self:
        try:
            self.answer(self.request, STARTING)
            self.said = self._timed({"load": True}).get("exercise", {})
        except BaseException:
            self.__exit__()
            raise
        return self

    def answer(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the child's answer; what it calls a failure of the harness may be the user's doing."""
        try:
            return super().answer(message, seconds)
        except RuntimeError as error:
            raise NoAnswerError("crashed", f"{visible(Path(self.file).name)}: {error}") from None

    def call(
        self, params: Any, x: Any, y: Any, noisy: int | None = None
    ) -> tuple[float | None, dict[str, np.ndarray]]:
        """Return (loss or None, {name: gradient}) of one call.

        noisy: a seed; every NumPy operation of the call is then moved by an ulp.
        """
        answer = self._timed({"params": params, "x": x, "y": y, "noisy": noisy})
        try:
            changed = [*self.changed, *answer.get("changed", ())]
            self.changed = [name for name in ("params", "x", "y") if name in changed]
            loss, grads = answer["loss"], answer["grads"]
            if len(grads) > MOST:
                raise ValueError(f"{len(grads)} arrays")
            found = {visible(str(n))[:LONGEST]: np.array(a) for n, a in grads.items()}
            return loss if loss is None else float(loss), found
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self.give_up(ChildError(False, None, wire.UNREADABLE)) from error

    def rule(
        self, name: str, arguments: Sequence[Any], p: Mapping[str, Any] | None, inner: Mapping[str, Rule]
    ) -> np.ndarray | None:
        """Return what a rule of an exercise returns for (*arguments, p), or None.

        inner: the rules that are computed here while it runs, by their names.
        """
        answer = self._timed({"rule": name, "arguments": list(arguments), "p": p, "inner": list(inner)})
        for _ in range(MOST):
            if "inner" not in answer:
                break
            answer = self._timed(_computed(inner, answer))
        try:
            value = answer["value"]
            return None if value is None else np.array(value)
        except (KeyError, TypeError, ValueError) as error:
            raise self.give_up(ChildError(False, None, wire.UNREADABLE)) from error

    def _timed(self, message: dict[str, Any]) -> dict[str, Any]:
        started = perf_counter()
        try:
            return self.answer(message, max(self.timeout - self.seconds, 0) + GRACE)
        finally:
            self.seconds += perf_counter() - started


def _computed(rules: Mapping[str, Rule], asked: dict[str, Any]) -> dict[str, Any]:
    """Return {"value"} of a rule that the user's code calls, or {"raised"} where its arguments do not fit."""
    try:
        return {"value": np.asarray(rules[asked["inner"]](*asked["arguments"]))}
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}
