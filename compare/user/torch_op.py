"""An operation of torch: a torch.autograd.Function (old style or with setup_context), or a function of tensors."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..witnesses import Arrays
from .inputs import Inputs, outputs_of


class TorchOp:
    """The operation, on NumPy arrays by name."""

    framework = "torch"

    def __init__(self, op: Any, inputs: Inputs) -> None:
        self.inputs = inputs
        self.apply: Callable[..., Any] = op.apply if isinstance(op, type) else op  # type: ignore[attr-defined]

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs."""
        tensors = {n: _tensor(a) for n, a in arrays.items()}
        return [o.detach().numpy().copy() for o in self.tensors(self.apply, tensors)]

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward gives for these cotangents."""
        leaves = {n: _tensor(a).requires_grad_() for n, a in arrays.items()}
        # A clone: an operation that works in place on a leaf is refused, on a computed tensor it is not.
        outputs = self._floating(self.apply, {n: t.clone() for n, t in leaves.items()})
        pairs = [(o, _tensor(c)) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
        outputs, pulled = zip(*pairs, strict=True)  # type: ignore[assignment]
        found = torch.autograd.grad(outputs, list(leaves.values()), pulled, allow_unused=True)
        return {n: g.detach().numpy().copy() for n, g in zip(leaves, found, strict=True) if g is not None}

    def tensors(self, function: Callable[..., Any], tensors: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        """Return the tensors among the outputs of `function` at these inputs."""
        result = outputs_of(function(*self.inputs.filled(tensors, _tensor)))
        return [o for o in result if isinstance(o, torch.Tensor)]

    def _floating(self, function: Callable[..., Any], tensors: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        return [o for o in self.tensors(function, tensors) if o.is_floating_point()]

    def scalar(self, function: Callable[..., Any] | None, cotangents: Sequence[np.ndarray]) -> Callable:
        """Return leaves -> sum of cotangents * outputs, of the operation or of another `function`."""

        def value(leaves: dict[str, torch.Tensor]) -> Any:
            outputs = self._floating(function or self.apply, leaves)
            return sum((o * _tensor(c).to(o.dtype)).sum() for o, c in zip(outputs, cotangents, strict=True))

        return value


def _tensor(value: Any) -> Any:
    return torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value
