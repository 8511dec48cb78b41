"""NumPy functions that call the user's code, go through an array entry by entry, or copy one: done on the record."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .applying import apply_function, asarray
from .kinds import Recorded, adopted, bare, holds, is_number
from .tape import active


def _stacked(parts: list[Any], dtype: Any = None) -> Any:
    return apply_function(np.array, (parts,), {} if dtype is None else {"dtype": dtype})


def along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """np.apply_along_axis."""
    if active() is None:
        return np.apply_along_axis(func1d, axis, arr, *args, **kwargs)
    rows = apply_function(np.moveaxis, (asarray(arr), axis, -1), {})
    found = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(rows.shape[:-1])]
    inner = np.shape(bare(found[0]))
    made = _stacked(found).reshape(rows.shape[:-1] + inner)
    before, at = len(rows.shape) - 1, axis % np.ndim(bare(arr))
    order = [*range(at), *range(before, before + len(inner)), *range(at, before)]
    return apply_function(np.transpose, (made, order), {})


def enumerated(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """np.ndenumerate."""
    array = asarray(arr)
    return ((i, array[i]) for i in np.ndindex(array.shape))


def from_iterator(iter: Any, dtype: Any = float, count: int = -1, **kwargs: Any) -> Any:
    """np.fromiter."""
    entries = [e for i, e in zip(range(count), iter, strict=False)] if count >= 0 else list(iter)
    return (
        _stacked(entries, np.dtype(dtype)) if holds(entries) else adopted(np.array(entries, np.dtype(dtype)))
    )


class Vectorized:
    """np.vectorize: the function is called entry by entry."""

    def __init__(
        self, pyfunc: Any = None, otypes: Any = None, doc: Any = None, excluded: Any = None, cache: Any = False,
        signature: Any = None,
    ) -> None:  # fmt: skip
        self.pyfunc, self.otypes, self.excluded, self.signature = (
            pyfunc,
            otypes,
            set(excluded or ()),
            signature,
        )
        self.real = (
            np.vectorize(pyfunc, otypes, doc, excluded, cache, signature) if pyfunc is not None else None
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tape = active()
        if self.pyfunc is None:  # a decorator with options
            return Vectorized(args[0], self.otypes, None, self.excluded, False, self.signature)
        if tape is None:
            return self.real(*args, **kwargs)  # type: ignore[misc]
        if self.signature is not None or kwargs or self.excluded:
            tape.lose("np.vectorize with a signature or named arguments")
            return adopted(self.real(*bare(args), **bare(kwargs)))  # type: ignore[misc]
        arrays = [asarray(a) for a in args]
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        rows = [apply_function(np.broadcast_to, (a, shape), {}) for a in arrays]
        found = [self.pyfunc(*(r[i] for r in rows)) for i in np.ndindex(shape)]
        if not found:
            return adopted(self.real(*bare(args)))  # type: ignore[misc]
        if isinstance(found[0], tuple):
            return tuple(self._made([f[k] for f in found], k, shape) for k in range(len(found[0])))
        return self._made(found, 0, shape)

    def _made(self, entries: list[Any], position: int, shape: tuple[int, ...]) -> Any:
        kind = np.dtype(self.otypes[position]) if self.otypes else np.asarray(bare(entries[0])).dtype
        made = _stacked(entries, kind) if holds(entries) else adopted(np.array(entries, kind))
        return made.reshape(shape)


class Joining:
    """np.r_ and np.c_: recorded numbers and lists of them are joined as arrays."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if active() is not None and not any(isinstance(p, str) for p in parts):
            key = tuple(
                asarray(p).reshape(-1) if is_number(p) else asarray(p) if _is_list(p) else p for p in parts
            )
        return self.real[key]


def _is_list(part: Any) -> bool:
    return isinstance(part, (list, tuple)) and holds(part)


class Iterating:
    """np.nditer: indices are handed out; what reads or writes entries through it leaves the record."""

    def __init__(self, op: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_real"] = np.nditer(bare(op), *args, **kwargs)
        self.__dict__["_holds"] = holds(op)

    def _leave(self) -> None:
        tape = active()
        if tape is not None and self._holds:
            tape.lose("entries left the record by np.nditer")

    def __getattr__(self, name: str) -> Any:
        if name in ("value", "operands", "itviews"):
            self._leave()
        return getattr(self.__dict__["_real"], name)

    def __setattr__(self, name: str, new: Any) -> None:
        setattr(self.__dict__["_real"], name, new)

    def __getitem__(self, key: Any) -> Any:
        self._leave()
        return self.__dict__["_real"][key]

    def __setitem__(self, key: Any, new: Any) -> None:
        self._leave()
        self.__dict__["_real"][key] = bare(new)

    def __iter__(self) -> Iterator[Any]:
        self._leave()
        return iter(self.__dict__["_real"])

    def __next__(self) -> Any:
        return next(self.__dict__["_real"])

    def __enter__(self) -> Any:
        self.__dict__["_real"].__enter__()
        return self

    def __exit__(self, *args: Any) -> Any:
        return self.__dict__["_real"].__exit__(*args)


def copying(tree: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Make an array as np.array does."""
    if dtype is not None and np.dtype(dtype) == object:
        return np.array(tree, dtype, *args, **kwargs)
    if isinstance(tree, Recorded):
        wanted = tree.dtype if dtype is None else np.dtype(dtype)
        if wanted != tree.dtype:
            made = tree.astype(wanted)
        else:
            made = (
                tree
                if kwargs.get("copy") in (False, None) and "copy" in kwargs
                else tree.copy(kwargs.get("order", "K"))
            )
        if kwargs.get("ndmin", 0) > made.ndim:
            made = made.reshape((1,) * (kwargs["ndmin"] - made.ndim) + made.shape)
        return made
    return asarray(tree, *(() if dtype is None else (dtype,)), *args, **kwargs)


def same_or_copy(tree: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Return the array itself where np.asarray would, without leaving the record."""
    if is_number(tree):
        tree = tree.array
    if isinstance(tree, Recorded):
        return tree if dtype is None or tree.dtype == np.dtype(dtype) else tree.astype(dtype)
    return asarray(tree, *(() if dtype is None else (dtype,)))


INSTEAD: dict[Any, Any] = {
    np.apply_along_axis: along_axis,
    np.ndenumerate: enumerated,
    np.fromiter: from_iterator,
    np.vectorize: Vectorized,
    np.nditer: Iterating,
    np.fromfunction: lambda function, shape, dtype=float, **kwargs: adopted(
        function(*(adopted(i) for i in np.indices(shape, dtype=np.dtype(dtype))), **kwargs)
    ),
}
