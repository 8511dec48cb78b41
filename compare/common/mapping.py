"""Frozen dataclasses from mappings that a user wrote: each value is checked by its field's annotation.

@dataclass(frozen=True)
class Training:
    epochs: Count | None = None
    dtype: Literal["float64", "float32"] = "float64"

filled(Training, {"epochs": 0}, "[training]")   # UserError: [training] epochs 0: a whole number, 1 or more, is needed
"""

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import UserError, nearest

T = TypeVar("T")


@dataclass(frozen=True)
class Need:
    """A condition on a value: in words, and as a test."""

    said: str
    holds: Callable[[Any], bool]


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= least


def _real(holds: Callable[[float], bool] = lambda v: True) -> Callable[[Any], bool]:
    return lambda v: (isinstance(v, float) or (_whole(-(2**53))(v) and v <= 2**53)) and holds(v)


Count = Annotated[int, Need("a whole number, 1 or more,", _whole(1))]
Seed = Annotated[int, Need("a whole number from 0 to 2**32 - 1", lambda v: _whole(0)(v) and v < 2**32)]
Number = Annotated[float, Need("a number", _real())]
Positive = Annotated[float, Need("a finite number above 0", _real(lambda v: 0 < v < math.inf))]
Limit = Annotated[float, Need("a number from 0.01 to 1e6", _real(lambda v: 0.01 <= v <= 1e6))]
Amount = Annotated[float, Need("a finite number, 0 or more,", _real(lambda v: 0 <= v < math.inf))]
WORDS = {dict: "a section", list: "a list", str: "a text", bool: "true or false"}


def filled(cls: type[T], said: Mapping[str, Any], where: str) -> T:
    """Return `cls` filled from a mapping. Raises UserError for an unknown name and for a value of another kind."""
    return cls(**known(said, get_type_hints(cls, include_extras=True), where))


def known(said: Mapping[str, Any], hints: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Return the mapping if its values are what the annotations say. Raises UserError otherwise."""
    for key, value in said.items():
        if key not in hints:
            raise UserError(f"{where} has no {key!r}: {nearest(str(key), hints)}")
        fits(f"{where} {key}", value, hints[key])
    return said


def fits(what: str, value: Any, hint: Any) -> Any:
    """Return `value` if it is what the annotation says. Raises UserError otherwise."""
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if not any(_fits(value, kind) for kind in kinds):
        raise UserError(f"{what} {value!r}: {' or '.join(filter(None, map(_words, kinds)))} is needed")
    return value


def _fits(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if get_origin(kind) is Annotated:
        return kind.__metadata__[0].holds(value)
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    return isinstance(value, get_origin(kind) or kind)


def _words(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return kind.__metadata__[0].said
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    return WORDS.get(get_origin(kind) or kind, "")
