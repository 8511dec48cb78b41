"""Run the user's function once, recorded: its parameters, its loss and its gradients on one tape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Number, Traced, adopted
from .memory import Value
from .standins import namespaces, standing_in
from .tape import Tape, __threeways_entry__, recording


@dataclass
class Run:
    """One recorded call.

    given: {name: the array handed in}.  result: what the function returned.
    """

    tape: Tape
    given: dict[str, Value]
    result: Any


def record(function: Callable[..., Any], args: tuple, named: dict[str, Any], parameters: frozenset[str]) -> Run:
    """Call function(*args) on a tape.

    args: hold the arrays of `named` (Traced ones).  parameters: the names of those that are differentiated by.
    """
    tape = Tape()
    spaces = namespaces(function)
    given = {}
    for name, array in named.items():
        value = tape.value(array)
        assert value.region is not None
        value.region.buffer.active = name in parameters
        given[name] = value
    with standing_in(spaces), recording(tape), np.errstate(all="ignore"):
        result = __threeways_entry__(function, args)
    return Run(tape, given, result)


def value_of(tape: Tape, result: Any) -> Value | None:
    """Return where a returned number or array lies, or None where the tape has not seen it."""
    if isinstance(result, Number):
        return Value(result.region, result.region.buffer.owner.view(np.ndarray))
    if isinstance(result, np.ndarray):
        owner = result
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if id(owner) in tape.memory.buffers:
            return Value(tape.memory.region(result), result.view(np.ndarray))
    return None


__all__ = ["Run", "Traced", "adopted", "record", "value_of"]
