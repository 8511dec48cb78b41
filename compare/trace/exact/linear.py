"""Linear algebra in cells: elimination with the pivots that the run's numbers have."""

import numpy as np

from ...common.arrays import Array
from ..rules.common import plain
from .terms import NotCoveredError, Terms

LARGEST = 40  # rows


def _matrix(t: Terms) -> tuple[Array, Array]:
    """Return the cells and the numbers of the first operand, a square matrix."""
    cells, numbers = t.cells(t.operation.args[0]), np.asarray(plain(t.operation.args[0]), np.float64)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or len(cells) > LARGEST:
        raise NotCoveredError(f"{t.operation.name} of shape {cells.shape}")
    return cells, numbers


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
    """Return the cells of an inverse."""
    cells, numbers = _matrix(t)
    return _eliminated(t, cells, numbers, np.eye(len(cells), dtype=np.int64))[0]


def solution(t: Terms) -> Array:
    """Return the cells of the solution of A X = B."""
    cells, numbers = _matrix(t)
    right = t.cells(t.operation.args[1])
    found = _eliminated(t, cells, numbers, right.reshape(len(cells), -1))[0]
    return found.reshape(right.shape)


def determinant(t: Terms) -> Array:
    """Return the cell of a determinant: the product of the pivots."""
    cells, numbers = _matrix(t)
    _, pivots, sign = _eliminated(t, cells, numbers, np.zeros((len(cells), 0), np.int64))
    found = pivots[0]
    for pivot in pivots[1:]:
        found = t.apply("mul", found, pivot)
    return t.apply("neg", found) if sign < 0 else np.asarray(found)


def log_determinant(t: Terms) -> list[Array]:
    """Return the cells of the sign and of the logarithm of a determinant's size."""
    found, sign = determinant(t), float(np.asarray(t.operation.writes[0].array))
    size = t.apply("neg", found) if sign < 0 else found
    return [t.number(sign), t.apply("log", size)]


def cholesky(t: Terms) -> Array:
    """Return the cells of the lower factor L of A = L L^T."""
    cells, _ = _matrix(t)
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
