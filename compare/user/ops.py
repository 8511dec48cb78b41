"""One operation with a hand-written backward, in whatever form it comes: torch, jax or a NumPy pair.

Each form has `outputs(arrays)`, `pull(arrays, cotangents)` and `noise`, pulls with every operation perturbed, on NumPy
arrays by name; in a framework also `push(arrays, tangents)`, its forward mode, and `forget()` what was compiled.
"""

import inspect
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..witnesses import Arrays
from .inputs import IMAG, REAL, Inputs, as_numbers, nested, parts, typed
from .numpy_op import NumpyOp, pair_of


def understood(op: Any, inputs: Sequence[Any]) -> tuple[Any, Inputs]:
    """Return (operation, Inputs). Raises UserError where `op` is none of the forms that are known."""
    kind = _kind(op, inputs)
    names = _names(*_signature_of(op, kind), len(inputs))
    values: dict[str, Any] = {}
    arrays: Arrays = {}
    skipped, types = [], {}
    for name, value in zip(names, inputs, strict=True):
        own = typed(value) if kind != "numpy" else None
        if own is not None:
            if not np.isfinite(own.array).all():
                raise UserError(f"input {name} holds nan or inf")
            values[name], types[name] = own.array, own.type
            ends = (REAL, IMAG) if own.array.dtype.kind == "c" else ("",)
            arrays |= {f"{name}{end}": a for end, a in zip(ends, parts([own])[1], strict=True)}
            continue
        array = as_numbers(value)
        inner = dict(nested(value, name)) if array is None and kind == "numpy" else {}
        values[name] = value if array is None else array
        if inner:
            if not all(np.isfinite(a).all() for a in inner.values()):
                raise UserError(f"input {name} holds nan or inf")
            arrays |= inner
        elif array is None:
            what = "None" if value is None else f"a Python {type(value).__name__}"
            skipped.append(f"{name} is {what}: passed on, not differentiated")
        elif array.dtype.kind != "f":
            skipped.append(f"{name} holds {array.dtype}: not differentiable, skipped")
        elif not np.isfinite(array).all():
            raise UserError(f"input {name} holds nan or inf")
        else:
            arrays[name] = array
    found = Inputs(values, arrays, skipped, types, _device(inputs) if kind == "torch" else "cpu")
    if kind == "numpy":
        numpy_op = NumpyOp(op, found)
    if not arrays:
        raise UserError("none of the inputs is a floating-point array: there is nothing to differentiate")
    if kind == "numpy":
        return numpy_op, found
    if kind == "torch":
        from .torch_op import TorchOp

        return TorchOp(op, found), found
    from .jax_op import JaxOp

    return JaxOp(op, found), found


def _device(inputs: Sequence[Any]) -> str:
    """Return the GPU on which a tensor among the inputs lies, or "cpu": Apple's has no float64.

    Raises UserError where they lie on several.
    """
    kinds = {
        str(i.device): None for i in inputs if getattr(getattr(i, "device", None), "type", "cpu") == "cuda"
    }
    if len(kinds) > 1:
        raise UserError(f"the inputs lie on {' and '.join(kinds)}: one device is needed")
    return next(iter(kinds), "cpu")


def _kind(op: Any, inputs: Sequence[Any]) -> str:
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if isinstance(op, (tuple, list)) and len(op) == 2 and all(callable(f) for f in op):
        return "numpy"
    if torch and isinstance(op, type) and issubclass(op, torch.autograd.Function):
        return "torch"
    if jax and isinstance(op, (jax.custom_vjp, jax.custom_jvp)):
        return "jax"
    if jax and callable(op) and hasattr(op, "lower") and hasattr(op, "__wrapped__"):  # jax.jit of a function
        return "jax"
    if callable(op) and torch and any(isinstance(i, torch.Tensor) for i in inputs):
        return "torch"
    if callable(op) and jax and any(isinstance(i, jax.Array) for i in inputs):
        return "jax"
    if callable(getattr(op, "forward", None)) and callable(getattr(op, "backward", None)):
        return "numpy"
    raise UserError(
        f"op is {getattr(op, '__name__', type(op).__name__)}: a torch.autograd.Function subclass, a jax.custom_vjp "
        "function, a pair (forward, backward) of NumPy functions, or an object with both is needed"
    )


def _signature_of(op: Any, kind: str) -> tuple[Any, int]:
    """Return (function, how many of its leading arguments are no inputs)."""
    if kind == "numpy":
        return pair_of(op)[0], 0
    if kind == "torch" and isinstance(op, type):
        base = sys.modules["torch"].autograd.Function
        return op.forward, int(op.setup_context is base.setup_context)  # type: ignore[attr-defined]
    while hasattr(op, "__wrapped__") and not hasattr(op, "fun"):  # inside jax.jit
        op = op.__wrapped__
    return getattr(op, "fun", op), 0


def _names(function: Any, skip: int, count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in plain][:count]
    return names + [f"in{i}" for i in range(len(names), count)]
