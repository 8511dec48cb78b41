"""One operation with a hand-written backward, in whatever form it comes: torch, jax or a NumPy pair.

Each form has `outputs(arrays)` and `pull(arrays, cotangents)` on NumPy arrays by name; and where the framework is
there, `scalar(op)`, the function of its arrays that the framework's witness differentiates.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..witnesses import Arrays
from .inputs import Inputs, as_numbers, outputs_of
from .matching import match


def understood(op: Any, inputs: Sequence[Any]) -> tuple[Any, Inputs]:
    """Return (operation, Inputs). Raises UserError where `op` is none of the forms that are known."""
    kind = _kind(op, inputs)
    names = _names(*_signature_of(op, kind), len(inputs))
    values: dict[str, Any] = {}
    arrays: Arrays = {}
    skipped = []
    for name, value in zip(names, inputs, strict=True):
        array = as_numbers(value)
        values[name] = value if array is None else array
        if array is None:
            what = "None" if value is None else f"a Python {type(value).__name__}"
            skipped.append(f"{name} is {what}: passed on, not differentiated")
        elif array.dtype.kind != "f":
            skipped.append(f"{name} holds {array.dtype}: not differentiable, skipped")
        elif not np.isfinite(array).all():
            raise UserError(f"input {name} holds nan or inf")
        else:
            arrays[name] = array
    if not arrays:
        raise UserError("none of the inputs is a floating-point array: there is nothing to differentiate")
    found = Inputs(values, arrays, skipped)
    if kind == "numpy":
        return NumpyOp(op, found), found
    if kind == "torch":
        from .torch_op import TorchOp

        return TorchOp(op, found), found
    from .jax_op import JaxOp

    return JaxOp(op, found), found


def _kind(op: Any, inputs: Sequence[Any]) -> str:
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if isinstance(op, (tuple, list)) and len(op) == 2 and all(callable(f) for f in op):
        return "numpy"
    if torch and isinstance(op, type) and issubclass(op, torch.autograd.Function):
        return "torch"
    if jax and isinstance(op, jax.custom_vjp):
        return "jax"
    if callable(op) and torch and any(isinstance(i, torch.Tensor) for i in inputs):
        return "torch"
    if callable(op) and jax and any(isinstance(i, jax.Array) for i in inputs):
        return "jax"
    raise UserError(
        f"op is {getattr(op, '__name__', type(op).__name__)}: a torch.autograd.Function subclass, a jax.custom_vjp "
        "function, or a pair (forward, backward) of NumPy functions is needed"
    )


def _signature_of(op: Any, kind: str) -> tuple[Any, int]:
    """Return (function, how many of its leading arguments are no inputs)."""
    if kind == "numpy":
        return op[0], 0
    if kind == "torch" and isinstance(op, type):
        base = sys.modules["torch"].autograd.Function
        return op.forward, int(op.setup_context is base.setup_context)  # type: ignore[attr-defined]
    return getattr(op, "fun", op), 0


def _names(function: Any, skip: int, count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in plain][:count]
    return names + [f"in{i}" for i in range(len(names), count)]


class NumpyOp:
    """A pair (forward, backward): backward(cotangent, *inputs), or (cotangent, cache) where forward returns a cache."""

    framework = "numpy"

    def __init__(self, op: Sequence[Callable[..., Any]], inputs: Inputs) -> None:
        (self.forward, self.backward), self.inputs = op, inputs

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs."""
        return [np.asarray(o) for o in self._run(self.inputs.filled(arrays))[0]]

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward gives for these cotangents."""
        arguments = self.inputs.filled(arrays)
        outputs, cache = self._run(arguments)
        cotangent = cotangents[0] if len(outputs) == 1 else tuple(cotangents)
        found = self.backward(cotangent, *(arguments if cache is None else [cache[0]]))
        return named_gradients(found, self.inputs)

    def _run(self, arguments: list[Any]) -> tuple[list[Any], tuple | None]:
        """Return (outputs, None) or, where the forward returns (out, cache) for backward(dout, cache), a cache too."""
        result = self.forward(*arguments)
        if self._caches(result, len(arguments)):
            return [result[0]], (result[1],)
        return outputs_of(result), None

    def _caches(self, result: Any, count: int) -> bool:
        if not (isinstance(result, tuple) and len(result) == 2):
            return False
        try:
            parameters = inspect.signature(self.backward).parameters.values()
        except (TypeError, ValueError):
            return False
        if any(p.kind is p.VAR_POSITIONAL for p in parameters):
            return False
        required = [p for p in parameters if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
        # (dout, cache): two arguments, and with one input, something other than that input's array is kept.
        floating = isinstance(result[1], np.ndarray) and result[1].dtype.kind == "f"
        cached = any("cache" in p.name.lower() for p in parameters)
        return len(required) == 2 and (count != 1 or not floating or cached)


def named_gradients(found: Any, inputs: Inputs) -> Arrays:
    """Return {name: array} of a backward's result: by name, one for each input, or one for each floating input."""
    if isinstance(found, dict):
        return match(found, inputs.arrays)[0]
    found = outputs_of(found)
    names = list(inputs.values) if len(found) == len(inputs.values) else list(inputs.arrays)
    if len(found) != len(names):
        raise UserError(
            f"backward returns {len(found)} gradients; the inputs are {', '.join(inputs.values)}, "
            f"of which {', '.join(inputs.arrays)} can be differentiated"
        )
    pairs = zip(names, found, strict=True)
    return {n: np.asarray(g) for n, g in pairs if g is not None and n in inputs.arrays}


def witness_of(framework: str) -> ModuleType | None:
    """Return the module of witnesses for a framework, or None for NumPy."""
    return None if framework == "numpy" else import_module(f"compare.witnesses.{framework}")
