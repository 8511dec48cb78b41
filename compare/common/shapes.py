"""The door for results read from a file: each value is what its dataclass's field says, or one line names the key."""

import contextlib
import dataclasses
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from .errors import UserError
from .results import read_json

ENVIRONMENT = {
    "versions": dict[str, str | None],
    "python": str,
    "system": str,
    "cpu": str,
    "cores": int,
    "flags": dict[str, str],
    "seed": int | None,
    "command": str,
}
WORDS = {dict: "an object", list: "a list", str: "a text", float: "a number", int: "a whole number"}


def read_result(path: Path | str, of: Callable[[str], type | None]) -> dict[str, Any]:
    """Return the result in a JSON file. Raises UserError with the key that is not what it should be.

    of: the dataclass of a command's results by the command's name; None where it has none.
    """
    data = read_json(path)
    command = data["schema"].split("/")[1]
    parts = {f".{key}": value for key, value in data.items()} if command == "run" else {}
    with damaged(path):
        for at, part in {"": data, **parts}.items():
            cls = of(at[1:] or command)
            if cls is not None and part is not None:
                check(part, cls, at)
                for key, value in part.get("environment", {}).items():
                    check(value, ENVIRONMENT.get(key, Any), f"{at}.environment.{key}")
    return data


@contextlib.contextmanager
def damaged(*paths: Path | str) -> Iterator[None]:
    """Raise UserError with the file's name where what is read from it cannot be shown or compared."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # numbers that are none of a result's
            yield
    except (UserError, OSError):
        raise
    except Exception as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        names = " or ".join(map(str, paths))
        raise UserError(f"{names} is damaged, or no result of this version: {what}") from error


def check(value: Any, hint: Any, where: str = "") -> None:
    """Raise ValueError where a value of the plain form, or one inside it, is not what an annotation says.

    What a dataclass has and the value has not may be of an older version; a TypedDict has all of its required keys.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if not any(_fits(value, one, where) for one in inner):
            check(value, inner[0], where)
    elif _is_record(hint) and isinstance(value, dict):
        for name, each in get_type_hints(hint).items():
            if name in value or (is_typeddict(hint) and name in hint.__required_keys__):
                check(value[name], each, f"{where}.{name}")
    elif origin is dict and isinstance(value, dict):
        for name, item in value.items():
            check(item, inner[1], f"{where}.{name}")
    elif isinstance(value, list) and (origin or hint) is tuple and inner and inner[-1] is not ...:
        for place, (item, each) in enumerate(zip(value, inner, strict=False)):
            check(item, each, f"{where}[{place}]")
    elif isinstance(value, list) and _is_list(origin or hint):
        for place, item in enumerate(value if origin in (list, tuple, Sequence) else ()):
            check(item, inner[0], f"{where}[{place}]")
    elif not _leaf(value, origin or hint, inner):
        needed = WORDS.get(list if _is_list(origin or hint) else dict if _is_record(hint) else hint)
        raise ValueError(f"{where[1:] or 'it'} is {value!r:.40}{f'; {needed} is needed' if needed else ''}")


def _fits(value: Any, hint: Any, where: str) -> bool:
    try:
        check(value, hint, where)
    except ValueError:
        return False
    return True


def _is_record(hint: Any) -> bool:
    return dataclasses.is_dataclass(hint) or is_typeddict(hint)


def _is_list(kind: Any) -> bool:
    return kind in (list, tuple, Sequence, np.ndarray)


def _leaf(value: Any, kind: Any, inner: tuple) -> bool:
    if kind is Any or kind is object or not isinstance(kind, type):
        return kind is not Literal or value in inner
    if kind is float:
        return value in ("nan", "inf", "-inf") or (isinstance(value, (int, float)) and value is not True)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
