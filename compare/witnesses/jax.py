"""jax.grad as a witness, and the rounding of its derivative."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import numpy as np

from ..common.floats import floating
from . import Arrays, Witness
from .programs import Program

Loss = Callable[..., jax.Array]  # ({name: array}, *inputs) -> a scalar

PRODUCTS = {"dot_general", "conv_general_dilated"}
SUMS = {"reduce_sum"}
# Exact results that others are compared with or indexed by: a maximum's derivative looks for the entry that equals it.
CHOICES = {
    *("max", "min", "clamp", "reduce_max", "reduce_min", "cummax", "cummin", "sort", "top_k"),
    *("reduce_window_max", "reduce_window_min", "scatter-max", "scatter-min", "scatter_max", "scatter_min"),
}
WHOLE = {"floor", "ceil", "round", "sign", "iota"}
LAYOUTS = {
    *("reshape", "broadcast_in_dim", "squeeze", "expand_dims", "transpose", "rev", "copy"),
    *("slice", "dynamic_slice", "gather"),
}
EXACT = CHOICES | WHOLE | LAYOUTS
POOL = 1 << 13
INLINED = {
    "pjit",
    "jit",
    "custom_jvp_call",
    "custom_vjp_call",
    "closed_call",
    "core_call",
    "remat2",
    "checkpoint",
}


def evidence(loss: Loss, arrays: Arrays, inputs: Sequence, name: str = "jax") -> Witness:
    """Return the gradient of `loss(leaves, *inputs)` by each of `arrays`, a flat dict of NumPy arrays, in float64.

    The loss gets jax arrays and returns a scalar; inputs are NumPy arrays (x, y).
    """
    with jax.enable_x64(True):
        arguments = (_doubles(arrays), *_doubles(inputs))
        value, found = Program(jax.value_and_grad(loss), arguments).run(*arguments)
        found = {key: np.array(g) for key, g in found.items()}
        return Witness(name, float(value), found, forward=lambda u: along(loss, arrays, inputs, u))


def called(function: Callable[..., Any], *arguments: Any) -> Arrays:
    """Return what a function of jax arrays returns at NumPy arrays, in float64."""
    with jax.enable_x64(True):
        given = _doubles(arguments)
        return {n: np.array(a) for n, a in Program(function, given).run(*given).items()}


def along(loss: Loss, arrays: Arrays, inputs: Sequence, u: Arrays) -> float:
    """Return the derivative of the loss along `u` by forward mode, which uses no backward rule."""
    with jax.enable_x64(True):
        at, fixed = _doubles(arrays), _doubles(inputs)
        tangents = {n: _doubles({n: u[n]})[n] if n in u else jnp.zeros_like(a) for n, a in at.items()}

        def pushed(at: Any, by: Any, fixed: Any) -> jax.Array:
            return jax.jvp(lambda leaves: loss(leaves, *fixed), (at,), (by,))[1]

        arguments = (at, tangents, fixed)
        return float(Program(pushed, arguments).run(*arguments))


def noise(
    loss: Loss, arrays: Arrays, inputs: Sequence, dtype: Any, draws: int, seed: int = 0, many: bool = False
) -> Iterator[Arrays]:
    """Yield one gradient for each draw: the result of every operation is moved by an ulp of `dtype`.

    many: no other way is cheaper here.
    """
    info = floating(dtype)
    perturbed = Perturbed(float(info.eps), float(info.tiny))
    with jax.enable_x64(True):
        arguments = (_doubles(arrays), *_doubles(inputs))
        program, leaves = Program(jax.grad(loss), arguments), jax.tree.leaves(arguments)
    names = sorted(arrays)  # jax orders a dict's leaves by key

    def drawn(draw: int) -> Arrays:
        pool = np.random.default_rng(seed + draw).integers(-(2**63), 2**63 - 1, POOL)
        with jax.enable_x64(True):  # never open across a yield
            gradients = program.rewritten(perturbed, leaves, pool)
            return {key: np.array(g) for key, g in zip(names, gradients, strict=True)}

    yield from map(drawn, range(draws))  # nothing of one draw is kept while the next is made


@dataclass(frozen=True)
class Perturbed:
    """A jaxpr run by `Perturb`: what `Program.rewritten` compiles, the same for equal eps and tiny."""

    eps: float
    tiny: float

    def __call__(self, jaxpr: Any, consts: Sequence, arguments: Sequence, pool: jax.Array) -> list:
        return Perturb(self.eps, self.tiny, pool).run(jaxpr, consts, arguments)


class Perturb:
    """Runs a jaxpr with the result of every operation moved by `eps` relative to what was rounded.

    pool: random integers. Each operation takes its own from there: jax's generators would be most of the program.
    """

    def __init__(self, eps: float, tiny: float, pool: jax.Array, turn: Any = 0):
        self.eps, self.tiny, self.pool, self.turn, self.taken = eps, tiny, pool, turn, 0

    def run(self, jaxpr: Any, consts: Sequence, arguments: Sequence) -> list:
        known = dict(zip(jaxpr.constvars, consts, strict=True))
        known |= {v: self.moved(a) for v, a in zip(jaxpr.invars, arguments, strict=True)}

        def read(atom: Any) -> Any:
            return atom.val if isinstance(atom, jex.Literal) else known[atom]

        for equation in jaxpr.eqns:
            results = self.run_equation(equation, [read(v) for v in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def run_equation(self, equation: Any, arguments: list) -> list:
        name, parameters = equation.primitive.name, equation.params
        if name in INLINED:
            inner = parameters.get("jaxpr", parameters.get("call_jaxpr"))
            consts = getattr(inner, "consts", [])
            return self.run(getattr(inner, "jaxpr", inner), consts, arguments)
        if name == "scan":
            return self.run_scan(parameters, arguments)
        results = bound(equation, arguments)
        if name in PRODUCTS or name in SUMS:
            sizes = bound(equation, [jnp.abs(a) for a in arguments])
            return [self.moved(r, s) for r, s in zip(results, sizes, strict=True)]
        return results if name in EXACT else [self.moved(r) for r in results]

    def run_scan(self, parameters: dict, arguments: list) -> list:
        """Run a scan as a scan, each turn with signs of its own: the operations inside are moved too."""
        consts, carries = parameters["num_consts"], parameters["num_carry"]
        fixed, start, sequences = (
            arguments[:consts],
            arguments[consts : consts + carries],
            arguments[consts + carries :],
        )
        inner = parameters["jaxpr"]
        begin, perturbed = self.turns()

        def turn(carry: tuple, inputs: list) -> tuple:
            number, state = carry
            perturb, number = perturbed(number)
            found = perturb.run(inner.jaxpr, inner.consts, [*fixed, *state, *inputs])
            return (number, found[:carries]), found[carries:]

        found: Any = jax.lax.scan(
            turn,
            (begin, list(start)),
            list(sequences),
            length=parameters["length"],
            reverse=parameters["reverse"],
        )
        (_, last), stacked = found
        return [*last, *stacked]

    def turns(self) -> tuple[Any, Callable[[Any], tuple["Perturb", Any]]]:
        """Return what the turns of a scan are counted by, and a function of it: what perturbs a turn, and the next."""
        pool = jnp.roll(self.pool, self.odd(jnp.int32, ())[()])
        return jnp.asarray(1), lambda number: (Perturb(self.eps, self.tiny, pool, number), number + 1)

    def odd(self, dtype: Any, shape: tuple[int, ...]) -> jax.Array:
        """Return random odd integers, (n,) or one: other ones at each call, and in each turn of a scan."""
        count = shape[0] if shape else 1
        places = (self.taken + np.arange(count)) % POOL
        self.taken += count
        # An odd multiplier keeps them odd, and mixes the turn into the bits above it.
        drawn = (self.pool[places] | 1) * (2 * jnp.asarray(self.turn, self.pool.dtype) + 1)
        return jax.lax.convert_element_type(drawn, dtype).reshape(shape)

    def moved(self, array: Any, size: Any = None) -> Any:
        """Return `array` moved by an ulp of `size`, or of itself.

        The sign of an entry is a hash of it, in a table another for each column, as in witnesses.torch.
        """
        if not jnp.issubdtype(jnp.result_type(array), jnp.floating):
            return array
        array = jnp.asarray(array)
        bits = array if array.dtype.itemsize in (4, 8) else array.astype(jnp.float32)
        whole = jnp.int64 if bits.dtype.itemsize == 8 else jnp.int32
        odd = self.odd(whole, array.shape[1:] if array.ndim == 2 else ())
        mixed = jax.lax.bitcast_convert_type(bits, whole) * odd  # its sign depends on all bits of the entry
        size = jnp.abs(array if size is None else size)
        size = jnp.where(size < jnp.inf, size, 0)  # inf rounds to inf
        step = self.eps * size + self.tiny * (array != 0)
        return array + jnp.where(mixed < 0, -step, step).astype(array.dtype)


def bound(equation: Any, arguments: list) -> list:
    found = equation.primitive.get_bind_params(equation.params)
    # Older versions of jax give (functions, parameters), newer ones the parameters alone.
    subfuns, parameters = found if isinstance(found, tuple) else ((), found)
    results = equation.primitive.bind(*subfuns, *arguments, **parameters)
    return results if equation.primitive.multiple_results else [results]


def _doubles(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _doubles(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_doubles(value) for value in tree]
    array = np.asarray(tree)
    return jnp.array(array, np.float64 if array.dtype.kind == "f" else None)
