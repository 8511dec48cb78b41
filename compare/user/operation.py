"""The candidate of check_vjp: one operation at its inputs, with the cotangents of its outputs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..common.floats import Floating
from ..common.floats import floating as type_of
from ..witnesses import Arrays
from . import ops
from .inputs import as_numbers, outputs_of, parts, typed
from .raised import reported
from .subject import Answer


class Operation:
    """An operation with cotangents: its vjp is the gradient of the scalar `loss`, sum of cotangents * outputs.

    flat: {name: input to differentiate}.  outputs: those at the inputs. Raises UserError where it is unusable.
    """

    name, owner, has_loss = "backward", None, True

    def __init__(self, op: Any, inputs: Sequence[Any], cotangent: Any = None, seed: int = 0) -> None:
        self.op, self.inputs = ops.understood(op, inputs)
        self.flat, self.paths = self.inputs.arrays, dict[str, str]()
        self.function: Callable[..., Any] = self.op.outputs
        with calling("forward"):
            self.outputs: list[np.ndarray] = self.op.outputs(self.flat)
        kinds = getattr(self.op, "types", None) or [str(o.dtype) for o in self.outputs]
        self.types = [type_of(n) for n, o in zip(kinds, self.outputs, strict=True) if o.dtype.kind == "f"]
        self.cotangents = _cotangents(cotangent, self.outputs, self.types, seed)

    @property
    def precision(self) -> Floating:
        """The coarsest floating type among inputs and outputs."""
        return max([*map(self.type_of, self.flat), *self.types], key=lambda t: t.eps)

    @property
    def mixed(self) -> bool:
        """Return whether it computes in 16 bits, or in more than one precision."""
        kinds = {self.type_of(n).eps for n in self.flat} | {t.eps for t in self.types}
        return self.op.framework != "numpy" and (self.precision.low or len(kinds) > 1)

    def type_of(self, name: str) -> Floating:
        """Return the floating type of an input."""
        return type_of(self.inputs.type_of(name))

    def cotangent_values(self) -> list[Any]:
        """Return the cotangents as arrays of the operation's framework, in the types of its outputs."""
        return self.op.given_back(self.cotangents)

    def of(self, function: Callable[..., Any]) -> Any:
        """Return another operation of the same framework on the same inputs."""
        return type(self.op)(function, self.inputs)

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(*self.flat.values())

    def loss(self, flat: Arrays) -> float:
        """Return the sum of cotangents * outputs at other inputs."""
        with np.errstate(all="ignore"):
            return self.total(self.op.outputs(flat))

    def total(self, outputs: Sequence[Any]) -> float:
        """Return the sum of cotangents * outputs, over the floating outputs."""
        return float(sum((o * c).sum() for o, c in zip(floating(outputs), self.cotangents, strict=True)))

    def answer(self) -> Answer:
        """Return what the backward pass gives for the cotangents."""
        with calling("backward"):
            found = self.op.pull(self.flat, self.cotangents)
        assumed = [said for said in getattr(self.op, "assumed", []) if said]
        return Answer(self.total(self.outputs), found, {}, [*self.inputs.skipped, *assumed])


@dataclass(frozen=True)
class Given:
    """A call of check_vjp: the operation, its inputs, and how they lie in memory.

    In torch alone. frozen: inputs that need no gradient; layouts: of inputs and cotangents (`torch_layouts`).
    """

    op: Any
    inputs: Sequence[Any]
    reference: Callable[..., Any] | None = None
    cotangent: Any = None
    seed: int = 0
    frozen: frozenset[str] = frozenset()
    layouts: tuple[str, str] = ("", "")

    def operation(self) -> "Operation":
        """Return the operation at these inputs. Raises UserError where it is unusable."""
        found = Operation(self.op, self.inputs, self.cotangent, self.seed)
        if found.op.framework == "torch":
            found.op.layouts = self.layouts
            for name in self.frozen:
                found.inputs.fixed[name] = found.flat.pop(name)
        return found


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Call the user's `what` without warnings of numbers; its exceptions become UserErrors."""
    with reported(f"your {what}"), np.errstate(all="ignore"):
        yield


def floating(outputs: Sequence[Any]) -> list[np.ndarray]:
    """Return the floating ones of an operation's outputs."""
    return [o for o in map(np.asarray, outputs) if o.dtype.kind == "f"]


def _cotangents(given: Any, outputs: Sequence[Any], types: Sequence[Floating], seed: int) -> list[np.ndarray]:
    """Return one cotangent for each floating output: the given ones, or random normal."""
    outputs = floating(outputs)
    if not outputs:
        raise UserError("the operation has no floating-point output")
    if not all(np.isfinite(o).all() for o in outputs):
        raise UserError("the forward gives nan or inf at these inputs")
    if given is None:
        rng = np.random.default_rng([seed, 1])
        drawn = [rng.standard_normal(o.shape) for o in outputs]
        return [t.rounded(d).astype(o.dtype) for t, d, o in zip(types, drawn, outputs, strict=True)]
    arrays = [a for g in outputs_of(given) for a in _given(g)]
    if [a.shape for a in arrays] != [o.shape for o in outputs]:
        raise UserError(
            f"cotangent has shape {[a.shape for a in arrays]}; the outputs {[o.shape for o in outputs]}"
        )
    return [np.asarray(a, o.dtype) for a, o in zip(arrays, outputs, strict=True)]


def _given(value: Any) -> list[np.ndarray]:
    """Return a cotangent that was given; of a complex one both parts."""
    own = typed(value)
    if own is not None:
        return parts([own])[1]
    return [n if (n := as_numbers(value)) is not None else np.asarray(value)]
