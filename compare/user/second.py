"""The backward of an operation as an operation of its own: second order is the first order of the gradient."""

import inspect
from collections.abc import Callable
from typing import Any

from ..common.errors import UserError
from .inputs import outputs_of, typed
from .operation import Given


def backward_of(given: Given) -> Given:
    """Return the call that judges the double backward: inputs and cotangents in, the gradients of the first out.

    Raises UserError for a NumPy pair: nothing differentiates its backward.
    """
    operation = given.operation()
    framework = operation.op.framework
    if framework == "numpy":
        raise UserError("order=2 needs an operation of torch or jax: a framework differentiates its backward")
    makers: dict[str, Callable[..., Any]] = {"torch": _torch, "jax": _jax}
    names, count = list(operation.inputs.values), len(given.inputs)
    where = [k for k, value in enumerate(given.inputs) if typed(value) is not None]
    cotangents = operation.cotangent_values()
    own = ["cotangent"] if len(cotangents) == 1 else [f"cotangent{k}" for k in range(len(cotangents))]

    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        made = makers[framework](function, count, where)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        made.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in [*names, *own]])
        return _jitted(made) if framework == "jax" else made

    plain = given.reference
    return Given(
        twice(operation.op.apply), [*given.inputs, *cotangents], plain and twice(plain), None, given.seed
    )


def _torch(function: Callable[..., Any], count: int, where: list[int]) -> Callable[..., Any]:
    import torch

    def backward(*arguments: Any) -> Any:
        inputs = [torch.as_tensor(a) if k in where else a for k, a in enumerate(arguments[:count])]
        for k in where:
            if not inputs[k].requires_grad:
                inputs[k] = inputs[k].detach().requires_grad_()
        with torch.enable_grad():
            outputs = [o for o in outputs_of(function(*inputs)) if isinstance(o, torch.Tensor)]
            outputs = [o for o in outputs if o.is_floating_point() or o.is_complex()]
            pairs = [(o, c) for o, c in zip(outputs, arguments[count:], strict=True) if o.requires_grad]
            leaves = [inputs[k] for k in where]
            found = torch.autograd.grad(
                [o for o, _ in pairs], leaves, [c for _, c in pairs], create_graph=True, allow_unused=True
            )
        return tuple(torch.zeros_like(a) if g is None else g for g, a in zip(found, leaves, strict=True))

    return backward


def _jax(function: Callable[..., Any], count: int, where: list[int]) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def backward(*arguments: Any) -> Any:
        inputs = list(arguments[:count])

        def outputs(*leaves: Any) -> Any:
            for k, leaf in zip(where, leaves, strict=True):
                inputs[k] = leaf
            found = [o for o in outputs_of(function(*inputs)) if hasattr(o, "dtype")]
            return [o for o in found if jnp.issubdtype(o.dtype, jnp.inexact)]

        values, pull = jax.vjp(outputs, *(inputs[k] for k in where))
        return pull([c.astype(v.dtype) for c, v in zip(arguments[count:], values, strict=True)])

    return backward


def _jitted(function: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    return jax.jit(function)
