"""A file that is judged outside of its process: it receives arrays and returns arrays, and only these are judged."""

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import numpy as np

from ..common.child import ChildError
from . import wire
from .process import GRACE, FileChild

STARTING = 120.0  # seconds for Python and NumPy to be imported on a busy machine
# One thread each: many are judged at once, and what BLAS reserves for threads would count as memory.
SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Session(FileChild):
    """The user's function in its child: `with Session(file, timeout=10, memory=1) as user: user.call(...)`.

    timeout: seconds of the user's code in all; memory: gigabytes; watched: modules whose import is noticed.
    NoAnswerError where the file gives no answer; `kind` says how.
    """

    def __init__(
        self,
        file: str | Path,
        function: str | None = None,
        timeout: float = 60.0,
        memory: float = 1.0,
        watched: Iterable[str] = (),
    ):
        super().__init__(
            "serving", str(file), function, timeout, memory, SINGLE, send=wire.send, receive=wire.receive
        )
        self.request["watched"] = list(watched)
        self.seconds = 0.0
        self.changed: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.answer(self.request, STARTING)
            self._timed({"load": True})
        except BaseException:
            self.__exit__()
            raise
        return self

    def call(
        self, params: Any, x: Any, y: Any, noisy: int | None = None
    ) -> tuple[float | None, dict[str, np.ndarray]]:
        """Return (loss or None, {name: gradient}) of one call.

        noisy: a seed; every NumPy operation of the call is then moved by an ulp.
        """
        answer = self._timed({"params": params, "x": x, "y": y, "noisy": noisy})
        try:
            self.changed += [name for name in answer.get("changed", ()) if name not in self.changed]
            loss = answer["loss"]
            return loss if loss is None else float(loss), {
                str(n): np.array(a) for n, a in answer["grads"].items()
            }
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self.give_up(ChildError(False, None, wire.UNREADABLE)) from error

    def _timed(self, message: dict[str, Any]) -> dict[str, Any]:
        started = perf_counter()
        try:
            return self.answer(message, max(self.timeout - self.seconds, 0) + GRACE)
        finally:
            self.seconds += perf_counter() - started
