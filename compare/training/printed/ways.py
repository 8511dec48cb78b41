"""Three ways to compute a printed number: each network from its own package, each other derivative by its own engine.

The NumPy way differentiates what is no network with HIPS autograd.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...networks import PACKAGES
from ..contenders import in_dtype

WAYS = {"numpy": "hand", "torch": "torch", "jax": "jax"}
Array = np.ndarray
Function = Callable[..., Any]


class Way:
    """One way: `xp`, its array functions; `values` and `grads` of functions written with them; `MLP`s of a package."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.package = import_module(PACKAGES[WAYS[name]])
        self.xp = import_module({"numpy": "autograd.numpy", "torch": "torch", "jax": "jax.numpy"}[name])

    def value(self, f: Function, *arguments: Any) -> Array:
        """Return f(*arguments), a NumPy array."""
        with in_dtype(self.name, np.dtype(float)):
            return self._out(f(*self._in(arguments)))

    def grads(self, f: Function, *arguments: Any) -> list[Array]:
        """Return the gradients of a scalar function by each of its arguments."""
        with in_dtype(self.name, np.dtype(float)):
            given = self._in(arguments)
            if self.name == "torch":
                for each in given:
                    each.requires_grad_(True)
                return [self._out(g) for g in import_module("torch").autograd.grad(f(*given), given)]
            grad = import_module("jax").grad if self.name == "jax" else import_module("autograd").grad
            return [self._out(grad(f, i)(*given)) for i in range(len(given))]

    def pulled(self, f: Function, cotangent: Any, *arguments: Any) -> list[Array]:
        """Return the vector-Jacobian products of f by each of its arguments."""
        constant = np.array(cotangent, float)
        return self.grads(lambda *a: self.xp.sum(f(*a) * self.held(constant)), *arguments)

    def repeated(self, f: Function, x: float, times: int) -> list[Array]:
        """Return f', f'', ... of a function of one number."""
        with in_dtype(self.name, np.dtype(float)):
            found = []
            if self.name == "torch":
                (at,) = self._in([x])
                value = f(at.requires_grad_(True))
                for _ in range(times):
                    (value,) = import_module("torch").autograd.grad(value, at, create_graph=True)
                    found.append(self._out(value))
                return found
            grad = import_module("jax").grad if self.name == "jax" else import_module("autograd").grad
            for _ in range(times):
                f = grad(f)
                found.append(self._out(f(float(x))))
            return found

    def forward(self, fields: dict[str, Any], params: Arrays, x: Any) -> Array:
        """Return the prediction of a multilayer perceptron."""
        with in_dtype(self.name, np.dtype(float)):
            into, out = self.package.from_numpy, self.package.to_numpy
            return np.array(out(self.package.MLP(**fields).forward(into(params), into(np.array(x, float)))))

    def loss_and_grads(self, fields: dict[str, Any], params: Arrays, x: Any, y: Any) -> tuple[float, Arrays]:
        """Return the loss and the gradients of a multilayer perceptron."""
        with in_dtype(self.name, np.dtype(float)):
            into, out = self.package.from_numpy, self.package.to_numpy
            loss, grads = self.package.MLP(**fields).loss_and_grads(into(params), into(x), into(y))
            return float(loss), out(grads)

    def descended(
        self,
        fields: dict[str, Any],
        params: Arrays,
        x: Array,
        y: Array,
        rate: float,
        steps: int,
        moved: Sequence[str],
    ) -> Arrays:
        """Return the parameters after so many steps of gradient descent on those named; the others stay."""
        with in_dtype(self.name, np.dtype(float)):
            into = self.package.from_numpy
            step, now, x, y = self.package.MLP(**fields).loss_and_grads, into(params), into(x), into(y)
            if self.name == "jax":
                step = import_module("jax").jit(step)
            for _ in range(steps):
                grads = step(now, x, y)[1]
                now = {n: p - rate * grads[n] if n in moved else p for n, p in now.items()}
            return self.package.to_numpy(now)

    def _in(self, arguments: Sequence[Any]) -> list[Any]:
        return [self.held(np.array(a, float)) for a in arguments]

    def held(self, array: Array) -> Any:
        """Return an array of this way's own."""
        return array if self.name == "numpy" else self.package.from_numpy(array)

    def _out(self, value: Any) -> Array:
        return np.array(value if self.name == "numpy" else self.package.to_numpy(value), float)
