"""An operation of jax: a jax.custom_vjp function, also inside jax.jit, or any function of jax arrays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import numpy as np

from ..common.floats import Floating
from ..witnesses import Arrays
from .inputs import Inputs, Typed, outputs_of, parts
from .jax_program import Held, Program
from .statistics import Cut, chosen

Leaves = dict[str, Any]


class JaxOp:
    """The operation, on NumPy arrays by name; its passes are traced and compiled once.

    jax's cotangents and gradients of complex numbers are conjugates: dL/dRe - i dL/dIm.
    """

    framework = "jax"

    def __init__(self, op: Callable[..., Any], inputs: Inputs) -> None:
        self.inputs, self.apply = inputs, op
        self.types: list[str] = []  # of the floating outputs
        self._forward, self._pull, self._push = (Program(f) for f in (self._all, self._pulled, self._pushed))

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs, of complex ones the real and the imaginary part."""
        with _precision(arrays):
            found = self._forward(self._native(arrays))
        self.types, arrays_found = parts([_numpy(o) for o in found])
        return arrays_found

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward gives for these cotangents."""
        with _precision(arrays):
            found = self._pull(self._native(arrays), [*cotangents])
        return self._split(found)

    def push(self, arrays: Arrays, tangents: Arrays) -> list[np.ndarray]:
        """Return the derivative of the floating outputs along `tangents`, by forward mode."""
        with _precision(arrays):
            found = self._push(self._native(arrays), self._native(tangents))
        return parts([_numpy(o) for o in found])[1]

    def noise(
        self, arrays: Arrays, cotangents: Sequence[np.ndarray], info: Floating | None, draws: int, seed: int
    ) -> Iterator[Arrays]:
        """Yield gradients with every operation's result moved by an ulp of `info`; None: of its own type."""
        with _precision(arrays):
            leaves, given = self._native(arrays), [*cotangents]
            drawn = self._pull.perturbed(info, draws, seed, leaves, given)
            yield from map(self._split, [*drawn])

    def cut(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Iterator[Cut]:
        """Yield gradients with statistics held constant."""
        with _precision(arrays):
            leaves = self._native(arrays)
            traced = jax.make_jaxpr(self._inexact)(leaves)

            def pulled(which: frozenset[int]) -> tuple[Held, Leaves]:
                held = Held(which)
                flat, tree = jax.tree.flatten(leaves)
                outputs, pull = jax.vjp(lambda *flat: held.run(traced.jaxpr, traced.consts, flat), *flat)
                left = iter(cotangents)
                found = pull([_cotangent(o, left) for o in outputs])
                return held, jax.tree.unflatten(tree, found)

            met = pulled(frozenset())[0].met
            found = [(which, self._split(pulled(which)[1])) for which in chosen(len(met))]
        for which, gradients in found:
            yield tuple(met[k] for k in sorted(which)), gradients

    def given_back(self, cotangents: Sequence[np.ndarray]) -> list[Any]:
        """Return cotangents as arrays, one for each floating output, in its type."""
        kinds, left, found = iter(self.types), iter(cotangents), []
        for c in left:
            name = next(kinds)
            if name.startswith("complex"):
                next(kinds)
                c = c - 1j * next(left)
            found.append(np.asarray(c).astype(jax.numpy.dtype(name)))
        return found

    def push_noise(
        self, arrays: Arrays, tangents: Arrays, info: Floating | None, draws: int, seed: int
    ) -> Iterator[list[np.ndarray]]:
        """Yield what `push` gives with every operation's result moved by an ulp, as `noise` does."""
        with _precision(arrays):
            drawn = [*self._push.perturbed(info, draws, seed, self._native(arrays), self._native(tangents))]
        for found in drawn:
            yield parts([_numpy(o) for o in found])[1]

    def forget(self) -> None:
        """Trace anew at the next call."""
        for program in (self._forward, self._pull, self._push):
            program.forget()

    def arrays(self, leaves: Leaves) -> list[Any]:
        """Return the arrays among the outputs at these inputs."""
        found = outputs_of(self.apply(*self.inputs.filled(leaves, _constant)))
        return [o for o in found if hasattr(o, "dtype")]

    def _all(self, leaves: Leaves) -> list[Any]:
        return self.arrays(leaves)

    def _inexact(self, leaves: Leaves) -> list[Any]:
        return [o for o in self.arrays(leaves) if jax.numpy.issubdtype(o.dtype, jax.numpy.inexact)]

    def _pulled(self, leaves: Leaves, cotangents: list[Any]) -> Leaves:
        outputs, pull = jax.vjp(self._inexact, leaves)
        left = iter(cotangents)
        return pull([_cotangent(o, left) for o in outputs])[0]

    def _pushed(self, leaves: Leaves, tangents: Leaves) -> list[Any]:
        return jax.jvp(self._inexact, (leaves,), (tangents,))[1]

    def _native(self, arrays: Arrays) -> Leaves:
        typed = self.inputs.native(arrays)
        return {n: np.asarray(t.array, jax.numpy.dtype(t.type)) for n, t in typed.items()}

    def _split(self, found: Leaves) -> Arrays:
        return self.inputs.split({n: _numpy(g) for n, g in found.items()}, sign=-1)


def _precision(arrays: Arrays) -> AbstractContextManager:
    return jax.enable_x64(any(a.dtype == np.float64 for a in arrays.values()))


def _numpy(array: Any) -> Typed:
    low = str(array.dtype) in ("float16", "bfloat16")
    return Typed(str(array.dtype), np.array(array, np.float32 if low else None))


def _cotangent(output: Any, left: Iterator[Any]) -> Any:
    if jax.numpy.issubdtype(output.dtype, jax.numpy.complexfloating):
        return jax.lax.complex(next(left), -next(left)).astype(output.dtype)
    return next(left).astype(output.dtype)


def _constant(value: Any) -> Any:
    return jax.numpy.array(value) if isinstance(value, np.ndarray) else value
