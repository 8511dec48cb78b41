"""Symbols in place of arrays: a backward rule called with them returns its own formula in LaTeX.

A sheet made in this way cannot differ from the code.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

SUM, PRODUCT, ATOM = 0, 1, 2  # how tightly an expression binds
Shape = tuple[int | str, ...]
BATCH = "N"


@dataclass(frozen=True)
class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """A matrix expression: its LaTeX, its shape (a side may be "N"), and how tightly it binds."""

    tex: str
    shape: Shape
    binds: int = ATOM

    @property
    def T(self) -> "Symbol":
        raised = re.fullmatch(r"(.+)\^\{(\w+)\}", self.tex)  # W^{1}: one exponent, not one upon the other
        tex = f"{raised[1]}^{{{raised[2]}\\top}}" if raised else f"{{{self.at(ATOM)}}}^{{\\top}}"
        return Symbol(tex, self.shape[::-1])

    def sum(self, axis: int) -> "Symbol":
        """Return the sum over the samples, the only one that a rule takes."""
        if axis != 0 or self.shape[0] != BATCH:
            raise TypeError(f"a sum over axis {axis} of {self.shape} is no sum over the batch")
        return Symbol(f"\\sum_{{n=1}}^{{N}} {_row(self.at(ATOM))}", self.shape[1:], PRODUCT)

    def at(self, binds: int) -> str:
        """Return the LaTeX, in parentheses where the expression around binds more tightly."""
        return self.tex if self.binds >= binds else f"\\left( {self.tex} \\right)"

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **more: Any
    ) -> "Symbol":
        known: dict[np.ufunc, Callable[..., Symbol]] = {
            np.matmul: _product,
            np.multiply: _times,
            np.add: _plus,
        }
        if method != "__call__" or ufunc not in known or more:
            raise TypeError(f"a rule uses {ufunc.__name__}, which has no notation here yet")
        return known[ufunc](*(i if isinstance(i, Symbol) else _number(i) for i in inputs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> "Symbol":
        if function is not np.dot or kwargs:
            raise TypeError(f"a rule uses {function.__name__}, which has no notation here yet")
        return _product(*(i if isinstance(i, Symbol) else _number(i) for i in args))


def named(tex: str, *shape: int | str) -> Any:
    """Return a Symbol that is a name."""
    return Symbol(tex, shape)


def _number(value: float) -> Symbol:
    return Symbol(f"{value:g}", ())


def _product(a: Symbol, b: Symbol) -> Symbol:
    if a.shape[-1] != b.shape[0]:
        raise TypeError(f"{a.tex} {a.shape} times {b.tex} {b.shape}: the shapes do not chain")
    return Symbol(f"{a.at(PRODUCT)} \\, {b.at(PRODUCT)}", (*a.shape[:-1], *b.shape[1:]), PRODUCT)


def _times(a: Symbol, b: Symbol) -> Symbol:
    if () in (a.shape, b.shape):
        return Symbol(f"{a.at(PRODUCT)} \\, {b.at(PRODUCT)}", a.shape or b.shape, PRODUCT)
    if a.shape != b.shape:
        raise TypeError(f"{a.tex} {a.shape} and {b.tex} {b.shape}: entry by entry needs one shape")
    # A matrix product inside gets parentheses, because its precedence is easily forgotten.
    left = f"\\left( {a.tex} \\right)" if a.binds < ATOM else a.tex
    return Symbol(f"{left} \\odot {b.at(ATOM)}", a.shape, PRODUCT)


def _plus(a: Symbol, b: Symbol) -> Symbol:
    shape = a.shape if len(a.shape) >= len(b.shape) else b.shape
    return Symbol(f"{a.tex} + {b.tex}", shape, SUM)


def _row(tex: str) -> str:
    """Row n: delta^{1} -> delta^{1}_{n}."""
    return f"{tex}_{{n}}"
