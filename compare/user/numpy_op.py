"""A forward and a backward in NumPy: two functions, or an object that keeps its parameters and their gradients.

How the backward is called is read off its signature and off what the forward returns. Where several ways fit, each
is tried: the first whose gradients have the right shapes, and the right derivative along a direction, is taken.
"""

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..witnesses import Arrays
from ..witnesses.rounding.noisy import Rounding, noisy
from .gradients import named_gradients
from .inputs import Inputs, values_of
from .matching import bare, undecorated
from .ways import Way, cotangents_named, named_as_inputs, ways_of

STEP, NEAR = 1e-5, 1e-4  # of the derivative along a direction that tells ways of calling apart


class NumpyOp:
    """A pair (forward, backward), or an object with both, whose parameters are then inputs too."""

    framework = "numpy"

    def __init__(self, op: Any, inputs: Inputs) -> None:
        self.op, self.owner = op, owner_of(op)
        self.inputs = inputs
        self.kept: dict[str, str] = {}  # {parameter of the layer: where its gradient is kept}
        self.matched: list[str] = []
        self.way: Way | None = None
        if self.owner is not None:
            self._find_parameters()

    @property
    def assumed(self) -> list[str]:
        """Return what was taken to be meant, in words."""
        if self.way is None or isinstance(self.way.rest, str) or self.way.rest == len(self.way.outputs):
            return self.matched
        only = f"backward takes the cotangent of output {self.way.outputs[0]} alone: that of the others is taken as 0"
        return [only, *self.matched]

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs."""
        forward, _, _ = self.fresh(arrays)
        result = forward(*self.inputs.filled(arrays))
        if self.way is None:
            self._choose(arrays, values_of(result))
        assert self.way is not None
        values = values_of(result)
        return [np.asarray(values[k]) for k in self.way.outputs]

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward function computes from these cotangents."""
        assert self.way is not None
        return self._pull(self.way, arrays, cotangents)

    def noise(
        self, arrays: Arrays, cotangents: Sequence[np.ndarray], info: Any, draws: int, seed: int
    ) -> Iterator[Arrays]:
        """Yield gradients with the result of every operation moved by an ulp of its own type."""
        rounding = Rounding(seed)
        for _ in range(draws):
            yield self.pull(noisy(arrays, rounding), noisy(list(cotangents), rounding))

    def forget(self) -> None:
        """Do nothing: each call runs anew."""

    def _pull(self, way: Way, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        forward, backward, layer = self.fresh(arrays)
        arguments = self.inputs.filled(arrays)
        values = values_of(forward(*arguments))
        given = [tuple(cotangents)] if way.together else list(cotangents)
        cache = values[way.rest :] if isinstance(way.rest, int) else []
        answer = backward(*given, *(arguments if way.rest == "inputs" else cache))
        return self.gradients(answer, self.kept_by(layer), arrays)

    def kept_by(self, layer: Any) -> Arrays:
        """Return the gradients that the object keeps after a backward, by parameter: the arrays themselves."""
        own = _arrays(vars(layer)) if self.kept else {}
        return {n: own[place] for n, place in self.kept.items() if place in own}

    def gradients(self, answer: Any, kept: Arrays, arrays: Arrays) -> Arrays:
        """Return the gradients of the inputs `arrays` by name: those that the backward returned, and those kept."""
        found = {n: np.array(a) for n, a in kept.items()}
        if answer is None and found:
            return found
        inputs = Inputs(self.inputs.values, {n: a for n, a in arrays.items() if n not in self.kept}, [])
        gradients, self.matched = named_gradients(answer, inputs)
        return gradients | found

    def fresh(self, arrays: Arrays) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
        """Return (forward, backward, object): of a copy of the object with these parameters, or the functions alone."""
        if self.owner is None:
            return *pair_of(self.op), None
        layer = copy.deepcopy(self.owner)
        old = _arrays(vars(layer))
        new = {id(old[n]): arrays[n] for n in self.kept if n in arrays}
        # Gradients are added up from one call to the next in many layers.
        new |= {id(old[place]): np.zeros_like(old[place]) for place in self.kept.values() if place in old}
        for key, value in vars(layer).items():
            vars(layer)[key] = _replaced(value, new)
        forward, backward = (getattr(layer, f.__name__) for f in pair_of(self.op))
        return forward, backward, layer

    def _find_parameters(self) -> None:
        """Make inputs of the object's arrays that get a gradient: W with dW, params[...] with grads[...]."""
        forward, backward, layer = self.fresh({})
        before = _arrays(vars(layer))
        try:
            with np.errstate(all="ignore"):
                outputs = [np.asarray(o) for o in values_of(forward(*self.inputs.filled(self.inputs.arrays)))]
                backward(*(np.ones_like(o) for o in outputs))
        except Exception:  # called in another way: then without parameters of its own
            return
        taken: list[np.ndarray] = []
        for place, gradient in _arrays(vars(layer)).items():
            fitting = (n for n, a in before.items() if n != place and a.shape == gradient.shape)
            name = next((n for n in fitting if _is_gradient(place, n)), None)
            if name is None or name in self.kept or name in self.inputs.values or place in self.kept:
                continue
            if not any(np.shares_memory(before[name], a) for a in taken):
                taken.append(before[name])
                self.kept[name] = place
                self.inputs.arrays[name] = np.array(before[name])

    def _choose(self, arrays: Arrays, values: list[Any]) -> None:
        """Settle on the way in which the backward is called."""
        _, backward, _ = self.fresh(arrays)
        ways = list(ways_of(backward, values, len(self.inputs.values)))
        if not ways:
            count = len(self.inputs.values)
            raise UserError(
                f"your backward{inspect.signature(backward)} cannot be called: forward takes {count} and returns "
                f"{len(values)} values; backward(cotangent, cache) or backward(cotangent, "
                f"{', '.join(self.inputs.values)}) is needed"
            )
        self.way, fitting = ways[0], []
        if len(ways) > 1:
            for way in ways:
                fit = self._fits(way, arrays, values)
                if fit is not None:
                    named = cotangents_named(backward, self.inputs)
                    given = 1 if way.together else len(way.outputs)
                    # Of a wrong backward none fits: but of twice the cotangents it gives twice the gradients, and its
                    # further arguments have the inputs' names, or a cache's.
                    bent = not fit and not self._doubles(way, arrays, values)
                    other = (way.rest == "inputs") != named_as_inputs(backward, given, self.inputs)
                    # A backward of the second output alone is meant where its names say so: most that is none, and
                    # right as one, forgets what the first does beside the second: a clip, say.
                    late = way.outputs[0] > 0 and other
                    fitting.append(
                        (bool(named) and named != given, late, not fit, bent, other, ways.index(way))
                    )
            self.way = ways[min(fitting)[-1]] if fitting else ways[0]

    def _doubles(self, way: Way, arrays: Arrays, values: list[Any]) -> bool:
        """Return whether twice the cotangents give twice the gradients, as they do not where a cache is one."""
        drawn = _drawn(way, values, np.random.default_rng(0))
        try:
            with np.errstate(all="ignore"):
                once, twice = (self._pull(way, arrays, [k * c for c in drawn]) for k in (1, 2))
        except Exception:
            return False
        return all(np.allclose(twice[n], 2 * g, rtol=1e-3, atol=0) for n, g in once.items())

    def _fits(self, way: Way, arrays: Arrays, values: list[Any]) -> bool | None:
        """Return whether a way gives the derivative along a direction; None where it raises, or has other shapes."""
        rng = np.random.default_rng(0)
        cotangents = _drawn(way, values, rng)
        u = {n: rng.standard_normal(a.shape) for n, a in arrays.items()}

        def total(step: float) -> float:
            at = {n: (a + step * u[n]).astype(a.dtype) for n, a in arrays.items()}
            forward, _, _ = self.fresh(at)
            found = values_of(forward(*self.inputs.filled(at)))
            pairs = zip(way.outputs, cotangents, strict=True)
            return float(sum((np.asarray(found[k]) * c).sum() for k, c in pairs))

        try:
            with np.errstate(all="ignore"):
                found = self._pull(way, arrays, cotangents)
                if (
                    any(n not in arrays or np.shape(g) != arrays[n].shape for n, g in found.items())
                    or not found
                ):
                    return None
                h = STEP if all(a.dtype == np.float64 for a in arrays.values()) else 1e-2
                slope = (total(h) - total(-h)) / (2 * h)
        except Exception:
            return None
        mine = float(sum((np.asarray(g, np.float64) * u[n]).sum() for n, g in found.items()))
        return abs(mine - slope) <= (NEAR if h == STEP else 0.05) * max(abs(mine), abs(slope))


def _drawn(way: Way, values: list[Any], rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a cotangent for each output of a way, of its type."""
    outputs = [np.asarray(values[k]) for k in way.outputs]
    return [rng.standard_normal(o.shape).astype(o.dtype) for o in outputs]


def pair_of(op: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return (forward, backward) of a pair, or of an object that has both."""
    return tuple(op) if isinstance(op, (tuple, list)) else (op.forward, op.backward)


def owner_of(op: Any) -> Any:
    """Return the object that forward and backward are methods of, or None."""
    owners = [getattr(f, "__self__", None) for f in pair_of(op)]
    first, second = owners
    shared = first is second and not inspect.ismodule(first) and not isinstance(first, type)
    return first if shared and hasattr(first, "__dict__") else None


def _arrays(tree: Any, path: str = "") -> dict[str, np.ndarray]:
    """Return {path: the array itself} of the floating arrays in a nest."""
    if isinstance(tree, np.ndarray):
        return {path: tree} if tree.dtype.kind == "f" else {}
    items = (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, (list, tuple)) else ()
    )
    found: dict[str, np.ndarray] = {}
    for key, value in items:
        found |= _arrays(value, f"{path}.{key}" if path else str(key))
    return found


def _replaced(tree: Any, new: dict[int, Any]) -> Any:
    """Return a nest with the arrays of these ids replaced, in every place that holds them."""
    if isinstance(tree, dict):
        return type(tree)((key, _replaced(value, new)) for key, value in tree.items()) if tree else tree
    if type(tree) in (list, tuple):
        return type(tree)(_replaced(value, new) for value in tree)
    return new.get(id(tree), tree)


def _is_gradient(place: str, name: str) -> bool:
    """Return whether an attribute is named as another's gradient: dW of W, grads.W of params.W, grads.0 of params.0."""
    (head, _, last), (above, _, own) = place.rpartition("."), name.rpartition(".")
    if own.lower() in undecorated(last) and last != own:
        return True
    gradients = bool(head) and bare(head.rpartition(".")[2] + "_w") == "w"
    return gradients and last == own and head != above
