"""torch.autograd as a witness, and the rounding of its derivative."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from ..common.floats import Floating, floating
from . import Arrays, Witness
from .rounding.signs import Pooled, norms
from .torch_apart import TAKEN_APART

Tensors = dict[str, torch.Tensor]
Loss = Callable[..., torch.Tensor]  # ({name: tensor}, *inputs) -> a scalar

aten = torch.ops.aten
PRODUCTS = {
    aten.mm.default,
    aten.bmm.default,
    aten.mv.default,
    aten.dot.default,
    aten.convolution.default,
}
# They choose an entry, and their derivatives compare with it: a moved one would be that of none.
CHOICES = {
    aten.amax.default,
    aten.amin.default,
    aten.max.default,
    aten.max.dim,
    aten.min.default,
    aten.min.dim,
}
SUMS = {aten.sum.default, aten.sum.dim_IntList, aten.mean.default, aten.mean.dim}


def evidence(loss: Loss, arrays: Arrays, inputs: Sequence, name: str = "torch") -> Witness:
    """Return the gradient of `loss(leaves, *inputs)` by each of `arrays`, a flat dict of NumPy arrays, in float64.

    The loss gets tensors and returns a scalar tensor; inputs are NumPy arrays (x, y).
    """
    leaves = {key: tensor.requires_grad_() for key, tensor in _doubles(arrays).items()}
    found = _differentiated(loss, leaves, leaves, _doubles(inputs), name)
    return replace(found, forward=lambda u: along(loss, arrays, inputs, u))


def called(function: Callable[..., Tensors], *arguments: Any) -> Arrays:
    """Return what a function of tensors returns at NumPy arrays, in float64."""
    return {n: a.numpy() for n, a in function(*_doubles(arguments)).items()}


def along(loss: Loss, arrays: Arrays, inputs: Sequence, u: Arrays) -> float:
    """Return <dL, u> by forward mode: no backward formula takes part."""
    at, fixed = _doubles(arrays), _doubles(inputs)
    tangents = {n: _doubles({n: u[n]})[n] if n in u else torch.zeros_like(a) for n, a in at.items()}
    return float(torch.func.jvp(lambda leaves: loss(leaves, *fixed), (at,), (tangents,))[1])


def noise(
    loss: Loss, arrays: Arrays, inputs: Sequence, dtype: Any, draws: int, seed: int = 0, many: bool = False
) -> Iterator[Arrays]:
    """Yield one gradient for each draw: the result of every operation is moved by an ulp of `dtype`.

    many: signs come from a pool, and products are bounded by norms.
    """
    for draw in range(draws):  # a function makes each, so nothing of one draw is kept while the next is made
        yield _drawn(loss, arrays, inputs, floating(dtype), seed + draw, many)


def _drawn(loss: Loss, arrays: Arrays, inputs: Sequence, info: Floating, seed: int, many: bool) -> Arrays:
    mode = (PerturbMany if many else Perturb)(info, seed)
    leaves, tensors = _doubles(arrays), _doubles(inputs)
    if many:  # before autograd sees them: moved once, and no copy
        leaves = {key: mode.moved(tensor) for key, tensor in leaves.items()}
    leaves = {key: tensor.requires_grad_() for key, tensor in leaves.items()}
    seen = leaves if many else {key: mode.moved(tensor) for key, tensor in leaves.items()}
    inputs = [mode.moved(tensor) for tensor in tensors]
    with mode:  # not before: no operation of a move is moved itself
        return _differentiated(loss, leaves, seen, inputs, "noise").arrays


def _differentiated(loss: Loss, leaves: Tensors, seen: Tensors, inputs: Sequence, name: str) -> Witness:
    value = loss(seen, *inputs)
    found = torch.autograd.grad(value, list(leaves.values()), allow_unused=True, materialize_grads=True)
    return Witness(
        name, float(value.detach()), {key: g.numpy() for key, g in zip(leaves, found, strict=True)}
    )


def _doubles(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _doubles(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_doubles(value) for value in tree]
    array = np.array(tree, np.float64 if np.asarray(tree).dtype.kind == "f" else None)
    return torch.from_numpy(array)


class Perturb(TorchDispatchMode):
    """Moves the result of every operation, backward ones included, by an ulp of what was rounded.

    info: of the floating type whose rounding is measured; the tensors are in float64.
    """

    def __init__(self, info: Any, seed: int):
        super().__init__()
        self.info, self.eps, self.tiny = info, float(info.eps), float(info.tiny)
        self.generator = torch.Generator().manual_seed(seed)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return False: nothing here is compiled, and True makes torch import its compiler, for over a second."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in TAKEN_APART:
            with self:
                return TAKEN_APART[func](*args, **kwargs)
        result = func(*args, **kwargs)
        if func.is_view or func._schema.is_mutable or func in CHOICES:
            return result
        if func in PRODUCTS or func in SUMS:
            return self.moved(result, func(*(a.abs() if _floating(a) else a for a in args), **kwargs))
        if func is aten.addmm.default:
            bias, a, b = args
            return self.moved(result, torch.addmm(bias.abs(), a.abs(), b.abs()))
        if func is aten.convolution_backward.default:
            sizes = func(*(a.abs() if _floating(a) else a for a in args), **kwargs)
            return tuple(r if r is None else self.moved(r, s) for r, s in zip(result, sizes, strict=True))
        if isinstance(result, torch.Tensor):  # nearly always, and the tree walk is slow
            return self.moved(result)
        return tree_map_only(torch.Tensor, self.moved, result)

    def moved(self, tensor: Any, size: Any = None) -> Any:
        """Return `tensor` moved by an ulp of `size`, or of itself; of complex numbers both parts."""
        if not _floating(tensor):
            return tensor
        if tensor.is_complex():
            size = None if size is None else size.abs().unsqueeze(-1)
            return torch.view_as_complex(self.moved(torch.view_as_real(tensor), size))
        if tensor.element_size() < 4:  # NumPy has no bfloat16
            return self.moved(tensor.float(), size).to(tensor.dtype)
        # In NumPy, where an operation on a small array costs a third of one in torch.
        array = tensor.detach().cpu().numpy()
        unit = np.abs(array if size is None else size.detach().cpu().numpy())
        if not np.isfinite(unit).all():  # inf rounds to inf
            unit = np.nan_to_num(unit, nan=0.0, posinf=0.0)
        offset = self._signs(array) * (self.eps * unit + self.tiny * (array != 0))
        return tensor + torch.from_numpy(np.asarray(offset, array.dtype)).to(tensor.device)

    def _signs(self, array: np.ndarray) -> np.ndarray:
        """Return +1 or -1 for each entry: a hash of it, in a table another for each column.

        Where a unit is saturated in hundreds of samples (1 - a is 0 in all of them), their roundings go the same way.
        Two saturated units may lose different digits; with equal signs their losses would cancel in the sum behind.
        """
        bits = 8 * array.itemsize
        whole = {32: torch.int32, 64: torch.int64}[bits]
        limits = torch.iinfo(whole)
        columns = (1, array.shape[1]) if array.ndim == 2 else ()
        odd = torch.randint(limits.min, limits.max, columns, generator=self.generator, dtype=whole) | 1
        mixed = array.view(f"i{array.itemsize}") * odd.numpy()  # its sign depends on all bits of the entry
        return (mixed >> (bits - 1)) | 1


class PerturbMany(Perturb):
    """Does the same in place, with pooled signs and products bounded by norms: in a twentieth of the time at 10^6."""

    def __init__(self, info: Floating, seed: int):
        super().__init__(info, seed)
        self.signs = Pooled(seed)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not aten.mm.default:
            return super().__torch_dispatch__(func, types, args, kwargs)
        a, b = (t.detach() for t in args)
        rows, columns = torch.linalg.vector_norm(a, dim=1).numpy(), torch.linalg.vector_norm(b, dim=0).numpy()
        bound = norms(rows, columns, low=1e-140)
        return self.moved(func(a, b), bound or (a.abs() @ b.abs()))

    def moved(self, tensor: Any, size: Any = None) -> Any:
        if not _floating(tensor):
            return tensor
        if isinstance(size, torch.Tensor):
            size = size.detach().numpy()
        self.signs.moved(tensor.detach().numpy(), self.info, size)
        return tensor


class PerturbTypes(Perturb):
    """Moves each result by an ulp of its own type: what an implementation in these types may lose."""

    def __init__(self, seed: int):
        super().__init__(torch.finfo(torch.float64), seed)

    def moved(self, tensor: Any, size: Any = None) -> Any:
        if not _floating(tensor) or tensor.is_complex():
            return super().moved(tensor, size)
        info, low = torch.finfo(tensor.dtype), tensor.element_size() == 2
        # Of 16 bits subnormal numbers are kept.
        self.eps, self.tiny = info.eps, info.smallest_normal * (info.eps if low else 1)
        if not low:
            return super().moved(tensor, size)
        wide, fine = tensor.float(), torch.finfo(torch.float32).eps / info.eps
        # Products and sums are added up in float32, and rounded once.
        size = wide.abs() if size is None else wide.abs() + fine * size.abs().float().nan_to_num(posinf=0.0)
        return super().moved(wide, size).to(tensor.dtype)


def _floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())
