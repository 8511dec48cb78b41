"""Any other function of NumPy, done on arrays of symbols: each adds a cell for each operation on it."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from .terms import Terms

MOST = 4_000  # entries: a symbol costs as much as a hundred cells of an array


class Symbol:
    """A number whose operations become cells. Its comparisons are those of the run's numbers."""

    __slots__ = ("cell", "terms", "value")

    def __init__(self, terms: Terms, cell: Array, value: float) -> None:
        self.terms, self.cell, self.value = terms, cell, value

    def _with(self, other: Any) -> "Symbol":
        if isinstance(other, Symbol):
            return other
        value = float(other)
        return Symbol(self.terms, self.terms.cells(value), value)

    def _done(self, kind: str, value: float, *cells: Array) -> "Symbol":
        return Symbol(self.terms, self.terms.apply(kind, *cells), value)

    def __add__(self, other: Any) -> "Symbol":
        o = self._with(other)
        return self._done("add", self.value + o.value, self.cell, o.cell)

    def __sub__(self, other: Any) -> "Symbol":
        o = self._with(other)
        return self._done("sub", self.value - o.value, self.cell, o.cell)

    def __mul__(self, other: Any) -> "Symbol":
        o = self._with(other)
        return self._done("mul", self.value * o.value, self.cell, o.cell)

    def __truediv__(self, other: Any) -> "Symbol":
        o = self._with(other)
        return self._done("div", self.value / o.value if o.value else np.nan, self.cell, o.cell)

    def __pow__(self, other: Any) -> "Symbol":
        o = self._with(other)
        return self._done("pow", float(np.power(self.value, o.value)), self.cell, o.cell)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> "Symbol":
        return self._with(other) - self

    def __rtruediv__(self, other: Any) -> "Symbol":
        return self._with(other) / self

    def __neg__(self) -> "Symbol":
        return self._done("neg", -self.value, self.cell)

    def __abs__(self) -> "Symbol":
        return -self if self._compared(0.0) < 0 else self

    def conjugate(self) -> "Symbol":
        return self

    def sqrt(self) -> "Symbol":
        return self._done("sqrt", float(np.sqrt(self.value)), self.cell)

    def exp(self) -> "Symbol":
        return self._done("exp", float(np.exp(self.value)), self.cell)

    def log(self) -> "Symbol":
        return self._done("log", float(np.log(self.value)), self.cell)

    def _compared(self, other: Any) -> float:
        """Return by how much this is more than `other`, and note which is."""
        o = self._with(other)
        more, less = (self, o) if self.value >= o.value else (o, self)
        self.terms.note(more.cell, less.cell)
        return self.value - o.value

    def __lt__(self, other: Any) -> bool:
        return self._compared(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._compared(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._compared(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._compared(other) >= 0

    def __eq__(self, other: Any) -> bool:
        return self.value == self._with(other).value

    def __hash__(self) -> int:
        return hash(self.value)


def by_symbols(t: Terms) -> Array | None:
    """Return the cells of a function's result, found by running it on symbols; None where it takes none.

    The function is believed where its numbers are those of the record to rounding.
    """
    operation = t.operation
    if len(operation.writes) != 1 or sum(np.size(v.array) for v in operation.reads) > MOST:
        return None
    result = np.asarray(operation.writes[0].array)
    call = operation.function if operation.method == "__call__" else None
    if call is None or result.size > MOST:
        return None
    swap = {
        id(v): _symbols(t, v)
        for v in operation.reads
        if isinstance(v, Value) and np.asarray(v.array).dtype.kind == "f"
    }
    try:
        with np.errstate(all="ignore"):
            found = call(*_swapped(operation.args, swap), **_swapped(dict(operation.kwargs), swap))
    except Exception:
        return None
    found = np.asarray(found, object)
    if found.shape != result.shape:
        return None
    symbols = [s if isinstance(s, Symbol) else None for s in found.ravel()]
    if any(
        s is None and not isinstance(n, (int, float)) for s, n in zip(symbols, found.ravel(), strict=True)
    ):
        return None
    numbers = np.array(
        [float(n) if s is None else s.value for s, n in zip(symbols, found.ravel(), strict=True)]
    )
    near = 1e3 * np.finfo(result.dtype).eps if result.dtype.kind == "f" else 0.0
    size = np.abs(result).max(initial=0)
    if not (np.abs(numbers - result.ravel()) <= near * np.maximum(np.abs(result.ravel()), size)).all():
        return None
    cells = [t.cells(float(n)) if s is None else s.cell for s, n in zip(symbols, found.ravel(), strict=True)]
    return np.array(cells, np.int64).reshape(result.shape)


def _symbols(t: Terms, value: Value) -> Any:
    cells, numbers = t.read(value), np.asarray(value.array, np.float64)
    made = np.empty(cells.shape, object)
    for i in np.ndindex(cells.shape):
        made[i] = Symbol(t, cells[i], float(numbers[i]))
    return made if made.ndim else made[()]


def _swapped(tree: Any, swap: dict[int, Any]) -> Any:
    if isinstance(tree, Value):
        return swap.get(id(tree), tree.array)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_swapped(t, swap) for t in tree)
    return {k: _swapped(v, swap) for k, v in tree.items()} if isinstance(tree, dict) else tree
