"""Run the user's function once, recorded: its parameters, its loss and its gradients on one tape."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np

from ...common.arrays import Array, Arrays, unflatten
from ...common.errors import UserError
from ...user.matching import match
from ...user.returned import Outcome
from ..recording import arrays as _arrays  # noqa: F401 (it makes the classes of recorded things known)
from ..recording.kinds import is_number, number, traced
from ..recording.memory import Value, owner_of
from ..recording.standing import standing_in
from ..recording.standins import GENERATORS, stand_in
from ..recording.tape import (
    NotRecordableError,
    Place,
    Tape,
    TooLargeError,
    __threeways_entry__,
    active,
    position,
    recording,
    where,
    without_collector,
)
from ..rules import NoRuleError
from .adjoint import Adjoint, adjoint

CLOSE = 1e-9
ROUNDINGS = 200.0  # units that a value of a coarser type may have lost on its way


class Recordable(Protocol):
    """What a run is recorded of: a function, where its parameters and its batch are, and what it returns."""

    flat: Arrays
    x: Any
    y: Any
    seeded: bool  # whether the batch is cotangents

    @property
    def function(self) -> Any:
        """The function that is called with the parameters and the batch."""
        ...

    @property
    def like(self) -> Any:
        """The parameters in the form in which the function takes them."""
        ...

    @property
    def code(self) -> Any:
        """The user's function or functions, which hold the lines that may be wrong."""
        ...

    @property
    def batch(self) -> list[Any]:
        """The arguments after the parameters."""
        ...

    def understood(self, result: Any) -> Outcome:
        """Return the loss and the gradients by name of what the function returned."""
        ...

    def call(self, flat: Arrays | None = None) -> Outcome:
        """Call the function at these parameters."""
        ...

    def on_batch(self, x: Any, y: Any) -> Self:
        """Return the same subject with another batch."""
        ...


class NotFollowedError(Exception):
    """The run could not be recorded from the parameters to the loss; the message says why."""


@dataclass
class Run:
    """One recorded call of the user's function.

    parameters: {name: value at the start}.  loss: where it lies.  outcome: what the function returned, as the checks
    read it.  seeds: the cotangents, where they were handed over: the gradients are linear in them.
    inputs: the arrays of the batch as they were handed over.
    """

    tape: Tape
    parameters: dict[str, Value]
    loss: Value
    outcome: Outcome
    result: Any
    seeds: tuple[Value, ...] = ()
    inputs: tuple[Array, ...] = ()

    @cached_property
    def coarsest(self) -> np.dtype:
        """The floating type with the fewest digits that a value depending on a parameter has."""
        kinds = {np.asarray(v.array).dtype for o in self.tape.operations for v in o.writes if v.active}
        floating = [kind for kind in kinds if kind.kind == "f"]
        return max(floating, key=lambda kind: np.finfo(kind).eps, default=np.dtype(np.float64))

    @cached_property
    def close(self) -> float:
        """How near two values are, relative in norm, where they are equal but for rounding."""
        return max(CLOSE, ROUNDINGS * float(np.finfo(self.coarsest).eps))

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
        return {
            n: found.at_start(v.region).reshape(np.shape(v.array))
            for n, v in self.parameters.items()
            if v.region
        }

    @cached_property
    def gradients(self) -> dict[str, Value]:
        """The returned gradients that lie on the tape, under the parameters' names."""
        shapes = {n: np.asarray(v.array) for n, v in self.parameters.items()}
        return self.located(match(self.outcome.grads, shapes)[0])

    def located(self, arrays: Mapping[str, Any]) -> dict[str, Value]:
        """Return where each of these returned arrays lies on the tape, found by its entries.

        Of equal ones, as zeros are, that is taken which was returned under the array's name; the loss last.
        """
        leaves = [(key, value_of(self.tape, leaf)) for key, leaf in _named_leaves(self.result)]
        keys = {id(v): str(key) for key, v in leaves if v is not None}
        candidates = [v for _, v in leaves if v is not None]
        loss = self.loss.region

        def unlikely(value: Value, name: str) -> tuple[bool, bool, bool]:
            is_loss = value.region is not None and loss is not None and value.region.buffer is loss.buffer
            return is_loss, keys[id(value)] != name, name not in keys[id(value)]

        found: dict[str, Value] = {}
        for name, array in arrays.items():
            same = [
                v
                for v in sorted(candidates, key=lambda v, of=name: unlikely(v, of))  # type: ignore[misc]
                if np.shape(v.array) == np.shape(array) and np.array_equal(v.array, array, equal_nan=True)
            ]
            # Two arrays may be equal: each has a place of its own.
            taken = [id(v) for v in found.values()]
            fresh = [v for v in same if id(v) not in taken]
            if same:
                found[name] = (fresh or same)[0]
        return found


def record(subject: Recordable, flat: Arrays | None = None, tape: Tape | None = None) -> Run:
    """Call the subject's function, recorded, on fresh copies of its arguments.

    Raises NotFollowedError, and whatever the function raises.
    """
    function = subject.function
    if function is None:
        raise NotFollowedError("gradients were given as values")
    if active() is not None:
        raise NotFollowedError("a recorded run does not record another one")
    tape = Tape() if tape is None else tape
    at = subject.flat if flat is None else flat
    parameters, handed = {}, {}
    for name, array in at.items():
        value, handed[name] = _handed(tape, np.array(array))
        assert value.region is not None
        value.region.buffer.active = True
        parameters[name] = value
    params = unflatten(handed, subject.like)
    inputs: list[Array] = []
    batch = [_argument(a, inputs) for a in subject.batch]
    seeds = tuple(tape.value(a) for a in batch if subject.seeded and isinstance(a, np.ndarray))
    with standing_in(subject.code), recording(tape), without_collector(), np.errstate(all="ignore"):
        try:
            result = __threeways_entry__(function, (params, *batch))
        except TooLargeError as error:
            raise NotFollowedError("the run has too many operations to be recorded") from error
        except NotRecordableError as error:
            raise NotFollowedError(str(error)) from error
        finally:
            tape.memory.close()
    if tape.memory.life.strayed:
        tape.lost.append(("a recorded value was used in another thread", ()))
    try:
        outcome = subject.understood(result)
    except UserError as error:
        raise NotFollowedError(str(error)) from error
    return Run(tape, parameters, _loss(tape, result, outcome), outcome, result, seeds, tuple(inputs))


def _handed(tape: Tape, array: Array) -> tuple[Value, Any]:
    """Return an argument as it is recorded: where it lies, and the array or number itself."""
    value = tape.value(array)
    assert value.region is not None
    return value, traced(array, value.region) if array.ndim else number(array[()], value.region)


def _argument(tree: Any, inputs: list[Array]) -> Any:
    """Return a private copy of an argument, its arrays recorded as constants and added to `inputs`."""
    if isinstance(tree, np.ndarray):
        inputs.append(np.array(tree))
        return traced(inputs[-1]) if tree.dtype.kind in "fiub" else inputs[-1]
    if type(tree) in (list, tuple):
        return type(tree)(_argument(t, inputs) for t in tree)
    if type(tree) is dict:
        return {k: _argument(t, inputs) for k, t in tree.items()}
    made = copy.deepcopy(tree)
    return stand_in(made) if isinstance(made, GENERATORS) else made


def _loss(tape: Tape, result: Any, outcome: Outcome) -> Value:
    """Return where the loss lies: among what was returned, or the last operation that gave this very number."""
    if outcome.loss is None:
        raise NotFollowedError("the function returned no loss")
    for leaf in _leaves(result):
        value = value_of(tape, leaf)
        if (
            value is not None
            and np.size(value.array) == 1
            and float(np.asarray(value.array).reshape(())) == outcome.loss
        ):
            return value
    for operation in reversed(tape.operations):
        for value in operation.writes:
            if (
                np.size(value.array) == 1
                and value.active
                and float(np.asarray(value.array).reshape(())) == outcome.loss
            ):
                return value
    raise NotFollowedError("the loss left NumPy on its way")


def value_of(tape: Tape, result: Any) -> Value | None:
    """Return where a returned number or array lies, or None where the tape has not seen it."""
    if is_number(result):
        region = result.region
        return Value(region, region.buffer.owner) if region.buffer.life is tape.memory.life else None
    if isinstance(result, np.ndarray) and id(owner_of(result)) in tape.memory.buffers:
        return Value(tape.memory.region(result), result.view(np.ndarray))
    return None


def _leaves(tree: Any) -> Iterator[Any]:
    return (leaf for _, leaf in _named_leaves(tree))


def _named_leaves(tree: Any, key: Any = "") -> Iterator[tuple[Any, Any]]:
    """Yield the leaves of a nest, each with the last key that leads to it."""
    if isinstance(tree, dict):
        for name, each in tree.items():
            yield from _named_leaves(each, name)
    elif isinstance(tree, (list, tuple)):
        for each in tree:
            yield from _named_leaves(each, key)
    else:
        yield key, tree


PERTURBED = 1e-6  # relative; too little to take another branch


def leaks(subject: Recordable, run: Run) -> list[str]:
    """Return the places where a value left the record and came back as a constant, with what reads it there.

    A second record, at perturbed parameters, is aligned with the first operation by operation: an operand that is a
    constant to both but differs between them was computed of parameters, off the record.
    """
    said: list[str] = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        flat = {n: _perturbed(np.asarray(v.array), rng) for n, v in run.parameters.items()}
        try:
            other = record(subject, flat)
        except NotFollowedError as error:
            return [f"at perturbed parameters the run was not recorded: {error}"]
        said, parted = _differences(run.tape, other.tape)
        if parted is None:
            return said
    return [*said, f"{parted}: two runs part here, so what follows was not compared"]


def _perturbed(array: Array, rng: np.random.Generator) -> Array:
    step = PERTURBED if array.dtype == np.float64 else 1e-3
    return (array + step * np.maximum(np.abs(array), 1.0) * rng.uniform(0.5, 1.0, array.shape)).astype(
        array.dtype
    )


def _differences(one: Tape, other: Tape) -> tuple[list[str], str | None]:
    """Return a sentence for each constant operand that differs, and where the two records part."""
    said: dict[str, None] = {}
    written: set[int] = set()
    for a, b in zip(one.operations, other.operations, strict=False):
        if (a.function is not b.function and a.name != b.name) or not _same_places(a.places, b.places):
            return list(said), where(a.places)
        if _constants_differ((a.args, a.kwargs), (b.args, b.kwargs), written):
            said[
                f"{where(a.places)}: {a.name} reads a number that changes with the parameters, but is not recorded"
            ] = None
        for value in a.writes:
            if value.region is not None:
                written.add(value.region.buffer.serial)
    if len(one.operations) != len(other.operations):
        return list(said), where(max(one.operations, other.operations, key=len)[-1].places)
    return list(said), None


def _same_places(a: tuple[Place, ...], b: tuple[Place, ...]) -> bool:
    return a == b or [position(p) for p in a] == [position(p) for p in b]


def _constants_differ(a: Any, b: Any, written: set[int]) -> bool:
    """Whether two operations read different constants; what an operation has written is none."""
    if isinstance(a, Value) and isinstance(b, Value):
        if a.active or b.active or (a.region is not None and a.region.buffer.serial in written):
            return False
        x, y = np.asarray(a.array), np.asarray(b.array)
        return x.dtype.kind in "fc" and (x.shape != y.shape or not np.array_equal(x, y, equal_nan=True))
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return any(_constants_differ(x, y, written) for x, y in zip(a, b, strict=False))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return any(_constants_differ(a[k], b[k], written) for k in a.keys() & b.keys())
    if isinstance(a, (float, complex)) and isinstance(b, (float, complex)):
        return a != b and not (a != a and b != b)
    return False
