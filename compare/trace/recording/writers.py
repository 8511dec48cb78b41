"""NumPy's functions that write into one of their arguments, done on the record by assignment."""

from typing import Any

import numpy as np

from .applying import WRITERS, apply_function, asarray
from .kinds import Recorded, bare, traced


def write(target: Any, key: Any, source: Any) -> None:
    """Write into an array by an index, on the record."""
    (target if isinstance(target, Recorded) else traced(target))[key] = source


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if where is True:
        write(dst, ..., src)
        return
    mask = np.broadcast_to(bare(where), dst.shape)
    write(dst, mask, apply_function(np.broadcast_to, (asarray(src), dst.shape), {})[mask])


def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places = np.ravel(bare(ind))
    if mode == "wrap":
        places = places % a.size
    elif mode == "clip":
        places = np.clip(places, 0, a.size - 1)
    values = apply_function(np.resize, (asarray(v), places.shape), {})
    write(a, np.unravel_index(np.where(places < 0, places + a.size, places), a.shape), values)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    indices: tuple = np.diag_indices(min(a.shape), a.ndim)
    if (
        a.ndim == 2 and a.shape[0] > a.shape[1] and wrap
    ):  # NumPy's own: the flat array in steps of a row and one
        indices = np.unravel_index(np.arange(0, a.size, a.shape[1] + 1), a.shape)
    if np.ndim(bare(val)):
        val = apply_function(np.resize, (asarray(val), indices[0].shape), {})
    write(a, indices, val)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    places = bare(indices)
    if axis is None:
        write(arr, np.unravel_index(places, arr.shape), values)
        return
    where: list[Any] = list(np.ogrid[tuple(slice(n) for n in np.shape(places))])
    where[axis] = places
    write(arr, tuple(where), values)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    mask = bare(mask).astype(bool)
    write(arr, mask, apply_function(np.resize, (asarray(vals), (int(mask.sum()),)), {}))


def _putmask(a: Any, mask: Any, values: Any) -> None:
    mask = bare(mask).astype(bool)
    write(a, mask, apply_function(np.resize, (asarray(values), a.shape), {})[mask])


WRITERS |= {
    np.copyto: _copyto,
    np.put: _put,
    np.fill_diagonal: _fill_diagonal,
    np.put_along_axis: _put_along_axis,
    np.place: _place,
    np.putmask: _putmask,
}
