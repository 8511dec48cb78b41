"""Noise in the values of a statement: where it is put, and what it adds."""

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...common.arrays import Array
from .edits.nodes import copied
from .edits.slots import Slot, placed, roots
from .holes.parts import calls_users

OTHER = (ast.Constant, ast.Starred, ast.Lambda, ast.GeneratorExp)  # no array, or what makes several
SHIFTED = "__threeways_shifted__"


class Shift:
    """Adds noise to the values of a statement: of one size at each of its executions, in every run.

    values, noise: of the last run.  stored: whether the noise was added to an array that the statement stores in.
    """

    def __init__(self) -> None:
        self.sizes: list[float] = []
        self.stored = self.scaling = False
        self.begin(0, 0.0)

    def begin(self, run: int, times: float) -> None:
        """Begin a run: its noise is that of its number, so many times."""
        self.rng, self.times, self.count = np.random.default_rng([16, run]), times, 0
        self.values: list[Array] = []
        self.noise: list[Array] = []

    def __call__(self, value: Any) -> Any:
        if type(value) in (list, tuple):
            return type(value)(self(each) for each in value)
        array = np.asarray(value)
        if array.dtype.kind != "f" or self.stored:
            return value
        noise = self._noise(array)
        return value + (noise if array.ndim else float(noise))

    def within(self, *held: Any) -> None:
        """Add noise to the first of these that is an array, in its place."""
        array = next((h for h in held if isinstance(h, np.ndarray) and h.dtype.kind == "f"), None)
        if array is not None:
            self.stored = True
            array += self._noise(array)

    def _noise(self, array: Array) -> Array:
        if self.count == len(self.sizes):
            self.sizes.append(float(np.abs(array).max(initial=0.0)) or 1.0)
        size = self.times * self.sizes[self.count]
        self.count += 1
        self.values.append(np.array(array, np.float64))
        noise = self.values[-1] if self.scaling else size * self.rng.standard_normal(array.shape)
        self.noise.append(np.asarray(noise))
        return self.noise[-1]


def shifted(node: ast.expr) -> ast.expr:
    return placed(ast.Call(ast.Name(SHIFTED, ast.Load()), [node], []), node)


def stored_array(node: ast.stmt) -> list[ast.expr]:
    """Return expressions of what a statement stores entries in or adds to, of which one is an array."""
    match node:
        case ast.Assign([ast.Subscript() as target]) | ast.AugAssign(target):
            whole = copied(target)
            whole.ctx = ast.Load()
            return [whole.value, whole] if isinstance(whole, ast.Subscript) else [whole]
        case ast.Expr(ast.Call(ast.Attribute(attr="at"), [array, *_])):
            return [copied(array)]
    return []


def values_of(node: ast.stmt, arguments: bool) -> Iterator[Slot]:
    """Yield the places of a statement's values; of a function or a list that it makes those of what they return.

    arguments: also those of the arguments of the user's functions, which may keep what they make of them.
    """
    found = roots(node)
    if isinstance(node, ast.Expr) and getattr(getattr(node.value, "func", None), "attr", "") == "at":
        found = found[-1:]  # of np.add.at(array, index, values)
    for slot in found:
        while isinstance(slot.node, (ast.Lambda, ast.ListComp, ast.GeneratorExp)):
            name = "body" if isinstance(slot.node, ast.Lambda) else "elt"
            slot = Slot(slot.node, name, None, getattr(slot.node, name))
        for call in ast.walk(slot.node) if arguments and calls_users(slot.node) else ():
            if isinstance(call, ast.Call):
                yield from (
                    Slot(call, "args", i, a) for i, a in enumerate(call.args) if not isinstance(a, OTHER)
                )
        if not isinstance(slot.node, OTHER):
            yield slot
