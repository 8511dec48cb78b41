"""Do, and record, what NumPy and other libraries do to recorded arrays and numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .kinds import (
    NUMBER_KINDS,
    Recorded,
    adopted,
    bare,
    holds,
    is_number,
    plain_number,
    stray,
    traced,
    value_of_number,
    wrap,
)
from .memory import Value
from .results import (
    function_name,
    held_index,
    record_result,
    record_results_of_ufunc,
    returned,
    writable,
)
from .tape import Tape, active

_REDUCE = ("dtype", "out", "keepdims", "initial", "where")


def on_numbers(ufunc: Any, operation: Callable[..., Any], inputs: tuple) -> Any:
    """Do an operator on numbers as NumPy's scalars do it, and record it as its ufunc."""
    tape = active()
    if tape is None:
        stray(inputs)
        return operation(*(plain_number(i) if is_number(i) else i for i in inputs))
    args, plain, reads = [], [], []
    for each in inputs:
        if type(each) in NUMBER_KINDS:
            value = value_of_number(tape, each)
            reads.append(value)
            args.append(value)
            plain.append(value.array[()])
        else:
            args.append(each)
            plain.append(each)
    result = operation(*plain)
    if result is NotImplemented:
        return result
    return record_result(tape, ufunc, "__call__", tuple(args), {}, reads, result)


def apply_ufunc(ufunc: Any, method: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """Do, and record, what a ufunc or one of its methods does."""
    tape = active()
    if tape is None:
        stray(inputs)
        options = {k: bare(v) for k, v in kwargs.items()}
        return getattr(ufunc, method)(*(bare(i) for i in inputs), **options)
    args: list[Any] = []
    plain: list[Any] = []
    reads: list[Value] = []
    for each in inputs:
        if isinstance(each, (list, tuple)) and method in ("__call__", "outer"):
            each = asarray(list(each)) if holds(each) else np.asarray(each)
        if isinstance(each, np.ndarray):
            value = tape.value(each)
        elif type(each) in NUMBER_KINDS:
            value = value_of_number(tape, each)
        else:
            args.append(wrap(tape, each, reads))
            plain.append(bare(each))
            continue
        reads.append(value)
        args.append(value)
        plain.append(value.array)
    if not kwargs and method == "__call__":
        result = ufunc(*plain)
        if type(result) is not tuple:
            return record_result(tape, ufunc, method, tuple(args), kwargs, reads, result)
        return record_results_of_ufunc(tape, ufunc, tuple(args), kwargs, reads, result)
    if method == "at":
        return _at(tape, ufunc, inputs, args, plain, reads)
    if method in ("reduce", "accumulate") and len(args) > 3:  # out, by its position
        if args[3] is not None:
            kwargs = {"out": (inputs[3],), **kwargs}
            reads = [r for r in reads if r is not args[3]]
        args[3] = plain[3] = None
    out = kwargs.pop("out", None)
    if out is not None and method == "__call__" and kwargs.get("where", True) is not True and len(out) == 1:
        return _masked(ufunc, inputs, kwargs, out[0])
    options = {k: bare(v) for k, v in kwargs.items()}
    kwargs = {k: wrap(tape, v, reads) for k, v in kwargs.items()}
    call = ufunc if method == "__call__" else getattr(ufunc, method)
    targets = [] if out is None else list(out) if isinstance(out, tuple) else [out]
    if len(targets) == 1 and targets[0] is not None:
        return _into_one(tape, ufunc, method, call, tuple(args), kwargs, reads, plain, options, targets[0])
    result = call(*plain, **options)
    if not isinstance(result, tuple):
        return record_result(tape, ufunc, method, tuple(args), kwargs, reads, result)
    results = record_results_of_ufunc(tape, ufunc, tuple(args), kwargs, reads, result)
    for i, target in enumerate(targets):
        if target is not None:
            (target if isinstance(target, Recorded) else traced(target))[...] = results[i]
    given = [*targets, *[None] * len(results)]
    return tuple(r if t is None else t for r, t in zip(results, given, strict=False))


def _masked(ufunc: Any, inputs: tuple, kwargs: dict[str, Any], target: Any) -> Any:
    """Write a ufunc's result where a mask says: as an assignment, so that the operations can be done again."""
    mask = np.broadcast_to(bare(kwargs["where"]), target.shape)
    with np.errstate(all="ignore"):  # elsewhere the operands may be anything
        whole = apply_ufunc(ufunc, "__call__", inputs, {k: v for k, v in kwargs.items() if k != "where"})
    into = target if isinstance(target, Recorded) else traced(target)
    into[mask] = apply_function(np.broadcast_to, (asarray(whole), target.shape), {})[mask]
    return into


def _into_one(
    tape: Tape, ufunc: Any, method: str, call: Any, args: tuple, kwargs: Any, reads: list[Value], plain: list,
    options: dict[str, Any], target: Any,
) -> Any:  # fmt: skip
    """Write the result of a ufunc into the array that the code gave for it."""
    if not isinstance(target, np.ndarray):
        raise TypeError("return arrays must be of ArrayType")
    region, into = writable(tape, target)
    call(*plain, out=into, **options)
    tape.record(ufunc, method, args, kwargs, reads, [into], region)
    return target if isinstance(target, Recorded) else traced(into)


def _at(tape: Tape, ufunc: Any, inputs: tuple, args: list, plain: list, reads: list[Value]) -> None:
    target = inputs[0]
    if ufunc in (np.maximum, np.minimum) and len(inputs) == 3:
        winners = _winners(ufunc, *plain)
        if winners is not None:
            _store_winners(target, inputs[2], *winners)
            return
    if len(inputs) > 2 and isinstance(inputs[2], (list, tuple)):
        operand = asarray(list(inputs[2]))
        args, plain = [*args[:2], wrap(tape, operand, reads)], [*plain[:2], bare(operand)]
    region, into = writable(tape, target)
    args = [args[0], held_index(plain[1]), *args[2:]]
    ufunc.at(*plain)
    tape.record(ufunc, "at", tuple(args), {}, reads, [into], region)


def _winners(ufunc: Any, before: Any, key: Any, given: Any) -> tuple[Any, Any, Any] | None:
    """Return the entries that maximum.at changes, which of the values each takes, and the shape of the values.

    None where two values tie for an entry: the derivative there is a convention.
    """
    places = np.arange(before.size).reshape(before.shape)[key]
    values = np.broadcast_to(np.asarray(given), places.shape).ravel()
    after = before.copy()
    ufunc.at(after, key, given)
    best = np.flatnonzero(values == after.ravel()[places.ravel()])
    entries = places.ravel()[best]
    tied = len(np.unique(entries)) < len(entries) or bool(
        np.any(after.ravel()[entries] == before.ravel()[entries])
    )
    if before.dtype.kind != "f" or np.isnan(after).any() or tied:
        return None
    return entries, best, places.shape


def _store_winners(target: Any, given: Any, entries: Any, best: Any, shape: tuple[int, ...]) -> None:
    """Write the values that are the largest where they are: as an assignment of entries, for which there are rules."""
    values = apply_function(np.broadcast_to, (asarray(given), shape), {}).reshape(-1)[best]
    into = target if isinstance(target, Recorded) else traced(target)
    into[np.unravel_index(entries, target.shape)] = values


def apply_function(function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Do, and record, what a NumPy function or another library's function does."""
    tape = active()
    if tape is None:
        stray(args)
        return function(*bare(args), **bare(kwargs))
    if function is np.allclose:
        return _close(*args, **kwargs)
    reduced = REDUCTIONS.get(function)
    if reduced is not None:
        return _reduction(reduced, *args, **kwargs)
    writer = WRITERS.get(function)
    if writer is not None:
        return writer(*args, **kwargs)
    if function in OF_ONE_ARRAY and args and isinstance(args[0], (list, tuple)) and holds(args[0]):
        args = (asarray(list(args[0])), *args[1:])
    out = kwargs.pop("out", None)
    plain_args, plain_kwargs = bare(args), bare(kwargs)
    reads: list[Value] = []
    wrapped, options = wrap(tape, args, reads), wrap(tape, kwargs, reads)
    library = (getattr(function, "__module__", None) or "scipy").split(".")[:2]
    watched = (
        [] if library[0] == "numpy" and "random" not in library else [(r, r.array.copy()) for r in reads]
    )
    result = function(*plain_args, **plain_kwargs)
    for value, before in watched:
        if not np.array_equal(before, value.array, equal_nan=before.dtype.kind == "f"):
            tape.lose(f"{function_name(function)} writes to its argument")
    if out is not None:
        return _into_out(tape, function, wrapped, options, reads, result, out)
    return returned(tape, function, wrapped, options, reads, result)


def _close(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> bool:
    """Do np.allclose by a comparison that is recorded: an iteration may end by it."""
    with np.errstate(all="ignore"):
        size = np.max(np.abs(asarray(a) - asarray(b)) / (atol + rtol * np.abs(asarray(b))), initial=0.0)
        recorded = bool(size <= 1.0)
    plain = np.allclose(bare(a), bare(b), bare(rtol), bare(atol), equal_nan)
    return recorded if recorded == plain else plain


def _into_out(
    tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], result: Any, out: Any
) -> Any:
    target = out[0] if isinstance(out, tuple) else out
    region, into = writable(tape, target)
    into[...] = result
    tape.record(function, "__call__", args, kwargs, reads, [into], region)
    return target


def _reduction(ufunc: Any, array: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Do a NumPy reduction by the method of its ufunc."""
    if not (isinstance(array, Recorded) or is_number(array)):
        array = asarray(array)
    names = _REDUCE if ufunc in (np.add, np.multiply) else _REDUCE[1:]
    options = {**dict(zip(names, args, strict=False)), **kwargs}
    options = {k: v for k, v in options.items() if v is not None and v is not np._NoValue}
    out = options.get("out")
    if out is not None and not isinstance(out, tuple):
        options["out"] = (out,)
    return apply_ufunc(ufunc, "reduce", (array, axis), options)


REDUCTIONS = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
    np.amax: np.maximum,
    np.amin: np.minimum,
    np.any: np.logical_or,
    np.all: np.logical_and,
}


# Their first argument may be a list of recorded numbers, which becomes an array first.
OF_ONE_ARRAY = {
    getattr(np, name)
    for name in (
        "mean", "var", "std", "dot", "inner", "outer", "vdot", "cumsum", "cumprod", "clip", "sort", "median", "ptp",
        "average", "argmax", "argmin", "argsort", "diff",
    )
} | {np.linalg.norm}  # fmt: skip
WRITERS: dict[Any, Callable[..., Any]] = {}  # functions that write into an argument; filled in writers.py


def asarray(tree: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a recorded array of numbers and arrays in lists."""
    if isinstance(tree, Recorded) and not args and not kwargs:
        return tree
    if is_number(tree):
        tree = tree.array
        return tree if not args and not kwargs else apply_function(np.array, (tree, *args), kwargs)
    if not holds(tree):
        return adopted(np.array(tree, *args, **kwargs))
    return apply_function(np.array, (tree, *args), kwargs)
