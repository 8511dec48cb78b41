"""Tensors of the same numbers that lie otherwise in memory: what a kernel that assumes one layout gets wrong."""

from typing import Any

import torch

# As it is; every second entry of a larger one; the first axis innermost; and one entry for all along each axis where
# all are equal, which is what out.sum() passes back.
LAYOUTS = ("", "strided", "transposed", "expanded")


def laid(tensor: torch.Tensor, layout: str, like: torch.Tensor) -> torch.Tensor:
    """Return a tensor in one of `LAYOUTS`; its entries are alike where those of `like` are. Its derivative is 1."""
    return _Laid.apply(tensor, layout, like.detach()) if layout else tensor


class _Laid(torch.autograd.Function):
    """An operation of its own: autograd would give the gradient of an expanded tensor to the one entry that is kept."""

    @staticmethod
    def forward(ctx: Any, tensor: torch.Tensor, layout: str, like: torch.Tensor) -> torch.Tensor:
        if layout == "strided":
            return torch.stack([tensor, tensor], -1)[..., 0]
        turned = tuple(reversed(range(tensor.ndim)))
        if layout == "transposed":
            return tensor.permute(turned).clone(memory_format=torch.contiguous_format).permute(turned)
        kept = tensor
        for axis, n in enumerate(tensor.shape):
            if n > 1 and bool((like == like.narrow(axis, 0, 1)).all()):
                kept = kept.narrow(axis, 0, 1)
        return kept.clone().expand(tensor.shape)

    @staticmethod
    def backward(ctx: Any, d: Any) -> Any:
        return d, None, None
