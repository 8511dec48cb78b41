"""Functions that copy entries from their operands to their result, and do nothing else."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.tape import Operation
from .common import Found, NoRuleError, plain
from .differenced import differenced

_NAMES = (
    "append array array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to choose column_stack"
    " compress concat concatenate copy delete diag diagflat diagonal dsplit dstack expand_dims extract flip fliplr"
    " flipud hsplit hstack insert matrix_transpose meshgrid moveaxis pad permute_dims ravel repeat reshape resize roll"
    " rollaxis rot90 select split squeeze stack swapaxes take take_along_axis tile transpose tril triu unstack vsplit"
    " vstack"
)
MOVES = {getattr(np, name) for name in _NAMES.split() if hasattr(np, name)} | {
    np.lib.stride_tricks.sliding_window_view,
    np.lib.stride_tricks.as_strided,
}
PADDED = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")

FIRST = 2.0**40  # the number of the first entry: no number that the code writes is likely to be one of them


def moved(operation: Operation, gs: list[Array | None]) -> Found:
    """Send each cotangent back to where the entry came from: the call is repeated on numbered entries."""
    if operation.function is np.pad:
        mode = operation.kwargs.get("mode", operation.args[2] if len(operation.args) > 2 else "constant")
        if mode not in PADDED or operation.kwargs.get("reflect_type", "even") != "even":
            yield from differenced(operation, gs)
            return
    count, numbered, moving = 0, {}, []
    for value in operation.reads:
        if value.active:
            shape = np.shape(value.array)
            size = int(np.prod(shape))
            numbered[id(value)] = np.arange(FIRST + count, FIRST + count + size).reshape(shape)
            moving.append((value, count, size))
            count += size

    def swapped(tree: Any) -> Any:
        if id(tree) in numbered:
            return numbered[id(tree)]
        if isinstance(tree, (list, tuple)):
            return type(tree)(swapped(t) for t in tree)
        if isinstance(tree, dict):
            return {k: swapped(t) for k, t in tree.items()}
        return plain(tree)

    kwargs = {k: v for k, v in swapped(dict(operation.kwargs)).items() if k != "dtype"}
    args = swapped(operation.args)
    if operation.function is np.array:
        args = args[:1]
    found = operation.function(*args, **kwargs)
    total = np.zeros(count + 1)
    results = found if isinstance(found, (list, tuple)) else [found]
    results = [r for r in results if isinstance(r, (np.ndarray, np.floating))]
    if len(results) != len(gs):  # some are views, others not
        raise NoRuleError(operation.name)
    for origin, g in zip(results, gs, strict=True):
        if g is None:
            continue
        index = np.asarray(origin, np.float64).ravel() - FIRST
        index = np.where((index >= 0) & (index < count), index, count).astype(np.intp)
        total += np.bincount(index, np.broadcast_to(g, np.shape(origin)).ravel(), minlength=count + 1)
    for value, first, size in moving:
        yield value, total[first : first + size].reshape(np.shape(value.array))
