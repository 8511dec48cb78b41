"""Do, and record, what NumPy and other libraries do to recorded arrays and numbers."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.arrays import Array
from .kinds import (
    NUMBER_KINDS,
    Recorded,
    adopted,
    bare,
    holds,
    is_number,
    number,
    plain_number,
    stray,
    traced,
    value_of_number,
    wrap,
)
from .memory import Value, owner_of
from .tape import Tape, active

_REDUCE = ("dtype", "out", "keepdims", "initial", "where")


def one(
    tape: Tape, function: Any, method: str, args: tuple, kwargs: Any, reads: list[Value], result: Any
) -> Any:
    """Record an operation with one result, and return that."""
    if isinstance(result, np.ndarray):
        (value,) = tape.record(function, method, args, kwargs, reads, [result])
        return traced(result, value.region)
    array = np.array(result)
    (value,) = tape.record(function, method, args, kwargs, reads, [array])
    return number(result, value.region) if array.dtype.kind == "f" else result  # type: ignore[arg-type]


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
    return one(tape, ufunc, "__call__", tuple(args), {}, reads, result)


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
            return one(tape, ufunc, method, tuple(args), kwargs, reads, result)
        return _several_of_ufunc(tape, ufunc, tuple(args), kwargs, reads, result)
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
        return one(tape, ufunc, method, tuple(args), kwargs, reads, result)
    results = _several_of_ufunc(tape, ufunc, tuple(args), kwargs, reads, result)
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
    region = tape.memory.region(target)
    tape.memory.before_write(region.buffer)
    into = target.view(np.ndarray)
    call(*plain, out=into, **options)
    tape.record(ufunc, method, args, kwargs, reads, [into], region)
    return target if isinstance(target, Recorded) else traced(into)


def _several_of_ufunc(
    tape: Tape, ufunc: Any, args: tuple, kwargs: Any, reads: list[Value], result: tuple
) -> tuple:
    arrays = [r if isinstance(r, np.ndarray) else np.array(r) for r in result]
    writes = tape.record(ufunc, "__call__", args, kwargs, reads, arrays)
    return tuple(_given_back(r, w) for r, w in zip(result, writes, strict=True))


def _given_back(result: Any, value: Value) -> Any:
    if isinstance(result, np.ndarray):
        return traced(result, value.region)
    return number(result, value.region) if value.array.dtype.kind == "f" else result  # type: ignore[arg-type]


def _at(tape: Tape, ufunc: Any, inputs: tuple, args: list, plain: list, reads: list[Value]) -> None:
    target = inputs[0]
    if len(inputs) > 2 and isinstance(inputs[2], (list, tuple)):
        operand = asarray(list(inputs[2]))
        args, plain = [*args[:2], wrap(tape, operand, reads)], [*plain[:2], bare(operand)]
    region = tape.memory.region(target)
    tape.memory.before_write(region.buffer)
    args = [args[0], kept(plain[1]), *args[2:]]
    ufunc.at(*plain)
    tape.record(ufunc, "at", tuple(args), {}, reads, [target.view(np.ndarray)], region)


def apply_function(function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Do, and record, what a NumPy function or another library's function does."""
    tape = active()
    if tape is None:
        stray(args)
        return function(*bare(args), **bare(kwargs))
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
            tape.lose(f"{_name(function)} writes to its argument")
    if out is not None:
        return _into_out(tape, function, wrapped, options, reads, result, out)
    return _returned(tape, function, wrapped, options, reads, result)


def _into_out(
    tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], result: Any, out: Any
) -> Any:
    target = out[0] if isinstance(out, tuple) else out
    region = tape.memory.region(target)
    tape.memory.before_write(region.buffer)
    into = target.view(np.ndarray)
    into[...] = result
    tape.record(function, "__call__", args, kwargs, reads, [into], region)
    return target


def _returned(tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], result: Any) -> Any:
    """Record a function's call, and return what it gave as recorded things."""
    counts = any(r.active for r in reads)
    if isinstance(result, (tuple, list)):
        return _several(tape, function, args, kwargs, reads, result)
    if isinstance(result, np.ndarray):
        if result.dtype.kind not in "fiub":
            if counts and result.dtype.kind not in "USM":
                tape.lose(f"{_name(function)} gives {result.dtype} numbers")
            return result
        if (whole := a_view(result, reads)) is not None:
            return seen(tape, whole, result)
        if result.base is not None:  # of memory the function made: own it
            result = result.copy()
    elif isinstance(result, float):  # NumPy's float64 too
        result = result if isinstance(result, np.floating) else np.float64(result)
    elif not isinstance(result, np.floating):
        if counts and not isinstance(
            result, (int, str, bytes, np.integer, np.bool_, np.dtype, type(None), type)
        ):
            tape.lose(f"{_name(function)} gives a {type(result).__name__}")
        return result
    return one(tape, function, "__call__", args, kwargs, reads, result)


def _name(function: Any) -> str:
    return getattr(function, "__name__", str(function))


def _several(tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], results: Any) -> Any:
    """Record a function with several results; those that are views of its operands need no record."""
    made, views = [], {}
    for i, r in enumerate(results):
        if isinstance(r, np.ndarray) and (whole := a_view(r, reads)) is not None:
            views[i] = whole
        elif isinstance(r, (np.ndarray, np.floating, float)) and np.asarray(r).dtype.kind in "fiub":
            made.append(np.array(r) if not isinstance(r, np.ndarray) or r.base is not None else r)
        elif (
            any(v.active for v in reads) and isinstance(r, (np.ndarray, list, tuple, complex)) and np.size(r)
        ):
            tape.lose(f"{_name(function)} gives {type(r).__name__}s that are not recorded")
    writes = iter(tape.record(function, "__call__", args, kwargs, reads, made) if made else [])
    found = []
    for i, r in enumerate(results):
        if i in views:
            found.append(seen(tape, views[i], r))
        elif isinstance(r, (np.ndarray, np.floating, float)) and np.asarray(r).dtype.kind in "fiub":
            value = next(writes)
            found.append(
                traced(value.array, value.region) if isinstance(r, np.ndarray) else _given_back(r, value)
            )
        else:
            found.append(r)
    return type(results)(*found) if hasattr(results, "_fields") else type(results)(found)


def seen(tape: Tape, whole: Value, part: Array) -> Any:
    """Note that the code looks at a part of an array, or at its transpose; nothing is computed.

    whole: where the array lies; its entries are not held, so that a later write need not copy them.
    """
    if part.dtype.kind != "f":
        return traced(part)
    (value,) = tape.record(operator.getitem, "view", (whole,), {}, [whole], [part])
    return traced(part, value.region)


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


def a_view(result: Array, reads: list[Value]) -> Value | None:
    """Return the operand in whose memory a result lies."""
    if not result.size or (result.base is None and not any(result is r.array for r in reads)):
        return None
    owner = owner_of(result)
    for value in reads:
        if isinstance(value.array, np.ndarray) and value.array.size and owner_of(value.array) is owner:
            return value
    return None


def kept(key: Any) -> Any:
    """Return an index with its arrays copied, which the user may write to later."""
    if isinstance(key, np.ndarray):
        return key.copy()
    if isinstance(key, (tuple, list)):
        return type(key)(kept(k) for k in key)
    return key
