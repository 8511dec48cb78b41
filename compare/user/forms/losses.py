"""The loss that goes with an object's backward pass, and the derivative of it that the backward pass starts from."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from .adapter import is_scalar
from .calls import Call, Chain, Output
from .roles import is_gradient, is_loss
from .slots import is_object
from .space import Space

VALUE = ("forward", "__call__", "loss", "fn", "calculate", "value", "compute")
START = re.compile(
    r"(loss|cost|mse|entropy|error|criterion|softmax|bce|nll).*|.*(prime|deriv|delta).*", re.IGNORECASE
)
Named = tuple[str, Callable[..., Any]]


def losses(space: Space, name: str, value: Any) -> list[Named]:
    """Return what may compute the loss: the object's methods, its loss object, functions and objects of the module."""
    found: list[Named] = []
    if is_object(value):
        own = [n for n in dir(type(value)) if not n.startswith("_") and is_loss(n)]
        found += [(f"{name}.{n}", getattr(value, n)) for n in own if callable(getattr(value, n, None))]
        found += [
            m for n, v in vars(value).items() if is_loss(n) for m in _of_object(f"{name}.{n}", v, VALUE)
        ]
    found += [(n, f) for n, f in space.functions.items() if is_loss(n)]
    for n, v in vars(space.module).items():
        if v is not value and is_object(v) and (is_loss(n) or is_loss(type(v).__name__)):
            found += _of_object(n, v, VALUE)
    return found


def _of_object(name: str, value: Any, methods: tuple[str, ...]) -> list[Named]:
    if not is_object(value) and not inspect.isclass(value):
        return []
    usable = [
        m
        for m in methods
        if callable(getattr(value, m, None)) and not (m == "__call__" and inspect.isclass(value))
    ]
    return [(name if m == "__call__" else f"{name}.{m}", getattr(value, m)) for m in usable]


def upstream(space: Space, name: str, value: Any, loss: str) -> list[Named]:
    """Return what may compute the derivative of the loss by the output: `mse_prime`, `criterion.backward`."""
    found: list[Named] = []
    owner = loss.rpartition(".")[0] or loss
    for n, v in vars(space.module).items():
        if is_object(v) and v is not value and (n == owner or is_loss(n) or is_loss(type(v).__name__)):
            found += [
                (f"{n}.{m}", getattr(v, m))
                for m in dir(type(v))
                if not m.startswith("_") and is_gradient(m) and callable(getattr(v, m))
            ]
    found += [(n, f) for n, f in space.functions.items() if is_gradient(n) and START.fullmatch(n)]
    if is_object(value):
        own = [n for n in dir(type(value)) if not n.startswith("_") and is_gradient(n) and START.fullmatch(n)]
        found += [(f"{name}.{n}", getattr(value, n)) for n in own]
    return found


def implied(space: Space, chain: Chain, name: str, value: Any, forward: Call) -> Output | None:
    """Return 1/2 ||a - y||^2 where the class has no loss, but `cost_derivative(a, y)` is a - y."""
    derivative = getattr(value, "cost_derivative", None)
    y = space.batch("y")
    out = forward.outputs[0]
    if not callable(derivative) or y is None:
        return None
    try:
        difference = np.asarray(out.value) - np.asarray(y.value)
        same = np.allclose(derivative(out.value, y.value), difference)
    except Exception:
        return None
    loss = 0.5 * np.sum(difference**2)
    said = f"0.5 * (({out.source} - y) ** 2).sum()"
    return (
        Output(f"1/2 ||a - y||^2, as {name}.cost_derivative has it", said, loss)
        if same and is_scalar(loss)
        else None
    )
