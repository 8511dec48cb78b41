"""The forward and backward passes of an object, or through a list of layers."""

from collections.abc import Callable
from typing import Any

from .roles import FORWARD, arguments, is_gradient
from .slots import is_object

FIRST = (
    "loss_and_grads", "loss_and_gradients", "loss_and_grad", "backprop", "backward", "gradients", "gradient", "loss",
)  # fmt: skip


def methods(value: Any) -> list[str]:
    """Return the names of an object's public methods."""
    if not is_object(value):
        return []
    own = [n for n in dir(type(value)) if not n.startswith("_") or n == "__call__"]
    return [n for n in own if callable(getattr(value, n, None))]


def called_as_is(value: Any) -> bool:
    """Whether an object's loss_and_grads takes (params, x, y), or (x, y) beside an attribute `params`."""
    method = getattr(value, "loss_and_grads", None)
    taken = arguments(method) if callable(method) else []
    return method is not None and (taken is None or len(taken) >= 3 or hasattr(value, "params"))


def forwards(name: str, value: Any) -> list[tuple[str, Callable[..., Any]]]:
    if isinstance(value, (list, tuple)):
        return [(f"*{name}.forward", _through(value, "forward"))]
    return [
        (f"{name}.{n}" if n != "__call__" else name, getattr(value, n))
        for n in methods(value)
        if FORWARD.search(n)
    ]


def backwards(name: str, value: Any, method: str) -> list[tuple[str, Callable[..., Any]]]:
    if isinstance(value, (list, tuple)):
        return [(f"*{name}.backward", _through(value, "backward"))]
    listed = [n for n in methods(value) if is_gradient(n) and (not method or n == method)]
    listed.sort(key=lambda n: (n not in FIRST, "back" not in n, n))
    return [(f"{name}.{n}", getattr(value, n)) for n in listed]


def _through(layers: Any, method: str) -> Callable[..., Any]:
    """Return the pass through a list of layers."""
    if method == "forward":

        def forward(x: Any) -> Any:
            for layer in layers:
                x = layer.forward(x)
            return x

        return forward

    def backward(dout: Any) -> Any:
        for layer in reversed(layers):
            dout = layer.backward(dout)
        return dout

    def step(dout: Any, learning_rate: Any) -> Any:
        for layer in reversed(layers):
            dout = layer.backward(dout, learning_rate)
        return dout

    takes = [len([p for p in arguments(v.backward) or () if p.default is p.empty]) for v in layers]
    return step if all(n == 2 for n in takes) else backward
