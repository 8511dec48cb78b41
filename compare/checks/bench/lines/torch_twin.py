"""Run a user's NumPy code on torch tensors and return the gradients that torch.autograd computes of its loss.

The module's text is run anew, and its names of NumPy are replaced: `np` by torch._numpy, NumPy's interface on tensors
inside torch, whose arrays carry the graph, and by functions of this file what torch._numpy lacks or detaches. The
hand-written backward pass runs too, and its result is dropped: only the graph of the loss is used.
"""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from ....common.arrays import Arrays, flatten, mapped
from .corpus import load


def torch_gradients(module: ModuleType, params: Any, x: Any, y: Any) -> tuple[float, Arrays]:
    """Return the loss and {name: gradient}, in float64; the names are those of `flatten(params)`.

    `module` is one that corpus.load made. If it has a function `torch_loss(params, x, y)`, that loss on tensors is
    differentiated; otherwise `backward` runs on tensors as it stands.
    """
    import torch

    leaves: list[Any] = []

    def leaf(value: Any) -> Any:
        leaves.append(torch.tensor(np.asarray(value), dtype=torch.float64, requires_grad=True))
        return leaves[-1]

    tensors = _mapped(params, leaf)
    # Public code changes arrays in place (probs[range(N), y] -= 1) that the graph of the loss still needs.
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        if hasattr(module, "torch_loss"):
            loss = module.torch_loss(tensors, _mapped(x, as_tensor), _mapped(y, as_tensor))
        else:
            arguments = [_mapped(v, lambda a: as_array(as_tensor(a))) for v in (tensors, x, y)]
            loss = as_tensor(on_tensors(module).backward(*arguments)[0])
        grads = torch.autograd.grad(loss.reshape(()), leaves, allow_unused=True)
    unused = (torch.zeros_like(l) if g is None else g for l, g in zip(leaves, grads, strict=True))
    return loss.item(), dict(zip(flatten(params), (g.numpy() for g in unused), strict=True))


def _mapped(tree: Any, wrap: Callable[[Any], Any]) -> Any:
    """Return the nest with its arrays and floats wrapped; whole numbers and None stay."""
    return mapped(tree, lambda value: value if value is None or isinstance(value, int) else wrap(value))


def as_tensor(value: Any) -> Any:
    """Return the tensor of an array of torch._numpy, of a NumPy array or of a number."""
    import torch

    if isinstance(value, torch.Tensor):
        return value
    return value.tensor if hasattr(value, "tensor") else torch.as_tensor(np.array(value))


def as_array(tensor: Any) -> Any:
    """Return a tensor as an array of torch._numpy."""
    import torch._numpy as on_torch

    return on_torch.asarray(tensor)


def on_tensors(module: ModuleType) -> ModuleType:
    """Run the module's text anew and replace the names in it that are NumPy's or SciPy's."""
    twin = load(module.__dict__["__source__"], module.__name__)
    own, names = vars(twin), _Names()
    for name, value in list(own.items()):
        if value is np:
            own[name] = names
        elif isinstance(value, (np.ndarray, np.generic)):
            own[name] = as_array(as_tensor(value))
        elif isinstance(value, np.ufunc) or getattr(value, "__module__", None) == "numpy":
            own[name] = getattr(names, value.__name__)
    own["float"] = lambda value: value if hasattr(value, "tensor") else float(value)
    return twin


class _Names:
    """NumPy's names, on tensors."""

    def __getattr__(self, name: str) -> Any:
        import torch
        import torch._numpy as on_torch

        if name in ("array", "asarray"):
            return _stacked
        if name == "add":
            return SimpleNamespace(at=_add_at)
        if name == "linalg":
            return _Functions(torch.linalg)
        # scipy.special's functions come here by their names too.
        return getattr(on_torch if hasattr(on_torch, name) else _Functions(torch.special), name)


class _Functions:
    """Functions of tensors, as functions of arrays."""

    def __init__(self, package: Any) -> None:
        self.package = package

    def __getattr__(self, name: str) -> Callable:
        function = getattr(self.package, name)
        return lambda *arguments: as_array(function(*map(as_tensor, arguments)))


def _stacked(values: Any, **words: Any) -> Any:
    """Return np.array(values) with its graph: torch._numpy detaches the arrays in a list."""
    import torch
    import torch._numpy as on_torch

    if isinstance(values, (list, tuple)) and any(hasattr(v, "tensor") for v in values):
        return as_array(torch.stack([as_tensor(v) for v in values]))
    return on_torch.array(values, **words)


def _add_at(array: Any, index: Any, values: Any) -> None:
    """Add in place, an index that repeats as often as it occurs."""
    import torch

    tensors = tuple(
        torch.arange(size)[i] if isinstance(i, slice) else as_tensor(i)
        for i, size in zip(index if isinstance(index, tuple) else (index,), array.shape, strict=False)
    )
    if isinstance(index, tuple) and isinstance(index[0], slice):
        tensors = (tensors[0].reshape(-1, *[1] * max(t.ndim for t in tensors[1:])), *tensors[1:])
    array.tensor.index_put_(tensors, as_tensor(values), accumulate=True)
