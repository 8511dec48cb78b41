"""Record what an operation gave, and return it as recorded arrays and numbers."""

import operator
from typing import Any

import numpy as np

from ...common.arrays import Array
from .kinds import number, traced
from .memory import Region, Value, owner_of
from .tape import Tape


def record_result(
    tape: Tape, function: Any, method: str, args: tuple, kwargs: Any, reads: list[Value], result: Any
) -> Any:
    """Record an operation with one result, and return that."""
    if isinstance(result, np.ndarray):
        (value,) = tape.record(function, method, args, kwargs, reads, [result])
        return traced(result, value.region)
    array = np.array(result)
    (value,) = tape.record(function, method, args, kwargs, reads, [array])
    return number(result, value.region) if array.dtype.kind == "f" else result  # type: ignore[arg-type]


def given_back(result: Any, value: Value) -> Any:
    """Return the recorded array or number of a result, of a truth value or an integer that itself."""
    if isinstance(result, np.ndarray):
        return traced(result, value.region)
    return number(result, value.region) if value.array.dtype.kind == "f" else result  # type: ignore[arg-type]


def record_results_of_ufunc(
    tape: Tape, ufunc: Any, args: tuple, kwargs: Any, reads: list[Value], result: tuple
) -> tuple:
    """Record a ufunc with several results, and return them."""
    arrays = [r if isinstance(r, np.ndarray) else np.array(r) for r in result]
    writes = tape.record(ufunc, "__call__", args, kwargs, reads, arrays)
    return tuple(given_back(r, w) for r, w in zip(result, writes, strict=True))


def returned(tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], result: Any) -> Any:
    """Record a function's call, and return what it gave as recorded things."""
    counts = any(r.active for r in reads)
    if isinstance(result, (tuple, list)):
        return _several(tape, function, args, kwargs, reads, result)
    if isinstance(result, np.ndarray):
        if result.dtype.kind not in "fiub":
            if counts and result.dtype.kind not in "USM":
                tape.lose(f"{function_name(function)} gives {result.dtype} numbers")
            return result
        if (whole := viewed_operand(result, reads)) is not None:
            return record_view(tape, whole, result)
        if result.base is not None:  # of memory the function made: own it
            result = result.copy()
    elif isinstance(result, float):  # NumPy's float64 too
        result = result if isinstance(result, np.floating) else np.float64(result)
    elif not isinstance(result, np.floating):
        if counts and not isinstance(
            result, (int, str, bytes, np.integer, np.bool_, np.dtype, type(None), type)
        ):
            tape.lose(f"{function_name(function)} gives a {type(result).__name__}")
        return result
    return record_result(tape, function, "__call__", args, kwargs, reads, result)


def _several(tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], results: Any) -> Any:
    """Record a function with several results; those that are views of its operands need no record."""
    made, views = [], {}
    for i, r in enumerate(results):
        if isinstance(r, np.ndarray) and (whole := viewed_operand(r, reads)) is not None:
            views[i] = whole
        elif _is_numeric(r):
            made.append(np.array(r) if not isinstance(r, np.ndarray) or r.base is not None else r)
        elif (
            any(v.active for v in reads) and isinstance(r, (np.ndarray, list, tuple, complex)) and np.size(r)
        ):
            tape.lose(f"{function_name(function)} gives {type(r).__name__}s that are not recorded")
    writes = iter(tape.record(function, "__call__", args, kwargs, reads, made) if made else [])
    found = []
    for i, r in enumerate(results):
        if i in views:
            found.append(record_view(tape, views[i], r))
        elif _is_numeric(r):
            value = next(writes)
            found.append(
                traced(value.array, value.region) if isinstance(r, np.ndarray) else given_back(r, value)
            )
        else:
            found.append(r)
    return type(results)(*found) if hasattr(results, "_fields") else type(results)(found)


def _is_numeric(result: Any) -> bool:
    numeric = isinstance(result, (np.ndarray, np.floating, float))
    return numeric and np.asarray(result).dtype.kind in "fiub"


def record_view(tape: Tape, whole: Value, part: Array) -> Any:
    """Note that the code looks at a part of an array, or at its transpose; nothing is computed.

    whole: where the array lies; its entries are not held, so that a later write need not copy them.
    """
    if part.dtype.kind != "f":
        return traced(part)
    (value,) = tape.record(operator.getitem, "view", (whole,), {}, [whole], [part])
    return traced(part, value.region)


def viewed_operand(result: Array, reads: list[Value]) -> Value | None:
    """Return the operand in whose memory a result lies."""
    if not result.size or (result.base is None and not any(result is r.array for r in reads)):
        return None
    owner = owner_of(result)
    for value in reads:
        if isinstance(value.array, np.ndarray) and value.array.size and owner_of(value.array) is owner:
            return value
    return None


def held_index(key: Any) -> Any:
    """Return an index with its arrays copied, which the user may write to later."""
    if isinstance(key, np.ndarray):
        return key.copy()
    if isinstance(key, (tuple, list)):
        return type(key)(held_index(k) for k in key)
    return key


def function_name(function: Any) -> str:
    """Return the name of a function for a message."""
    return getattr(function, "__name__", str(function))


def writable(tape: Tape, target: Any) -> tuple[Region, Array]:
    """Return where an array lies and the plain array to write to, after what is held of it is copied."""
    region = tape.memory.region(target)
    tape.memory.before_write(region.buffer)
    return region, target.view(np.ndarray)
