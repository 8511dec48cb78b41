"""A batch that fits an object which comes without one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .roles import FORWARD, arguments
from .slots import slots
from .space import Space

N = 6  # samples
DRAWN = "no batch was found"
SEED = "rng = np.random.default_rng(0)"


def batches(space: Space, name: str, value: Any) -> Iterator[list[str]]:
    """Yield lines that draw X and y, for each shape that the object's weights suggest and its forward pass takes."""
    sizes = [s.value.shape for s in slots({name: value}).values() if getattr(s.value, "ndim", 0) == 2]
    dims = list(dict.fromkeys(d for shape in sizes for d in shape))[:4]
    forward = _forward(value)
    for n in dims:
        for shape in ((N, n), (n, N), (n, 1)):
            x = np.random.default_rng(0).normal(size=shape)
            out = None
            if forward is not None:
                try:
                    out = np.asarray(forward(x))
                except Exception:
                    continue
            if (
                out is not None and out.dtype.kind in "iub"
            ):  # classes that are predicted say nothing of the targets
                out = None
            for y in _targets(out, shape, dims):
                yield [SEED, f"X = rng.normal(size={shape})", f"y = {y}"]


def _forward(value: Any) -> Callable[..., Any] | None:
    if isinstance(value, (list, tuple)):

        def through(x: Any) -> Any:
            for layer in value:
                x = layer.forward(x)
            return x

        return through
    names = [n for n in dir(type(value)) if FORWARD.search(n) and (not n.startswith("_") or n == "__call__")]
    for name in names:
        function = getattr(value, name)
        wanted = [p for p in arguments(function) or () if p.default is p.empty]
        if len(wanted) == 1:
            return function
    return None


def _targets(out: np.ndarray | None, shape: tuple[int, ...], dims: list[int]) -> Iterator[str]:
    """Yield expressions of targets: classes, one-hot rows or columns, numbers like the output."""
    if out is not None and (out.ndim != 2 or (N not in out.shape and 1 not in shape)):
        yield f"rng.integers(0, 2, {out.shape}).astype(float)"
        return
    wholes = [out.shape] if out is not None else [(N, k) for k in reversed(dims)]
    for rows, columns in wholes:
        if rows == N and columns > 1:
            yield f"rng.integers(0, {columns}, {N})"
            yield f"np.eye({columns})[rng.integers(0, {columns}, {N})]"
        if columns == N and rows > 1:
            yield f"np.eye({rows})[:, rng.integers(0, {rows}, {N})]"
        yield f"rng.integers(0, 2, {(rows, columns)}).astype(float)"
