"""A function of jax arrays, traced once for each kind of arguments; the witnesses compile and keep its programs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..common.floats import TYPES, Floating, floating
from ..witnesses import programs
from ..witnesses.jax import INLINED, Perturb, bound
from .statistics import Statistic, statistic


class Program:
    """A function of nests of jax arrays that returns a nest of them.

    What is compiled is known by the traced program itself: a function that has changed since is traced to another
    program, and a second check of the same one compiles nothing.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._traced: dict[Any, programs.Program] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Return the function's value at these arguments."""
        return self._trace(arguments).run(*arguments)

    def perturbed(self, info: Floating | None, draws: int, seed: int, *arguments: Any) -> Iterator[Any]:
        """Yield the value once for each draw, with every operation's result moved by an ulp.

        info: the type whose ulp it is; None: each result's own.
        """
        program, leaves, x64 = self._trace(arguments), jax.tree.leaves(arguments), _wide()
        for draw in range(draws):
            with jax.enable_x64(x64):  # never open across a yield
                salt = np.random.default_rng([seed, draw]).integers(2**32, dtype=np.uint32)
                value = jax.tree.unflatten(program.out, program.rewritten(_Moved(info), leaves, salt))
            yield value

    def forget(self) -> None:
        """Trace anew at the next call: what the function keeps between calls, or draws, shows in the program."""
        self._traced.clear()

    def _trace(self, arguments: Any) -> programs.Program:
        leaves, shape = jax.tree.flatten(arguments)
        key = (_wide(), shape, *((np.shape(a), np.result_type(a)) for a in leaves))
        if key not in self._traced:
            # A function of its own: jax remembers what it traced of one.
            self._traced[key] = programs.Program(lambda *a: self.function(*a), arguments, quickly=False)
        return self._traced[key]


def _wide() -> bool:
    """Return whether jax computes in float64 here."""
    return bool(jnp.result_type(float) == np.float64)


@dataclass(frozen=True)
class _Moved:
    """A jaxpr run with every result moved: what `programs.Program.rewritten` compiles, the same for equal types."""

    info: Floating | None

    def __call__(self, jaxpr: Any, consts: list, leaves: list, salt: Any) -> list:
        return PerturbTypes(self.info, salt).run(jaxpr, consts, leaves)


class PerturbTypes(Perturb):
    """Moves results by an ulp of `info`, or of the type of each; of complex numbers both parts.

    Its key is an integer: random bits of jax.random cost a second to compile.
    """

    def __init__(self, info: Floating | None, key: Any):
        super().__init__(0.0, 0.0, key)
        self.info, self.key = info, key

    def turns(self) -> tuple[Any, Callable[[Any], tuple[Perturb, Any]]]:
        """Return a key, and a function of it: what perturbs a turn of a scan, and the next key."""
        self.key, begin = self.parted(self.key)

        def turn(key: Any) -> tuple[Perturb, Any]:
            following, mine = self.parted(key)
            return PerturbTypes(self.info, mine), following

        return begin, turn

    def parted(self, key: Any) -> Any:
        """Return two keys in the place of one: a linear congruence each (Knuth's MMIX, and L'Ecuyer's)."""
        one, other = ((6364136223846793005, 1442695040888963407), (2862933555777941757, 3037000493))
        return tuple(key * key.dtype.type(a % 2**32) + key.dtype.type(c % 2**32) for a, c in (one, other))

    def moved(self, array: Any, size: Any = None) -> Any:
        """Return `array` moved by an ulp of `size`, or of itself."""
        dtype = jnp.result_type(array)
        if jnp.issubdtype(dtype, jnp.complexfloating):
            size = None if size is None else jnp.abs(size)
            return jax.lax.complex(self.moved(jnp.real(array), size), self.moved(jnp.imag(array), size))
        if not jnp.issubdtype(dtype, jnp.floating):
            return array
        info = self.info or TYPES.get(str(dtype)) or floating(dtype)
        wide = jnp.asarray(array).astype(np.float32) if dtype.itemsize == 2 else jnp.asarray(array)
        by = jnp.abs(wide if size is None else size).astype(wide.dtype)
        if dtype.itemsize == 2 and size is not None:  # added up in float32, and rounded once
            by = jnp.abs(wide) + TYPES["float32"].eps / info.eps * jnp.where(jnp.isfinite(by), by, 0)
        by = jnp.where(jnp.isfinite(by), by, 0)  # inf rounds to inf
        self.key, salt = self.parted(self.key)
        return (wide + _signs(wide, salt) * (info.eps * by + info.tiny * (wide != 0))).astype(dtype)


class Held(Perturb):
    """Runs a jaxpr as it is, but for the statistics of these numbers, which it treats as constants.

    met: those that were there.
    """

    def __init__(self, which: frozenset[int]):
        super().__init__(0.0, 0.0, jnp.zeros(1))
        self.which, self.met = which, list[Statistic]()
        self.made: dict[int, str] = {}  # by identity: the operation that made each array
        self._alive: list[Any] = []  # so that an identity is of one array

    def run_equation(self, equation: Any, arguments: list) -> list:
        """Run an operation; hold its result where it is one of the statistics."""
        name = equation.primitive.name
        if name in INLINED:
            return super().run_equation(equation, arguments)
        found = bound(equation, arguments)
        if name == "reduce_max" and self.which:  # taken out of an exp it cancels only with the sum's own path
            found = [jax.lax.stop_gradient(f) for f in found]
        if name == "reduce_sum":
            made_by = self.made.get(id(arguments[0]), "")
            self.met.append(statistic(made_by, equation.params["axes"], jnp.ndim(arguments[0])))
            found = [jax.lax.stop_gradient(f) if len(self.met) - 1 in self.which else f for f in found]
        self.made.update((id(f), name) for f in found)
        self._alive.extend(found)
        return found

    def moved(self, array: Any, size: Any = None) -> Any:
        """Return the array as it is."""
        return array


def _signs(array: Any, salt: Any) -> Any:
    """Return +1 or -1 for each entry: a hash of it, in a table another for each column, as in witnesses.torch."""
    whole = np.dtype(f"uint{8 * array.dtype.itemsize}").type
    odd = salt.astype(whole)
    if array.ndim == 2:
        odd = odd + jax.lax.iota(whole, array.shape[1]) * whole(0x9E3779B9)
    mixed = jax.lax.bitcast_convert_type(array, whole) * (odd | whole(1))
    mixed = mixed ^ (mixed >> whole(7 * array.dtype.itemsize // 2))
    mixed = mixed * whole(0x85EBCA6B)
    return jnp.where(mixed >> whole(8 * array.dtype.itemsize - 1), -1, 1).astype(array.dtype)
