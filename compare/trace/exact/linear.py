"""Linear algebra in cells: elimination with the pivots that the run's numbers have."""

from collections.abc import Callable

import numpy as np

from ...common.arrays import Array
from ..rules.common import plain
from .terms import NotCoveredError, Terms

LARGEST = 120  # rows


def _matrices(t: Terms) -> tuple[Array, Array]:
    """Return the cells and the numbers of the first operand, square matrices, in one stack."""
    cells, numbers = t.cells(t.operation.args[0]), np.asarray(plain(t.operation.args[0]), np.float64)
    if cells.ndim < 2 or cells.shape[-2] != cells.shape[-1] or cells.shape[-1] > LARGEST:
        raise NotCoveredError(f"{t.operation.name} of shape {cells.shape}")
    return cells, numbers


def _each(t: Terms, right: Array | None, one: Callable[..., Array]) -> Array:
    """Apply a function of one matrix, and of the right-hand sides, to each of a stack."""
    cells, numbers = _matrices(t)
    stack = cells.shape[:-2]
    if right is not None:
        stack = np.broadcast_shapes(stack, right.shape[:-2])
        right = np.broadcast_to(right, (*stack, *right.shape[-2:]))
    cells, numbers = (np.broadcast_to(a, (*stack, *a.shape[-2:])) for a in (cells, numbers))
    found = [one(cells[i], numbers[i], *(() if right is None else (right[i],))) for i in np.ndindex(stack)]
    return (
        np.array(found, np.int64).reshape((*stack, *found[0].shape)) if found else np.zeros(stack, np.int64)
    )


def _eliminated(t: Terms, cells: Array, numbers: Array, right: Array) -> tuple[Array, list[Array], int]:
    """Solve cells X = right by Gauss-Jordan; return X, the pivots, and the sign of the row exchanges."""
    a, x, v, sign = cells.copy(), right.copy(), numbers.copy(), 1
    pivots = []
    for k in range(len(a)):
        row = k + int(np.abs(v[k:, k]).argmax())
        if row != k:
            a[[k, row]], x[[k, row]], v[[k, row]], sign = a[[row, k]], x[[row, k]], v[[row, k]], -sign
        pivot, value = a[k, k], v[k, k]
        pivots.append(pivot)
        others = [i for i in range(len(a)) if i != k]
        factors = t.apply("div", a[others, k], pivot)
        scale = v[others, k] / value
        a[others, k + 1 :] = t.apply(
            "sub", a[others, k + 1 :], t.apply("mul", factors[:, None], a[k, k + 1 :])
        )
        v[others] = v[others] - scale[:, None] * v[k]
        x[others] = t.apply("sub", x[others], t.apply("mul", factors[:, None], x[k]))
    return t.apply("div", x, np.array(pivots)[:, None]), pivots, sign


def inverse(t: Terms) -> Array:
    """Return the cells of inverses."""
    return _each(t, None, lambda a, v: _eliminated(t, a, v, np.eye(len(a), dtype=np.int64))[0])


def solution(t: Terms) -> Array:
    """Return the cells of the solutions of A X = B."""
    right = t.cells(t.operation.args[1])
    one = right.ndim == 1
    found = _each(t, right[:, None] if one else right, lambda a, v, b: _eliminated(t, a, v, b)[0])
    return found[..., 0] if one else found


def _determinant(t: Terms, cells: Array, numbers: Array) -> Array:
    _, pivots, sign = _eliminated(t, cells, numbers, np.zeros((len(cells), 0), np.int64))
    found = pivots[0]
    for pivot in pivots[1:]:
        found = t.apply("mul", found, pivot)
    return t.apply("neg", found) if sign < 0 else np.asarray(found)


def determinant(t: Terms) -> Array:
    """Return the cells of determinants: the products of the pivots."""
    return _each(t, None, lambda a, v: _determinant(t, a, v))


def log_determinant(t: Terms) -> list[Array]:
    """Return the cells of the signs and of the logarithms of determinants' sizes."""
    found, sign = determinant(t), np.asarray(t.operation.writes[0].array)
    size = np.where(sign < 0, t.apply("neg", found), found)
    return [t.program.constant(sign), t.apply("log", size)]


def cholesky(t: Terms) -> Array:
    """Return the cells of the lower factors L of A = L L^T."""
    return _each(t, None, lambda a, v: _factor(t, a))


def _factor(t: Terms, cells: Array) -> Array:
    found = np.zeros_like(cells)
    for j in range(len(cells)):
        below = cells[j:, j]
        if j:
            done = t.program.matmul(found[j:, :j], found[j, :j][:, None])[:, 0]
            below = t.apply("sub", below, done)
        root = t.apply("sqrt", below[0])
        found[j, j] = root
        found[j + 1 :, j] = t.apply("div", below[1:], root)
    return found
