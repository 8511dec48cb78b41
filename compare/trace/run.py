"""Run the user's function once, recorded: its parameters, its loss and its gradients on one tape."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np

from ..common.arrays import Array, Arrays, unflatten
from ..user.matching import match
from ..user.returned import Outcome
from .adjoint import Adjoint, adjoint
from .arrays import Number, Traced, number
from .memory import Memory, Value
from .rules import NoRuleError
from .standins import namespaces, standing_in
from .tape import Tape, TooLargeError, __threeways_entry__, recording


class Recordable(Protocol):
    """What a run is recorded of: a function, where its parameters and its batch are, and what it returns."""

    flat: Arrays
    x: Any
    y: Any
    seeded: bool  # whether the batch is cotangents

    @property
    def function(self) -> Any: ...
    @property
    def like(self) -> Any: ...
    @property
    def code(self) -> Any: ...
    @property
    def batch(self) -> list[Any]: ...
    def understood(self, result: Any) -> Outcome: ...
    def call(self, flat: Arrays | None = None) -> Outcome: ...
    def on_batch(self, x: Any, y: Any) -> Self: ...


class NotFollowedError(Exception):
    """The run could not be recorded from the parameters to the loss; the message says why."""


@dataclass
class Run:
    """One recorded call of the user's function.

    parameters: {name: value at the start}.  loss: where it lies.  outcome: what the function returned, as the checks
    read it.  seeds: the cotangents, where they were handed over: the gradients are linear in them.
    """

    tape: Tape
    parameters: dict[str, Value]
    loss: Value
    outcome: Outcome
    result: Any
    seeds: tuple[Value, ...] = ()

    def back(self, edges: bool = False) -> Adjoint:
        """Return the derivatives of the loss by every value. Raises NotFollowedError."""
        assert self.loss.region is not None
        try:
            return adjoint(self.tape, self.loss.region, edges=edges)
        except NoRuleError as error:
            raise NotFollowedError(f"no rule is known for the derivative of {error}") from error

    def derivatives(self, found: Adjoint | None = None) -> Arrays:
        """Return the derivative of the loss by each parameter. Raises NotFollowedError."""
        found = found or self.back()
        return {n: found.at_start(v.region).reshape(np.shape(v.array)) for n, v in self.parameters.items() if v.region}

    @cached_property
    def gradients(self) -> dict[str, Value]:
        """The returned gradients that lie on the tape, under the parameters' names."""
        shapes = {n: np.asarray(v.array) for n, v in self.parameters.items()}
        return self.located(match(self.outcome.grads, shapes)[0])

    def located(self, arrays: Mapping[str, Any]) -> dict[str, Value]:
        """Return where each of these returned arrays lies on the tape, found by its entries."""
        candidates = [v for v in (value_of(self.tape, leaf) for leaf in _leaves(self.result)) if v is not None]
        found = {}
        for name, array in arrays.items():
            for value in candidates:
                same = np.shape(value.array) == np.shape(array) and np.array_equal(value.array, array, equal_nan=True)
                if same:
                    found[name] = value
                    break
        return found


def record(subject: Recordable, flat: Arrays | None = None, tape: Tape | None = None) -> Run:
    """Call the subject's function, recorded, on fresh copies of its arguments.

    Raises NotFollowedError, and whatever the function raises.
    """
    tape = Tape() if tape is None else tape
    function = subject.function
    if function is None:
        raise NotFollowedError("gradients were given as values")
    at = subject.flat if flat is None else flat
    parameters, handed = {}, {}
    for name, array in at.items():
        value, handed[name] = _handed(tape, np.array(array))
        assert value.region is not None
        value.region.buffer.active = True
        parameters[name] = value
    params = unflatten(handed, subject.like)
    given = [_handed(tape, np.array(a)) if isinstance(a, np.ndarray) else (None, copy.deepcopy(a)) for a in subject.batch]
    batch, seeds = [a for _, a in given], tuple(v for v, _ in given if v is not None and subject.seeded)
    with standing_in(namespaces(subject.code)), recording(tape), np.errstate(all="ignore"):
        try:
            result = __threeways_entry__(function, (params, *batch))
        except TooLargeError as error:
            raise NotFollowedError("the run has too many operations to be recorded") from error
    outcome = subject.understood(result)
    return Run(tape, parameters, _loss(tape, result, outcome), outcome, result, seeds)


def _handed(tape: Tape, array: Array) -> tuple[Value, Any]:
    """Return an argument as it is recorded: where it lies, and the array or number itself."""
    made = array.view(Traced)
    value = tape.value(made)
    return value, made if made.ndim else number(tape, made)


def _loss(tape: Tape, result: Any, outcome: Outcome) -> Value:
    """Return where the loss lies: among what was returned, or the last operation that gave this very number."""
    if outcome.loss is None:
        raise NotFollowedError("the function returned no loss")
    for leaf in _leaves(result):
        value = value_of(tape, leaf)
        if value is not None and np.size(value.array) == 1 and float(np.asarray(value.array).reshape(())) == outcome.loss:
            return value
    for operation in reversed(tape.operations):
        for value in operation.writes:
            if np.size(value.array) == 1 and value.active and float(np.asarray(value.array).reshape(())) == outcome.loss:
                return value
    raise NotFollowedError("the loss left NumPy on its way")


def value_of(tape: Tape, result: Any) -> Value | None:
    """Return where a returned number or array lies, or None where the tape has not seen it."""
    if isinstance(result, Number):
        return Value(result.region, result.region.buffer.owner.view(np.ndarray))
    if isinstance(result, np.ndarray):
        memory: Memory = tape.memory
        owner = result
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if id(owner) in memory.buffers:
            return Value(memory.region(result), result.view(np.ndarray))
    return None


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for each in tree.values():
            yield from _leaves(each)
    elif isinstance(tree, (list, tuple)):
        for each in tree:
            yield from _leaves(each)
    else:
        yield tree


Function = Callable[..., Any]
