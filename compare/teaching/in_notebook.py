"""Judge an exercise in place: in a cell of nbgrader or otter, or in any test."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..common.errors import UserError, nearest
from ..files.serving import ruled
from .assignment import known_reveal
from .exercise import Judged, judge


class _Names:
    """The names of a notebook as attributes: its rules call one another through them."""

    def __init__(self, names: dict[str, Any]):
        object.__setattr__(self, "names", names)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.names[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def __setattr__(self, name: str, value: Any) -> None:
        self.names[name] = value

    def __delattr__(self, name: str) -> None:
        del self.names[name]


def check_exercise(
    names: dict[str, Any],
    rule: str | None = None,
    reveal: str | None = None,
    exercise: dict[str, Any] | None = None,
) -> Judged:
    """Judge the exercise in these names, `check_exercise(globals())`, in this process.

    rule: one rule alone, such as "bias_gradient", for a cell with points of its own.  reveal: how much is shown:
    "verdict", "place", "hint" or "answer".  exercise: the EXERCISE that was handed out, whatever the notebook says now.

    Returns the Judged: `.ok`, `.points`, `.raise_if_wrong()` for a test, and it shows itself in a notebook. Raises
    UserError where the names hold no exercise.
    """
    wanted = names.get("EXERCISE") if exercise is None else exercise
    if not isinstance(wanted, dict):
        raise UserError(
            "there is no EXERCISE among the names: check_exercise(globals()) in the notebook of an exercise"
        )

    def call(
        name: str, arguments: list[Any], p: dict[str, Any] | None, inner: dict[str, Any]
    ) -> np.ndarray | None:
        def ask(name: str, *given: Any) -> Any:
            return inner[name](*(a for a in given if not hasattr(a, "delta")))

        message = {"rule": name, "arguments": arguments, "p": p, "inner": list(inner)}
        return ruled(_Names(names), None, message, ask)["value"]

    found = judge(wanted, call)
    if rule is not None and rule not in {r.rule for r in found.rules}:
        raise UserError(f"no rule {rule!r} in this exercise: {nearest(rule, [r.rule for r in found.rules])}")
    rules = [r for r in found.rules if rule in (None, r.rule)]
    return replace(found, rules=rules, reveal=found.reveal if reveal is None else known_reveal(reveal))
