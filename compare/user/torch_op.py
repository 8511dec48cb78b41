"""An operation of torch: a torch.autograd.Function (old style or with setup_context), or a function of tensors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from ..common.floats import Floating
from ..witnesses import Arrays
from ..witnesses.torch import Perturb, PerturbTypes
from .inputs import Inputs, Typed, outputs_of, parts
from .statistics import Cut, Statistic, chosen, statistic
from .torch_layouts import laid

Tensors = dict[str, torch.Tensor]
TOPS = {torch.amax, torch.max, torch.Tensor.amax, torch.Tensor.max}


class TorchOp:
    """The operation, on NumPy arrays by name.

    torch's gradient of a complex number is dL/dRe + i dL/dIm. Everything runs on the device of the inputs.
    """

    framework = "torch"

    def __init__(self, op: Any, inputs: Inputs) -> None:
        self.inputs = inputs
        self.types: list[str] = []  # of the floating outputs
        self.layouts = ("", "")  # of the inputs, and of the cotangents
        self.apply: Callable[..., Any] = op.apply if isinstance(op, type) else op  # type: ignore[attr-defined]

    def outputs(self, arrays: Arrays) -> list[np.ndarray]:
        """Return the outputs at these inputs, of complex ones the real and the imaginary part."""
        native = {n: laid(t, self.layouts[0], t) for n, t in self._native(arrays).items()}
        self.types, found = parts([_numpy(o) for o in self.tensors(native)])
        return found

    def pull(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        """Return the gradients that the backward gives for these cotangents."""
        return self._pulled(arrays, cotangents)

    def push(self, arrays: Arrays, tangents: Arrays) -> list[np.ndarray]:
        """Return the derivative of the floating outputs along `tangents`, by forward mode."""
        at, along = self._native(arrays), self._native(tangents)
        along |= {n: torch.zeros_like(along[n]) for n in self.inputs.fixed}
        return parts([_numpy(o) for o in torch.func.jvp(self._inexact, (at,), (along,))[1]])[1]

    def noise(
        self, arrays: Arrays, cotangents: Sequence[np.ndarray], info: Floating | None, draws: int, seed: int
    ) -> Iterator[Arrays]:
        """Yield gradients with every operation's result moved by an ulp of `info`; None: of its own type.

        The path through a maximum is cut where the derivative is the same without it (a maximum taken out of an exp):
        autograd subtracts along it the sum of all it has rounded, which no kernel does.
        """
        function = self._without_tops(cotangents)
        for draw in range(draws):
            mode = PerturbTypes(seed + draw) if info is None else Perturb(info, seed + draw)
            with function():
                found = self._pulled(arrays, cotangents, mode)
            yield found

    def _without_tops(self, cotangents: Sequence[np.ndarray]) -> Callable[[], Any]:
        """Return what cuts the path through every maximum, or does nothing where the derivative needs it."""
        wide, cut = self.inputs.cast(np.float64), _Constant()
        try:
            whole = self._pulled(wide, cotangents)
            with cut:
                found = self._pulled(wide, cotangents)
        except Exception:  # it takes its own types alone
            return nullcontext
        room = {n: 1e-9 * np.abs(a).max(initial=0) for n, a in whole.items()}
        same = cut.met and found.keys() == whole.keys()
        same = same and all(np.abs(found[n] - a).max(initial=0) <= room[n] for n, a in whole.items())
        return _Constant if same else nullcontext

    def cut(self, arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Iterator[Cut]:
        """Yield gradients with statistics held constant."""
        counted = _Held()
        with counted:
            self._pulled(arrays, cotangents)
        for which in chosen(len(counted.met)):
            with _Held(which):
                found = self._pulled(arrays, cotangents)
            yield tuple(counted.met[k] for k in sorted(which)), found

    def given_back(self, cotangents: Sequence[np.ndarray]) -> list[torch.Tensor]:
        """Return cotangents as tensors, one for each floating output, in its type."""
        left, found = map(torch.from_numpy, map(np.array, cotangents)), []
        for o in self._inexact(self._native(self.inputs.arrays)):
            found.append(_cotangent(o, left))
        return found

    def push_noise(
        self, arrays: Arrays, tangents: Arrays, info: Floating | None, draws: int, seed: int
    ) -> Iterator[list[np.ndarray]]:
        """Yield what `push` gives with every operation's result moved by an ulp, as `noise` does."""
        for draw in range(draws):
            with PerturbTypes(seed + draw) if info is None else Perturb(info, seed + draw):
                found = self.push(arrays, tangents)
            yield found

    def forget(self) -> None:
        """Do nothing: torch runs each call anew."""

    def tensors(self, tensors: Tensors) -> list[torch.Tensor]:
        """Return the tensors among the outputs at these inputs."""
        result = outputs_of(self.apply(*self.inputs.filled(tensors, self._constant)))
        return [o for o in result if isinstance(o, torch.Tensor)]

    def _inexact(self, tensors: Tensors) -> list[torch.Tensor]:
        return [o for o in self.tensors(tensors) if o.is_floating_point() or o.is_complex()]

    def _pulled(
        self, arrays: Arrays, cotangents: Sequence[np.ndarray], mode: Perturb | None = None
    ) -> Arrays:
        native = self._native(arrays)
        leaves = {n: t.requires_grad_() for n, t in native.items() if n not in self.inputs.fixed}
        left = (torch.from_numpy(np.array(c)) for c in cotangents)
        with mode or nullcontext():
            # A clone: an operation that works in place on a leaf is refused, on a computed tensor it is not.
            moved = {n: mode.moved(t) if mode else t.clone() for n, t in native.items()}
            outputs = self._inexact({n: laid(moved[n], self.layouts[0], t) for n, t in native.items()})
            pulled = [laid(c, self.layouts[1], c) for c in (_cotangent(o, left) for o in outputs)]
            some = [(o, c) for o, c in zip(outputs, pulled, strict=True) if o.requires_grad]
            if not some:
                return {}
            outputs, pulled = (list(side) for side in zip(*some, strict=True))
            found = torch.autograd.grad(outputs, list(leaves.values()), pulled, allow_unused=True)
        return self.inputs.split({n: _numpy(g) for n, g in zip(leaves, found, strict=True) if g is not None})

    def _native(self, arrays: Arrays) -> Tensors:
        typed = self.inputs.native(arrays)
        made = {n: torch.from_numpy(np.array(t.array)).to(getattr(torch, t.type)) for n, t in typed.items()}
        return {n: a.to(self.inputs.device) for n, a in made.items()}

    def _constant(self, value: Any) -> Any:
        array = isinstance(value, np.ndarray)
        return torch.from_numpy(np.array(value)).to(self.inputs.device) if array else value


class _Constant(TorchFunctionMode):
    """Treats every maximum as a constant. met: whether there was one."""

    met = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func not in TOPS:
            return result
        self.met = True
        return tree_map_only(torch.Tensor, torch.Tensor.detach, result)


class _Held(TorchFunctionMode):
    """Treats the statistics of these numbers as constants. met: those that were there."""

    def __init__(self, which: frozenset[int] = frozenset()):
        super().__init__()
        self.which, self.met = which, list[Statistic]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if (apart := APART.get(name)) is not None:
            with self:
                return apart(*args, **kwargs)
        result = func(*args, **kwargs)
        if func in TOPS and self.which:  # a maximum taken out of an exp cancels only with the sum's own path
            return tree_map_only(torch.Tensor, torch.Tensor.detach, result)
        if name not in SUMS or not (isinstance(result, torch.Tensor) and args[0].requires_grad):
            return result
        made_by = {"sum": type(args[0].grad_fn).__name__, "mean": type(args[0].grad_fn).__name__}
        axes = kwargs.get("dim", args[1] if len(args) > 1 and name in made_by else None)
        self.met.append(statistic(made_by.get(name, SUMS[name]).lower(), axes, args[0].ndim))
        return result.detach() if len(self.met) - 1 in self.which else result


SUMS = {"sum": "", "mean": "", "var": "square", "std": "square", "norm": "square", "vector_norm": "square"}
SUMS |= {"logsumexp": "exp"}


def _softmax(x: Any, dim: int = -1, *_: Any, **__: Any) -> Any:
    e = (x - x.amax(dim, keepdim=True).detach()).exp()
    return e / e.sum(dim, keepdim=True)


def _log_softmax(x: Any, dim: int = -1, *_: Any, **__: Any) -> Any:
    x = x - x.amax(dim, keepdim=True).detach()
    return x - x.exp().sum(dim, keepdim=True).log()


def _layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    c = x - x.mean(tuple(range(-len(shape), 0)), keepdim=True)
    h = _rms_norm(c, shape, weight, eps)
    return h if bias is None else h + bias


def _rms_norm(x: Any, shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    eps = torch.finfo(x.dtype).eps if eps is None else eps
    h = x / ((x * x).mean(tuple(range(-len(shape), 0)), keepdim=True) + eps).sqrt()
    return h if weight is None else h * weight


APART: dict[str, Callable[..., Any]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
}


def _numpy(tensor: torch.Tensor) -> Typed:
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    low = tensor.dtype in (torch.float16, torch.bfloat16)
    return Typed(str(tensor.dtype).removeprefix("torch."), (tensor.float() if low else tensor).numpy().copy())


def _cotangent(output: torch.Tensor, left: Iterator[torch.Tensor]) -> torch.Tensor:
    if output.is_complex():
        return torch.complex(next(left), next(left)).to(output)
    return next(left).to(output)
