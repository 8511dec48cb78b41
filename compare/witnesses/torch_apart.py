"""Fused kernels of torch taken apart into the operations that they are made of.

A fused kernel cancels inside: moving only its result would measure less rounding than any NumPy formula has.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

aten = torch.ops.aten


def _softmax(x: torch.Tensor, dim: int, half: bool) -> torch.Tensor:
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)


def _log_softmax(x: torch.Tensor, dim: int, half: bool) -> torch.Tensor:
    x = x - x.amax(dim, keepdim=True)
    return x - x.exp().sum(dim, keepdim=True).log()


def _gelu(x: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    return x * _gelu_factor(x, approximate)[0]


def _gelu_backward(grad: torch.Tensor, x: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    factor, slope = _gelu_factor(x, approximate)
    return grad * (factor + x * slope)


def _gelu_factor(x: torch.Tensor, approximate: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return f and f' in gelu = x f(x)."""
    if approximate == "tanh":
        tanh = torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
        inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        return 0.5 * (1 + tanh), 0.5 * (1 - tanh * tanh) * inner
    density = torch.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + torch.erf(x * math.sqrt(0.5))), density


def _silu_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    s = torch.sigmoid(x)
    return grad * (s * (1 + x * (1 - s)))


Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # a norm's output, mean and 1 / standard deviation


def _batch_norm(
    x: Any, weight: Any, bias: Any, mean: Any, var: Any, train: bool, rate: float, eps: float
) -> Three:
    over, shape = [0, *range(2, x.ndim)], [1, -1, *(1 for _ in x.shape[2:])]
    if not train:
        r = (var + eps).rsqrt()
        return _affine((x - mean.reshape(shape)) * r.reshape(shape), weight, bias, shape), mean, r
    h, m, v, r = _normal(x, over, eps)
    if mean is not None:
        n = x.numel() / x.shape[1]
        mean.lerp_(m.flatten(), rate)
        var.lerp_(v.flatten() * n / (n - 1), rate)
    return _affine(h, weight, bias, shape), m.flatten(), r.flatten()


def _layer_norm(x: Any, shape: Any, weight: Any, bias: Any, eps: float) -> Three:
    h, m, _, r = _normal(x, list(range(-len(shape), 0)), eps)
    return _affine(h, weight, bias, shape), m, r


def _group_norm(x: Any, weight: Any, bias: Any, n: int, c: int, inner: int, groups: int, eps: float) -> Three:
    h, m, _, r = _normal(x.reshape(n, groups, -1), [-1], eps)
    y = _affine(h.reshape(n, c, inner), weight, bias, [1, c, 1])
    return y.reshape(x.shape), m.reshape(n, groups), r.reshape(n, groups)


def _normal(x: torch.Tensor, over: list[int], eps: float) -> tuple[torch.Tensor, ...]:
    m = x.mean(over, keepdim=True)
    v = ((x - m) * (x - m)).mean(over, keepdim=True)
    r = (v + eps).rsqrt()
    return (x - m) * r, m, v, r


def _affine(h: torch.Tensor, weight: Any, bias: Any, shape: Any) -> torch.Tensor:
    h = h if weight is None else h * weight.reshape(shape)
    return h if bias is None else h + bias.reshape(shape)


def _batch_norm_backward(
    d: torch.Tensor, x: torch.Tensor, weight: Any, *rest: Any
) -> tuple[torch.Tensor | None, ...]:
    running_mean, running_var, mean, rstd, train, eps, mask = rest
    over, shape = [0, *range(2, x.ndim)], [1, -1, *(1 for _ in x.shape[2:])]
    if not train:
        mean, rstd = running_mean, (running_var + eps).rsqrt()
    r = rstd.reshape(shape)
    h, g = (x - mean.reshape(shape)) * r, d if weight is None else d * weight.reshape(shape)
    found = (r * (_orthogonal(g, h, over) if train else g), (d * h).sum(over), d.sum(over))
    return _asked(found, mask)


def _layer_norm_backward(
    d: torch.Tensor, x: torch.Tensor, shape: Any, mean: Any, rstd: Any, weight: Any, bias: Any, mask: Any
) -> tuple[torch.Tensor | None, ...]:
    over, others = list(range(-len(shape), 0)), list(range(x.ndim - len(shape)))
    h, g = (x - mean) * rstd, d if weight is None else d * weight
    summed = (lambda a: a.sum(others)) if others else (lambda a: a)
    return _asked((rstd * _orthogonal(g, h, over), summed(d * h), summed(d)), mask)


def _group_norm_backward(
    d: torch.Tensor, x: torch.Tensor, mean: Any, rstd: Any, weight: Any, *rest: Any
) -> tuple[torch.Tensor | None, ...]:
    n, c, inner, groups, mask = rest
    d, rows = d.reshape(n, c, inner), (n, groups, -1)
    r = rstd.reshape(n, groups, 1)
    h = (x.reshape(rows) - mean.reshape(n, groups, 1)) * r
    g = (d if weight is None else d * weight.reshape(1, c, 1)).reshape(rows)
    dx, dh = r * _orthogonal(g, h, [-1]), d * h.reshape(n, c, inner)
    return _asked((dx.reshape(x.shape), dh.sum([0, 2]), d.sum([0, 2])), mask)


def _orthogonal(g: torch.Tensor, h: torch.Tensor, over: list[int]) -> torch.Tensor:
    """Return g without its mean and without its part along h, a norm's output of mean 0 and mean square 1."""
    return g - g.mean(over, keepdim=True) - h * (g * h).mean(over, keepdim=True)


def _asked(found: tuple[torch.Tensor, ...], mask: Sequence[bool]) -> tuple[torch.Tensor | None, ...]:
    return tuple(a if wanted else None for a, wanted in zip(found, mask, strict=True))


TAKEN_APART: dict[Any, Callable] = {
    aten._softmax.default: _softmax,
    aten._softmax_backward_data.default: lambda g, out, dim, dtype: (
        out * (g - (g * out).sum(dim, keepdim=True))
    ),
    aten._log_softmax.default: _log_softmax,
    aten._log_softmax_backward_data.default: lambda g, out, dim, dtype: (
        g - out.exp() * g.sum(dim, keepdim=True)
    ),
    aten.gelu.default: _gelu,
    aten.gelu_backward.default: _gelu_backward,
    aten.silu.default: lambda x: x * torch.sigmoid(x),
    aten.silu_backward.default: _silu_backward,
    aten.native_batch_norm.default: _batch_norm,
    aten.native_layer_norm.default: _layer_norm,
    aten.native_group_norm.default: _group_norm,
    aten.native_batch_norm_backward.default: _batch_norm_backward,
    aten.native_layer_norm_backward.default: _layer_norm_backward,
    aten.native_group_norm_backward.default: _group_norm_backward,
}
