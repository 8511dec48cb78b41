"""Changes of one operation in a torch run, seen by a mode that every function of torch passes through."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from .conventions import EPSILONS, SLOPES, SMALL, Change, change

Seen = list[tuple[str, tuple, dict]]
NORMS = {"layer_norm": (4, "layer norm"), "rms_norm": (3, "RMS norm"), "group_norm": (4, "group norm")}
NORMS |= {"batch_norm": (7, "batch norm")}
SPREADS = ("std", "var", "std_mean", "var_mean")
FACTORS = ("mul", "div", "__mul__", "__rmul__", "__truediv__", "true_divide", "mul_", "div_", "__imul__")
TERMS = ("add", "__add__", "__radd__", "clamp", "clamp_min", "add_")


class Changed(TorchFunctionMode):
    """Runs each operation through a Change; without one, notes what was run."""

    def __init__(self, tried: Change | None = None):
        super().__init__()
        self.tried, self.seen = tried, Seen()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if self.tried is None:
            self.seen.append((name, args, kwargs))
            return func(*args, **kwargs)
        return self.tried.run(func, name, args, kwargs)


def changes(seen: Seen) -> Iterator[Change]:
    """Yield what may be tried on a run of these operations."""
    names = {name for name, _, _ in seen}
    if "gelu" in names:
        exact = {k.get("approximate", "none") for n, _, k in seen if n == "gelu"} == {"none"}
        forms = ("exact", "the tanh approximation")[:: 1 if exact else -1]
        run = _with("gelu", approximate="tanh" if exact else "none")
        yield change("gelu-approximate", run, mine=forms[0], its=forms[1])
    if names & set(SPREADS):
        yield change("std-correction", _spread(-1), mine="n-1", its="n")
        yield change("std-correction", _spread(1), mine="n", its="n-1")
    for name, (place, words) in NORMS.items():
        for mine in {_argument(a, k, place, "eps") for n, a, k in seen if n == name}:
            for its in EPSILONS if mine is not None else ():
                if its != mine:
                    yield change("norm-epsilon", _at(name, place, "eps", its), what=words, mine=mine, its=its)
    if "batch_norm" in names:
        yield from _batch_norm(seen)
    yield from _axes(seen, names)
    yield from _losses(seen, names)
    yield from _layouts(seen, names)
    yield from _attention(names)
    for name in names & {"masked_fill", "masked_fill_", "where"}:
        keep = (lambda a: a[2]) if name == "where" else (lambda a: a[0])
        yield change("mask-missing", _instead(name, keep), what=name)
        if name == "where":
            yield change("mask-missing", _instead(name, lambda a: a[1]), what=name)
    if names & {"dropout", "dropout1d", "dropout2d"}:
        yield change("dropout-on", _instead(("dropout", "dropout1d", "dropout2d"), lambda a: a[0]))
    for mine in {_argument(a, k, 2, "padding_idx") for n, a, k in seen if n == "embedding"} - {None}:
        yield change("embedding-padding", _at("embedding", 2, "padding_idx", None), mine=mine)
    yield from _constants(seen)


def _argument(args: tuple, kwargs: dict, place: int, name: str) -> Any:
    return kwargs.get(name, args[place] if len(args) > place else None)


def _with(wanted: str, **more: Any) -> Callable[..., Any]:
    def run(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
        return func(*args, **(kwargs | more if name == wanted else kwargs))

    return run


def _at(wanted: str, place: int, word: str, value: Any) -> Callable[..., Any]:
    """Give an argument another value, wherever it is given."""

    def run(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
        if name == wanted:
            args, kwargs = _put(args, kwargs, place, word, value)
        return func(*args, **kwargs)

    return run


def _put(args: tuple, kwargs: dict, place: int, word: str, value: Any) -> tuple[tuple, dict]:
    """Return the arguments with another value of one."""
    if len(args) > place:
        return (*args[:place], value, *args[place + 1 :]), kwargs
    return args, kwargs | {word: value}


def _instead(wanted: Any, result: Callable[[tuple], Any]) -> Callable[..., Any]:
    wanted = (wanted,) if isinstance(wanted, str) else wanted

    def run(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
        found = func(*args, **kwargs)
        return torch.broadcast_to(torch.as_tensor(result(args)), found.shape) if name in wanted else found

    return run


def _spread(way: int) -> Callable[..., Any]:
    """Divide a variance by n for n-1 (-1), or by n-1 for n (1)."""

    def run(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
        found = func(*args, **kwargs)
        if name not in SPREADS:
            return found
        one = found[0] if isinstance(found, tuple) else found
        n = args[0].numel() / one.numel()
        factor = ((n - 1) / n) ** -way
        one = one * (factor**0.5 if name.startswith("std") else factor)
        return (one, *found[1:]) if isinstance(found, tuple) else one

    return run


def _batch_norm(seen: Seen) -> Iterator[Change]:
    training = {_argument(a, k, 5, "training") for n, a, k in seen if n == "batch_norm"}
    modes = ("takes the batch's statistics", "takes its running ones")
    if len(training) == 1:
        (now,) = training
        mine, its = modes if now else modes[::-1]
        yield change("batchnorm-mode", _at("batch_norm", 5, "training", not now), mine=mine, its=its)
    for m in {_argument(a, k, 6, "momentum") for n, a, k in seen if n == "batch_norm"} - {None}:
        for its in dict.fromkeys((1 - m, 0.1, 0.01, 0.9, 0.99)):
            if its != m:
                yield change("batchnorm-momentum", _at("batch_norm", 6, "momentum", its), mine=m, its=its)

    def biased(momentum: float | None) -> Callable[..., Any]:
        def run(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
            if name != "batch_norm" or _argument(args, kwargs, 2, "running_var") is None:
                return func(*args, **kwargs)
            if momentum is not None:
                args, kwargs = _put(args, kwargs, 6, "momentum", momentum)
            variance = _argument(args, kwargs, 2, "running_var")
            before = variance.clone()
            out = func(*args, **kwargs)
            n = args[0].numel() / args[0].shape[1]
            m = _argument(args, kwargs, 6, "momentum")
            new = variance.detach() - (1 - m) * before
            variance.data.copy_((1 - m) * before + new * (n - 1) / n)  # the backward pass may have seen it
            return out

        return run

    yield change("batchnorm-running-variance", biased(None), mine="n-1", its="n")
    for m in {_argument(a, k, 6, "momentum") for n, a, k in seen if n == "batch_norm"} - {None}:
        for its in dict.fromkeys((1 - m, 0.1, 0.01)):
            if its != m:  # a port of flax's batch norm has both
                yield change("batchnorm-momentum", biased(its), mine=m, its=its)


def _axes(seen: Seen, names: set[str]) -> Iterator[Change]:
    for name in names & {"softmax", "log_softmax"}:
        for args, kwargs in ((a, k) for n, a, k in seen if n == name):
            mine, axes = _argument(args, kwargs, 1, "dim"), args[0].dim()
            for axis in range(axes) if mine is not None else ():
                if axis != mine % axes:
                    run = _at(name, 1, "dim", axis)
                    yield change("softmax-axis", run, what="a softmax", mine=mine % axes, its=axis)
            break
    for name, word in (("leaky_relu", "negative_slope"), ("elu", "alpha")):
        for mine in {_argument(a, k, 1, word) for n, a, k in seen if n == name} - {None}:
            for its in (*SLOPES, 1.0):
                if its != mine:
                    yield change(
                        "slope", _at(name, 1, word, its), what=name.replace("_", " "), mine=mine, its=its
                    )


def _losses(seen: Seen, names: set[str]) -> Iterator[Change]:
    for name in sorted(
        n for n in names if n in ("cross_entropy", "mse_loss", "nll_loss", "binary_cross_entropy")
    ):
        now = next((k.get("reduction", "mean") for n, _, k in seen if n == name), "mean")
        its = "sum" if now == "mean" else "mean"
        yield change("reduction", _with(name, reduction=its), what=name.replace("_", " "), mine=now, its=its)
    if "cross_entropy" in names:
        for other in (0.1, 0.05, 0.2, 0.01, 0.0):
            smooth = next(k.get("label_smoothing", 0.0) for n, _, k in seen if n == "cross_entropy")
            if other != smooth:
                yield change(
                    "label-smoothing", _with("cross_entropy", label_smoothing=other), mine=smooth, its=other
                )

        def twice(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
            if name == "cross_entropy":
                args = (torch.softmax(args[0], 1), *args[1:])
            return func(*args, **kwargs)

        yield change("softmax-twice", twice)


def _layouts(seen: Seen, names: set[str]) -> Iterator[Change]:
    square = [a for n, a, _ in seen if n == "linear" and a[1].dim() == 2 and len(set(a[1].shape)) == 1]
    for which in range(min(len(square), 8) + 1):  # each of them, then all
        count = itertools.count()

        def turned(
            func: Any, name: str, args: tuple, kwargs: dict, which: int = which, count: Any = count
        ) -> Any:
            if (
                name == "linear"
                and len(set(args[1].shape)) == 1
                and (which == len(square) or next(count) % len(square) == which)
            ):
                args = (args[0], args[1].T, *args[2:])
            return func(*args, **kwargs)

        if square:
            yield change("linear-layout", turned, mine="x W^T", its="x W")

    def last(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
        found = func(*args, **kwargs)
        image = name in ("flatten", "view", "reshape") and args[0].dim() == 4 and found.dim() == 2
        return args[0].permute(0, 2, 3, 1).reshape(found.shape) if image else found

    if any(
        n in ("flatten", "view", "reshape") and a[0].dim() == 4
        for n, a, _ in seen
        if a and hasattr(a[0], "dim")
    ):
        yield change("flatten-order", last, mine="first", its="last")
    if "conv2d" in names:

        def padded(func: Any, name: str, args: tuple, kwargs: dict) -> Any:
            if name != "conv2d" or len(args) < 5 or args[4] in ((0, 0), 0, "same", "valid"):
                return func(*args, **kwargs)
            p = args[4] if isinstance(args[4], tuple) else (args[4],) * 2
            s = args[3] if isinstance(args[3], tuple) else (args[3],) * 2
            if s == (1, 1):
                return func(*args, **kwargs)
            before = [max(0, p[i] - (s[i] - 1)) for i in (0, 1)]
            image = F.pad(args[0], (before[1], p[1], before[0], p[0]))
            return func(image, *args[1:4], (0, 0), *args[5:], **kwargs)

        yield change("padding-side", padded)
    if "avg_pool2d" in names:
        yield change(
            "pool-padding", _with("avg_pool2d", count_include_pad=False), mine="counts", its="does not"
        )


def _attention(names: set[str]) -> Iterator[Change]:
    name = "scaled_dot_product_attention"
    if name in names:
        yield change("attention-causal", _with(name, is_causal=False), mine="is causal", its="is not")
        yield change("attention-causal", _with(name, is_causal=True), mine="is not causal", its="is")
        yield change("factor-missing", _with(name, scale=1.0), mine="1/sqrt(d)", what="the attention's scale")


def _constants(seen: Seen) -> Iterator[Change]:
    """Yield other values of the Python numbers that operations are called with, one at a time."""
    for kinds in (FACTORS, TERMS):
        values = {
            a[1] for n, a, _ in seen if n in kinds and len(a) > 1 and isinstance(a[1], (int, float)) and a[1]
        }
        for mine in sorted(values):
            others = (
                (1.0,) if kinds is FACTORS else [e for e in EPSILONS if e != mine] if mine < SMALL else ()
            )
            for its in others:
                if its == mine:
                    continue

                def run(
                    func: Any,
                    name: str,
                    args: tuple,
                    kwargs: dict,
                    kinds: Any = kinds,
                    mine: float = mine,
                    its: float = its,
                ) -> Any:
                    if (
                        name in kinds
                        and len(args) > 1
                        and isinstance(args[1], (int, float))
                        and args[1] == mine
                    ):
                        args = (args[0], its, *args[2:])
                    return func(*args, **kwargs)

                if kinds is FACTORS:
                    yield change("factor-missing", run, mine=mine, what="times or divided by a constant")
                else:
                    yield change("constant", run, mine=mine, its=its, what="a sum")
