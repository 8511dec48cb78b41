"""The slope of an MLP's loss along a direction, as a loss of its own: its gradient is the Hessian times that."""

from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import Any

import numpy as np

import manual
from manual.trace import untouched

from .draws import Draw, Rng

Arrays = dict[str, np.ndarray]
REFERENCES = {"torch": "torch_ref", "jax": "jax_ref"}


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction in the space of the parameters, one array for each; two are equal where they are one object."""

    arrays: Arrays


@dataclass(frozen=True)
class SecondOrder(manual.MLP):
    """The loss <dL/dp, v> of a manual.MLP; its gradient is H v by the rules r_..., its deltas are R{delta^l}.

    along: v.
    """

    along: Direction = field(default=Direction({}), kw_only=True)

    def loss(self, params: Arrays, x: np.ndarray, y: np.ndarray, tap: Any = untouched) -> Any:
        return self._slope(self.backward_pass(self.forward_pass(params, x, tap), y))

    def loss_and_grads(self, params: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[Any, Arrays]:
        trace, r = self._both(params, x, y)
        layers = range(1, self.depth + 1)
        return self._slope(trace), {n: a for l in layers for n, a in ((f"W{l}", r.dW[l]), (f"b{l}", r.db[l]))}

    def deltas(self, params: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
        r = self._both(params, x, y)[1]
        return {f"delta{l}": r.delta[l] for l in range(1, self.depth + 1)}

    def _both(self, params: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
        trace = self.backward_pass(self.forward_pass(params, x), y)
        v = {n: self.along.arrays[n].astype(p.dtype) for n, p in params.items()}
        return trace, self.r_backward_pass(self.r_forward_pass(v, trace), trace)

    def _slope(self, trace: Any) -> Any:
        v, layers = self.along.arrays, range(1, self.depth + 1)
        return sum(
            (trace.dW[l] * v[f"W{l}"].astype(trace.W[l].dtype)).sum()
            + (trace.db[l] * v[f"b{l}"].astype(trace.b[l].dtype)).sum()
            for l in layers
        )


@dataclass(frozen=True)
class Along:
    """The same loss in a framework: `net` of torch_ref or jax_ref, `module` its differentiate.py."""

    net: Any
    package: str
    along: Direction

    def loss(self, params: Any, x: Any, y: Any, tap: Any = untouched) -> Any:
        """Return <dL/dp, v>; params may hold more than the parameters."""
        v = self._v()
        return self._module("differentiate").slope_along(self.net, {n: params[n] for n in v}, x, y, v, tap)

    def forward_over_reverse(self, params: Any, x: Any, y: Any) -> Any:
        """Return H v as the derivative of the gradient along v."""
        return self.net.hessian_vector(params, x, y, self._v())

    def _v(self) -> Any:
        wide = {n: a.astype(np.float64) for n, a in self.along.arrays.items()}
        return self._module("arrays").from_numpy(wide)

    def _module(self, name: str) -> Any:
        return import_module(f"{self.package}.{name}")


def along(net: manual.MLP, v: Arrays) -> SecondOrder:
    """Return the network whose loss is the slope of another's along v."""
    return SecondOrder(**_fields(net), along=Direction(v))


def curved(drawn: Draw, rng: Rng) -> Draw:
    """Return the Draw with the loss along a random direction in place of its network's."""
    v = {n: rng.standard_normal(p.shape).astype(p.dtype) for n, p in drawn.params.items()}
    return replace(drawn, net=along(drawn.net, v))


def counterpart(net: Any, who: str) -> Any:
    """Return the network of torch_ref or jax_ref that a network of `manual` has there."""
    package = REFERENCES[who]
    name = "MLP" if isinstance(net, SecondOrder) else type(net).__name__
    built = getattr(import_module(package), name)(**_fields(net))
    return Along(built, package, net.along) if isinstance(net, SecondOrder) else built


def _fields(net: Any) -> dict[str, Any]:
    return {f.name: getattr(net, f.name) for f in fields(net) if f.name != "along"}
