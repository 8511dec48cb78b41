"""jax.grad as a witness, and the rounding of its derivative."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import numpy as np

from . import Arrays, Witness

Loss = Callable[..., jax.Array]  # ({name: array}, *inputs) -> a scalar

PRODUCTS = {"dot_general", "conv_general_dilated"}
SUMS = {"reduce_sum"}
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
        value, found = _compiled(loss)(_doubles(arrays), *_doubles(inputs))
        found = {key: np.array(g) for key, g in found.items()}
        return Witness(name, float(value), found, forward=lambda u: along(loss, arrays, inputs, u))


def along(loss: Loss, arrays: Arrays, inputs: Sequence, u: Arrays) -> float:
    """Return <dL, u> by forward mode: no backward formula takes part."""
    with jax.enable_x64(True):
        at, fixed = _doubles(arrays), _doubles(inputs)
        tangents = {n: _doubles({n: u[n]})[n] if n in u else jnp.zeros_like(a) for n, a in at.items()}
        pushed = jax.jit(lambda at, by: jax.jvp(lambda leaves: loss(leaves, *fixed), (at,), (by,))[1])
        return float(pushed(at, tangents))


def noise(
    loss: Loss, arrays: Arrays, inputs: Sequence, dtype: Any, draws: int, seed: int = 0, many: bool = False
) -> Iterator[Arrays]:
    """Yield one gradient for each draw: the result of every operation is moved by an ulp of `dtype`.

    many: no other way is cheaper here.
    """
    info = np.finfo(dtype)
    with jax.enable_x64(True):
        arguments = (_doubles(arrays), *_doubles(inputs))
        closed = jax.make_jaxpr(jax.grad(loss))(*arguments)
        flat = jax.tree.leaves(arguments)

        @jax.jit
        def draw_one(key: jax.Array, flat: list) -> list:
            perturb = Perturb(float(info.eps), float(info.tiny), key)
            return perturb.run(closed.jaxpr, closed.consts, flat)

    names = sorted(arrays)  # jax orders a dict's leaves by key

    def drawn(draw: int) -> Arrays:
        with jax.enable_x64(True):  # never open across a yield
            gradients = draw_one(jax.random.key(seed + draw), flat)
            return {key: np.array(g) for key, g in zip(names, gradients, strict=True)}

    yield from map(drawn, range(draws))  # nothing of one draw is kept while the next is made


@lru_cache(maxsize=8)
def _compiled(loss: Loss) -> Callable:
    """Compile once for each loss and shape: a second check of the same network is warm."""
    return jax.jit(jax.value_and_grad(loss))


class Perturb:
    """Runs a jaxpr with the result of every operation moved by `eps` relative to what was rounded."""

    def __init__(self, eps: float, tiny: float, key: jax.Array):
        self.eps, self.tiny, self.key = eps, tiny, key

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
        results = _bound(equation, arguments)
        if name in PRODUCTS or name in SUMS:
            sizes = _bound(equation, [jnp.abs(a) for a in arguments])
            return [self.moved(r, s) for r, s in zip(results, sizes, strict=True)]
        return [self.moved(r) for r in results]

    def run_scan(self, parameters: dict, arguments: list) -> list:
        """Run a scan as a scan, each turn with a key of its own: the operations inside are moved too."""
        consts, carries = parameters["num_consts"], parameters["num_carry"]
        fixed, start, sequences = (
            arguments[:consts],
            arguments[consts : consts + carries],
            arguments[consts + carries :],
        )
        inner = parameters["jaxpr"]
        self.key, fresh = self.parted(self.key)

        def turn(carry: tuple, inputs: list) -> tuple:
            key, state = carry
            key, mine = self.parted(key)
            found = self.another(mine).run(inner.jaxpr, inner.consts, [*fixed, *state, *inputs])
            return (key, found[:carries]), found[carries:]

        found: Any = jax.lax.scan(
            turn,
            (fresh, list(start)),
            list(sequences),
            length=parameters["length"],
            reverse=parameters["reverse"],
        )
        (_, last), stacked = found
        return [*last, *stacked]

    def parted(self, key: Any) -> Any:
        """Return two keys in the place of one."""
        return jax.random.split(key)

    def another(self, key: jax.Array) -> "Perturb":
        """Return the same with a key of its own."""
        return type(self)(self.eps, self.tiny, key)

    def signs(self, key: jax.Array, array: jax.Array) -> jax.Array:
        """Return +1 or -1 for each entry: a hash of it, in a table another for each column, as in witnesses.torch."""
        whole = jnp.int64 if array.dtype.itemsize == 8 else jnp.int32
        if array.dtype.itemsize not in (4, 8):
            return jax.random.rademacher(key, array.shape, array.dtype)
        columns = (1, array.shape[1]) if array.ndim == 2 else ()
        odd = jax.random.bits(key, columns, f"uint{8 * array.dtype.itemsize}").astype(whole) | 1
        mixed = jax.lax.bitcast_convert_type(array, whole) * odd  # its sign depends on all bits of the entry
        return jnp.where(mixed < 0, -1, 1).astype(array.dtype)

    def moved(self, array: Any, size: Any = None) -> Any:
        """Return `array` moved by an ulp of `size`, or of itself."""
        if not jnp.issubdtype(jnp.result_type(array), jnp.floating):
            return array
        self.key, fresh = jax.random.split(self.key)
        array = jnp.asarray(array)
        sign = self.signs(fresh, array)
        size = jnp.nan_to_num(
            jnp.abs(array if size is None else size), nan=0.0, posinf=0.0
        )  # inf rounds to inf
        return array + sign * (self.eps * size + self.tiny * (array != 0))


def _bound(equation: Any, arguments: list) -> list:
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
