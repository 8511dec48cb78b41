"""The two kinds of recorded things, arrays and numbers, and nests that hold them."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from .memory import Recorded, Region, Value
from .tape import Tape

ARRAY: list[type] = []  # the class of recorded arrays
NUMBERS: dict[np.dtype, type] = {}  # the class of recorded numbers of each type
NUMBER_KINDS: set[type] = set()


def traced(array: Array, region: Region | None = None) -> Any:
    """Return a plain array as a recorded one that shares its memory."""
    made: Any = array.view(ARRAY[0])
    if region is not None:
        made._region, made._plain = region, array
    return made


def number(scalar: Any, region: Region) -> Any:
    """Return a number as a recorded one."""
    kind = NUMBERS.get(region.dtype)
    if kind is None:
        return traced(region.buffer.owner, region)
    made = kind(scalar)
    made.region = region
    return made


def is_number(thing: Any) -> bool:
    """Whether a thing is a recorded number."""
    return type(thing) in NUMBER_KINDS


def plain_number(thing: Any) -> Any:
    """Return the NumPy scalar that a recorded number stands for."""
    return thing.region.buffer.owner[()]


def bare(tree: Any) -> Any:
    """Return `tree` with plain arrays and numbers in the places of recorded ones."""
    if isinstance(tree, Recorded):
        return tree.view(np.ndarray)
    kind = type(tree)
    if kind in NUMBER_KINDS:
        return plain_number(tree)
    if kind is list or kind is tuple:
        return kind(bare(t) for t in tree)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return kind(*(bare(t) for t in tree))
    if kind is dict:
        return {k: bare(t) for k, t in tree.items()}
    if kind is slice:
        return slice(bare(tree.start), bare(tree.stop), bare(tree.step)) if holds(tree) else tree
    return tree


def holds(tree: Any) -> bool:
    """Whether a recorded array or number is in `tree`."""
    kind = type(tree)
    if isinstance(tree, Recorded) or kind in NUMBER_KINDS:
        return True
    if isinstance(tree, (list, tuple)):
        return any(holds(t) for t in tree)
    if kind is slice:
        return holds((tree.start, tree.stop, tree.step))
    return kind is dict and any(holds(t) for t in tree.values())


def adopted(tree: Any) -> Any:
    """Return `tree` with its plain arrays recorded from now on, as constants."""
    kind = type(tree)
    if kind is np.ndarray and tree.dtype.kind in "fiub":
        return traced(tree)
    if kind is list or kind is tuple:
        return kind(adopted(t) for t in tree)
    return tree


def value_of_number(tape: Tape, thing: Any) -> Value:
    """Return what a recorded number holds; of one from another record, only its entry."""
    region = thing.region
    if region.buffer.life is tape.memory.life:
        return Value(region, region.buffer.owner)
    if region.buffer.active:
        tape.lose("a number was kept from an earlier run")
    return Value(None, region.buffer.owner)


def wrap(tape: Tape, tree: Any, reads: list[Value]) -> Any:
    """Return `tree` with a Value for each array or recorded number, which are appended to `reads`."""
    kind = type(tree)
    if isinstance(tree, np.ndarray):
        value = tape.value(tree)
    elif kind in NUMBER_KINDS:
        value = value_of_number(tape, tree)
    elif kind is list or kind is tuple:
        return kind(wrap(tape, t, reads) for t in tree)
    elif kind is dict:
        return {k: wrap(tape, t, reads) for k, t in tree.items()}
    else:
        return tree
    reads.append(value)
    return value


def stray(tree: Any) -> None:
    """Note on the record of a recorded thing, if its run still goes on, that a thread without a record uses it."""
    if isinstance(tree, Recorded) or type(tree) in NUMBER_KINDS:
        region = tree._region if isinstance(tree, Recorded) else tree.region
        if region is not None and region.buffer.life.on and region.buffer.active:
            region.buffer.life.strayed = True
    elif isinstance(tree, (list, tuple)):
        for each in tree:
            stray(each)
