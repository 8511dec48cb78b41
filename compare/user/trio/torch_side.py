"""The torch version: a loss of the common parameters, or an nn.Module with a loss."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from ...common.arrays import Arrays, unflatten
from ...common.errors import UserError
from .pairing import Pairing, pairings, words
from .sides import Side, arguments

Tensors = dict[str, torch.Tensor]


class TorchSide(Side):
    """torch, differentiated by autograd."""

    who = "torch"

    def native(self, array: Any, like: Any) -> Any:
        return array.to(like.dtype)

    def constant(self, array: Any) -> Any:
        return array.detach()

    def loss_and_grads(self, params: Tensors, x: Any, y: Any) -> tuple[Any, Tensors]:
        """Return the loss, its gradients by autograd, and the next values of what is carried."""
        trained, carried = self.split(params)
        leaves = {n: p.detach().requires_grad_() for n, p in trained.items()}
        loss, after = self.call(leaves, carried, x, y)
        found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True, materialize_grads=True)
        grads = dict(zip(leaves, found, strict=True))
        return loss.detach(), grads | self.next(params, {n: a.detach() for n, a in after.items()})


def parameters(model: torch.nn.Module) -> tuple[Arrays, Arrays]:
    """Return (parameters, floating buffers) of a module in NumPy, float64."""
    return _numpy(model.named_parameters()), _numpy(
        (n, b) for n, b in model.named_buffers() if b.is_floating_point()
    )


def _numpy(named: Any) -> Arrays:
    return {n: t.detach().cpu().numpy().astype(np.float64) for n, t in named}


def sides(
    given: Any,
    like: Any,
    flat: Arrays,
    carried: Arrays,
    state: Any,
    names: Mapping[str, str] | None,
) -> Iterator[TorchSide]:
    """Yield the side, in each pairing that may be meant, the likeliest first.

    given: a function (params, x, y) -> scalar, a module, or (module, loss).  like: the user's nest of parameters.
    flat, carried: the common arrays.  state: the user's nest of carried arrays, or None.
    """
    model, loss = given if isinstance(given, tuple) else (given, None)
    if not isinstance(model, torch.nn.Module):
        if isinstance(given, tuple) or not callable(given):
            raise UserError("torch is needed as a function (params, x, y), a module, or (module, loss)")
        yield TorchSide(_of_function(given, like, state), _tensors(carried) if state is not None else {}, [])
        return
    held, buffers = parameters(model)
    whole = _Whole(model, loss)
    inner = dict(_shapes(buffers)) if carried else {}
    for paired in pairings(_shapes(flat), _shapes(held), "torch", names):
        for kept in pairings(_shapes(carried), inner, "torch", names) if inner else [{}]:
            said = words(paired) + words(kept)
            call = _of_module(whole, paired, kept, _tensors(buffers))
            yield TorchSide(call, _tensors(carried) if inner else {}, said)


def _tensors(arrays: Arrays) -> Tensors:
    """Return tensors: a compiler refuses NumPy arrays that a function closes over."""
    return {n: torch.from_numpy(np.array(a)) for n, a in arrays.items()}


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {n: tuple(a.shape) for n, a in arrays.items()}


def _of_function(loss: Callable[..., Any], like: Any, state: Any) -> Callable[..., tuple[Any, Tensors]]:
    def call(trained: Tensors, carried: Tensors, x: Any, y: Any) -> tuple[Any, Tensors]:
        tree = unflatten(trained, like)
        if state is None:
            return _scalar(loss(tree, x, y)), {}
        value, after = loss(tree, unflatten(carried, state), x, y)
        return _scalar(value), _flat(after)

    return call


def _flat(tree: Any, path: tuple = ()) -> Tensors:
    if isinstance(tree, torch.Tensor):
        return {".".join(map(str, path)) or "value": tree}
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {n: t for key, value in items for n, t in _flat(value, (*path, key)).items()}


class _Whole(torch.nn.Module):
    """The model and its loss as one module, so that the loss may use the model as it likes."""

    def __init__(self, model: torch.nn.Module, loss: Callable[..., Any] | None):
        super().__init__()
        self.model = model
        self.criterion = loss
        self.whole = loss is not None and arguments(loss, 2) == 3

    def forward(self, x: Any, y: Any) -> Any:
        if self.criterion is None:
            return self.model(x, y)
        return self.criterion(self.model, x, y) if self.whole else self.criterion(self.model(x), y)


def _of_module(
    whole: _Whole, paired: Pairing, kept: Pairing, buffers: Tensors
) -> Callable[..., tuple[Any, Tensors]]:
    others = {n: b for n, b in whole.model.named_buffers() if not b.is_floating_point()}
    given = {pair.name for pair in kept.values()}
    counts = {n: (b.shape, b.item(), b.dtype) for n, b in others.items() if b.numel() == 1}

    def call(trained: Tensors, carried: Tensors, x: Any, y: Any) -> tuple[Any, Tensors]:
        dtype = next(iter(trained.values())).dtype
        # A batch norm writes into its buffers: into copies, which are read after the call.
        swapped = {n: b.to(dtype, copy=True) for n, b in buffers.items() if n not in given}
        swapped |= {pair.name: pair.out(carried[n], _turned).clone() for n, pair in kept.items()}
        state: Any = {n: b.clone() for n, b in others.items() if n not in counts} | swapped
        # Made here: torch.export loses a constant that a module's own graph holds.
        state |= {n: torch.full(shape, value, dtype=kind) for n, (shape, value, kind) in counts.items()}
        state |= {pair.name: pair.out(trained[n], _turned) for n, pair in paired.items()}
        arguments = {f"model.{n}": t for n, t in state.items()}
        value = torch.func.functional_call(whole, arguments, (x, y), tie_weights=True)
        return _scalar(value), {n: swapped[pair.name].reshape(carried[n].shape) for n, pair in kept.items()}

    return call


def _turned(tensor: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return tensor.permute(axes)


def _scalar(value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        shape = f" of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else ""
        raise UserError(
            f"the torch loss returned {type(value).__name__}{shape}: a tensor of one number is needed"
        )
    return value.reshape(())
