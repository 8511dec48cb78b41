"""One operation with a hand-written backward, in whatever form it comes: torch, jax or a NumPy pair.

Each form answers alike: `outputs(arrays)` and `pull(arrays, cotangents)` on NumPy arrays by name; and where the
framework is there, `scalar(op)`, the function of its arrays that its own witness differentiates.
"""

import inspect
import sys
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from ..common.errors import UserError
from .matching import match


@dataclass(frozen=True)
class Inputs:
    """The arguments of an operation: names in order, private copies; `arrays` are those to differentiate."""

    values: dict
    arrays: dict
    skipped: list

    def filled(self, arrays, wrap=lambda a: a):
        """All arguments in order, with `arrays` for the differentiable ones and copies of the rest."""
        return [arrays[n] if n in arrays else wrap(_copy(v)) for n, v in self.values.items()]

    def cast(self, dtype):
        return {n: a.astype(dtype) for n, a in self.arrays.items()}


def understood(op, inputs):
    """(operation, Inputs). Raises UserError where `op` is none of the forms that are known."""
    kind = _kind(op, inputs)
    names = _names(_signature_of(op, kind), len(inputs))
    values, arrays, skipped = {}, {}, []
    for name, value in zip(names, inputs, strict=True):
        array = _array(value)
        values[name] = value if array is None else array
        if array is None:
            skipped.append(f"{name} is {_said(value)}: passed on, not differentiated")
        elif array.dtype.kind != "f":
            skipped.append(f"{name} holds {array.dtype}: not differentiable, skipped")
        elif not np.isfinite(array).all():
            raise UserError(f"input {name} holds nan or inf")
        else:
            arrays[name] = array
    if not arrays:
        raise UserError("none of the inputs is a floating-point array: there is nothing to differentiate")
    found = Inputs(values, arrays, skipped)
    return {"torch": TorchOp, "jax": JaxOp, "numpy": NumpyOp}[kind](op, found), found


def _kind(op, inputs):
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


def _signature_of(op, kind):
    """(function, leading arguments that are not inputs)"""
    if kind == "numpy":
        return op[0], 0
    if kind == "torch" and isinstance(op, type):
        return op.forward, 0 if _new_style(op) else 1
    return getattr(op, "fun", op), 0


def _new_style(op):
    from torch.autograd import Function

    return op.setup_context is not Function.setup_context


def _names(where, count):
    function, skip = where
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in plain][:count]
    return names + [f"in{i}" for i in range(len(names), count)]


def _array(value):
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        return None
    array = np.array(value)
    return array if array.dtype.kind in "fiub" else None


def _said(value):
    return "None" if value is None else f"a Python {type(value).__name__}"


def _copy(value):
    return np.array(value) if isinstance(value, np.ndarray) else value


def _outputs(result):
    """The outputs of an operation as a list: of several, those with numbers behind a comma are numbers too."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


class NumpyOp:
    """A pair (forward, backward): backward(cotangent, *inputs), or (cotangent, cache) where forward returns a cache."""

    framework = "numpy"

    def __init__(self, op, inputs):
        (self.forward, self.backward), self.inputs = op, inputs
        self.takes_cache = None

    def outputs(self, arrays):
        return [np.asarray(o) for o in self._run(self.inputs.filled(arrays))[0]]

    def pull(self, arrays, cotangents):
        arguments = self.inputs.filled(arrays)
        outputs, cache = self._run(arguments)
        cotangent = cotangents[0] if len(outputs) == 1 else tuple(cotangents)
        found = self.backward(cotangent, *(arguments if cache is None else [cache[0]]))
        return named_gradients(found, self.inputs)

    def _run(self, arguments):
        """(outputs, None) or, where the forward returns (out, cache) for backward(dout, cache), ([out], (cache,))."""
        result = self.forward(*arguments)
        if self._caches(result, len(arguments)):
            return [result[0]], (result[1],)
        return _outputs(result), None

    def _caches(self, result, count):
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
        return len(required) == 2 and (count != 1 or not _floating(result[1]) or _cached(parameters))


def _floating(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _cached(parameters):
    return any("cache" in p.name.lower() for p in parameters)


def named_gradients(found, inputs):
    """{name: array} of what a backward returned: by name, one for each input, or one for each floating input."""
    if isinstance(found, dict):
        return match(found, inputs.arrays)[0]
    found = list(found) if isinstance(found, (tuple, list)) else [found]
    names = list(inputs.values) if len(found) == len(inputs.values) else list(inputs.arrays)
    if len(found) != len(names):
        raise UserError(
            f"backward returns {len(found)} gradients; the inputs are {', '.join(inputs.values)}, "
            f"of which {', '.join(inputs.arrays)} can be differentiated"
        )
    pairs = zip(names, found, strict=True)
    return {n: np.asarray(g) for n, g in pairs if g is not None and n in inputs.arrays}


class TorchOp:
    """A torch.autograd.Function (old style or with setup_context), or any function of tensors."""

    framework = "torch"

    def __init__(self, op, inputs):
        import torch

        self.torch, self.inputs = torch, inputs
        self.apply = op.apply if isinstance(op, type) else op

    def outputs(self, arrays):
        tensors = {n: self._tensor(a) for n, a in arrays.items()}
        return [o.detach().numpy().copy() for o in self.tensors(self.apply, tensors)]

    def pull(self, arrays, cotangents):
        torch = self.torch
        leaves = {n: self._tensor(a).requires_grad_() for n, a in arrays.items()}
        # A clone: an operation that works in place on a leaf is refused, on what was computed it is not.
        outputs = self.tensors(self.apply, {n: t.clone() for n, t in leaves.items()})
        outputs = [o for o in outputs if o.is_floating_point()]
        outputs, cotangents = zip(
            *[(o, self._tensor(c)) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad],
            strict=True,
        )
        found = torch.autograd.grad(outputs, list(leaves.values()), cotangents, allow_unused=True)
        pairs = zip(leaves, found, strict=True)
        return {n: g.detach().numpy().copy() for n, g in pairs if g is not None}

    def tensors(self, function, tensors):
        """The tensors among the outputs of `function` at these inputs."""
        result = _outputs(function(*self.inputs.filled(tensors, self._tensor)))
        return [o for o in result if isinstance(o, self.torch.Tensor)]

    def scalar(self, function, cotangents):
        """leaves -> sum of cotangents * outputs: what a witness differentiates."""

        def value(leaves):
            outputs = self.tensors(function or self.apply, leaves)
            outputs = [o for o in outputs if o.is_floating_point()]
            return sum(
                (o * self._tensor(c).to(o.dtype)).sum() for o, c in zip(outputs, cotangents, strict=True)
            )

        return value

    def push(self, function, arrays, tangents):
        """J u by forward mode, one array for each floating output; float64."""
        from torch.func import jvp

        names = list(arrays)
        primals = tuple(self._tensor(arrays[n].astype(np.float64)) for n in names)
        moved = tuple(self._tensor(tangents[n]) for n in names)

        def flat(*tensors):
            outputs = self.tensors(function, dict(zip(names, tensors, strict=True)))
            return tuple(o for o in outputs if o.is_floating_point())

        return [o.numpy() for o in jvp(flat, primals, moved)[1]]

    def _tensor(self, value):
        if not isinstance(value, np.ndarray):
            return value
        return self.torch.from_numpy(np.array(value))


class JaxOp:
    """A jax.custom_vjp function, or any function of jax arrays."""

    framework = "jax"

    def __init__(self, op, inputs):
        import jax

        self.jax, self.inputs, self.apply = jax, inputs, op

    def outputs(self, arrays):
        with self._precision(arrays):
            return [np.array(o) for o in self.arrays(self.apply, self._arrays(arrays))]

    def pull(self, arrays, cotangents):
        with self._precision(arrays):

            def flat(leaves):
                return [o for o in self.arrays(self.apply, leaves) if _is_floating(o)]

            _, pull = self.jax.vjp(flat, self._arrays(arrays))
            found = pull([self.jax.numpy.asarray(c) for c in cotangents])[0]
            return {n: np.array(g) for n, g in found.items()}

    def arrays(self, function, leaves):
        return [
            o for o in _outputs(function(*self.inputs.filled(leaves, self._constant))) if hasattr(o, "dtype")
        ]

    def scalar(self, function, cotangents):
        def value(leaves):
            outputs = [o for o in self.arrays(function or self.apply, leaves) if _is_floating(o)]
            return sum((o * c).sum() for o, c in zip(outputs, cotangents, strict=True))

        return value

    def push(self, function, arrays, tangents):
        with self.jax.enable_x64(True):

            def flat(leaves):
                return [o for o in self.arrays(function, leaves) if _is_floating(o)]

            wide = {n: a.astype(np.float64) for n, a in arrays.items()}
            return [
                np.array(o) for o in self.jax.jvp(flat, (self._arrays(wide),), (self._arrays(tangents),))[1]
            ]

    def _precision(self, arrays):
        return self.jax.enable_x64(any(a.dtype == np.float64 for a in arrays.values()))

    def _arrays(self, arrays):
        return {n: self.jax.numpy.array(a) for n, a in arrays.items()}

    def _constant(self, value):
        return self.jax.numpy.array(value) if isinstance(value, np.ndarray) else value


def _is_floating(array):
    return np.dtype(array.dtype).kind == "f"


def witness_of(framework):
    """The module of witnesses for a framework, or None for NumPy."""
    return None if framework == "numpy" else import_module(f"compare.witnesses.{framework}")
