"""What a function keeps between its calls, put back: a momentum in a closure, a count in a module or an object."""

import copy
import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ...user.origin import is_users
from .standins import functions_of

MOST_BYTES = 1 << 28


class NotKeptError(Exception):
    """The function can reach more than is copied."""


class Kept:
    """A copy of what a call of `function` may change, made now. Raises NotKeptError beyond `most` bytes."""

    def __init__(self, function: Any, most: int = MOST_BYTES) -> None:
        self.holders: list[tuple[Any, Any]] = []  # (cell, dict, list or namespace, its contents)
        self.arrays: list[tuple[np.ndarray, np.ndarray]] = []
        self.tensors: list[tuple[Any, Any]] = []
        self.generators: list[tuple[Any, Any]] = []
        seen: set[int] = set()
        torch = sys.modules.get("torch")
        users = functions_of(function)
        self.users, queue = {id(f) for f in users}, [function, *users]
        size = 0
        while queue:
            value = queue.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, np.ndarray):
                size += value.nbytes
                if size > most:
                    raise NotKeptError
                self.arrays.append((value, value.copy()))
            elif torch is not None and isinstance(value, torch.Tensor):
                size += value.numel() * value.element_size()
                if size > most:
                    raise NotKeptError
                self.tensors.append((value, value.detach().clone()))
            elif isinstance(value, np.random.Generator):
                self.generators.append((value.bit_generator, copy.deepcopy(value.bit_generator.state)))
            else:
                queue += self._held_by(value)

    def _held_by(self, value: Any) -> list[Any]:
        """Note the contents of a holder; return what it holds."""
        if isinstance(value, FunctionType):
            if id(value) not in self.users:
                return []
            cells = [c for c in value.__closure__ or () if _filled(c)]
            self.holders += [(c, c.cell_contents) for c in cells]
            named = {n: value.__globals__[n] for n in _names(value.__code__) if n in value.__globals__}
            names = {n: v for n, v in named.items() if not callable(v) and not isinstance(v, ModuleType)}
            self.holders.append((_Globals(value.__globals__), names))
            inner = [c.cell_contents for c in cells]
            return [
                *inner,
                *named.values(),
                *(value.__defaults__ or ()),
                *(value.__kwdefaults__ or {}).values(),
            ]
        if isinstance(value, MethodType):
            return [value.__self__, value.__func__]
        if isinstance(value, dict):
            self.holders.append((value, dict(value)))
            return list(value.values())
        if isinstance(value, list):
            self.holders.append((value, list(value)))
            return list(value)
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, type):
            own = {n: v for n, v in vars(value).items() if _is_data(n, v)} if is_users(value) else {}
            self.holders.append((_Attributes(value), own))
            return list(own.values())
        if not is_users(type(value)) or not isinstance(getattr(value, "__dict__", None), dict):
            return [value.func, value.args, value.keywords] if isinstance(value, functools.partial) else []
        return [vars(value), type(value)]

    def restore(self) -> None:
        """Put everything back as it was."""
        for holder, contents in self.holders:
            if isinstance(holder, list):
                holder[:] = contents
            elif isinstance(holder, dict):
                holder.clear()
                holder.update(contents)
            elif isinstance(holder, _Globals):
                holder.names.update(contents)
            elif isinstance(holder, _Attributes):
                for name, content in contents.items():
                    setattr(holder.owner, name, content)
            else:
                holder.cell_contents = contents
        for array, values in self.arrays:
            if array.flags.writeable:
                array[...] = values
        for tensor, values in self.tensors:
            tensor.detach().copy_(values)
        for generator, state in self.generators:
            generator.state = state


@contextmanager
def undone(function: Any) -> Iterator[None]:
    """Put back at the end what calls of `function` changed, where it is not too large to be copied."""
    try:
        kept = Kept(function)
    except NotKeptError:
        kept = None
    try:
        yield
    finally:
        if kept is not None:
            kept.restore()


class _Globals:
    """A module's names, of which only some are put back."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names


class _Attributes:
    """A class whose data stand for all its objects, as in `class State: moments = {}`."""

    def __init__(self, owner: type) -> None:
        self.owner = owner


def _is_data(name: str, value: Any) -> bool:
    return not (name.startswith("__") or callable(value) or hasattr(value, "__get__"))


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)
