"""Whether a value is a derivative of the loss where the present one is not."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....common.arrays import Array
from ...derivatives.run import CLOSE
from ...lines.vouching import Known, Vouched
from ..frames import value_in

STORED: dict[type[ast.operator], Callable[[Any, Any], Any]] = {ast.Add: np.add, ast.Sub: np.subtract}


Total = Callable[[Any], Any]


class Right:
    """Whether a value is right where the present one is not.

    now: the present value.  total: what the statement stores with a value, where it adds it to what is there.
    local: whether it may be the derivative of a forward value by another, entry by entry.  meant: what its name says.
    shapes: those of what its name says, where the present value is a number.
    meant_one: whether the last right value was one of these.  counted: whether it was one times a count.
    strict: whether none but what is meant is right.
    """

    def __init__(
        self,
        vouched: Vouched,
        now: Any,
        total: Total | None = None,
        local: bool = False,
        meant: Sequence[Array] = (),
    ) -> None:
        self.vouched, self.now, self.total, self.local = vouched, now, total, local
        self.meant = Known(vouched.run.close)
        for each in meant:
            self.meant.add(np.asarray(each, np.float64))
        self.meant.settle()
        number = isinstance(now, (int, float, np.number))
        self.shapes = {np.shape(each) for each in meant} if number else set()
        self.meant_one = self.counted = self.strict = False

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, (np.ndarray, np.floating, float)):
            return False
        array = np.asarray(value)
        if array.dtype.kind != "f" or not array.size:
            return False
        self.counted = False
        found = self._known(value) and not equal(value, self.now, self.vouched.run.close)
        self.meant_one = found and self._is_meant(value)
        return found

    def _known(self, value: Any) -> bool:
        if self._is_meant(value):
            return True
        if self.strict:
            return False
        if self._is_derivative(np.asarray(value, np.float64)):
            return True
        if self.local and self.vouched.locals.has(np.asarray(value, np.float64)):
            return True
        return self.total is not None and self._is_derivative(np.asarray(self.total(value), np.float64))

    def _is_meant(self, value: Any) -> bool:
        """Whether a value is what its name says, but for rounding of the largest entries: it may be a difference."""
        return self.meant.has(np.asarray(value, np.float64))

    def _is_derivative(self, value: Array) -> bool:
        """Whether a value is a derivative, perhaps without a count: where all is made of what is wrong, none tells."""
        known, counts = self.vouched.known, self.vouched.common or self.vouched.scales
        if known.has(value):
            return True
        self.counted = known.has(value, counts)
        return self.counted


def total_of(node: ast.stmt, names: dict[str, Any]) -> Total | None:
    """Return what `x += value` stores with a value, None of other statements and where x is not to be read."""
    if not isinstance(node, ast.AugAssign) or type(node.op) not in STORED:
        return None
    before = value_in(ast.parse(ast.unparse(node.target), mode="eval").body, names)
    if not isinstance(before, np.ndarray) or before.dtype.kind != "f":
        return None
    before, stored = before.copy(), STORED[type(node.op)]

    def total(value: Any) -> Any:
        return stored(before, value) if fits(np.shape(value), before.shape) else value

    return total


def fits(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether an array of the first shape broadcasts to the second."""
    if len(shape) > len(other):
        return False
    return all(a in (1, b) for a, b in zip(shape[::-1], other[::-1], strict=False))


def equal(a: Any, b: Any, close: float = CLOSE) -> bool:
    """Whether two values are equal but for rounding."""
    alike = isinstance(b, (int, float, np.ndarray, np.generic)) and np.shape(a) == np.shape(b)
    return alike and bool(np.allclose(a, b, rtol=close, atol=0))
