"""With a change, do the user's variables hold what they are named after? Of two changes the one after which they do."""

import ast
import copy
from collections.abc import Callable, Iterable
from itertools import takewhile
from types import FrameType
from typing import Any

import numpy as np

from ...common.arrays import Array, Arrays
from ..derivatives.run import Recordable, record
from ..derivatives.slices import Origins
from ..lines import source as lines
from ..lines.names import derivatives_by_name, meant_by, target_name
from ..lines.source import Statement
from ..lines.vouching import Vouched
from .frames import CodeKey, code_key, codes_of, profiled


def _adds_to(node: ast.stmt, name: str | None) -> bool:
    match node:
        case ast.AugAssign(ast.Name(target), ast.Add() | ast.Sub()):
            return target == name
    return False


class Names:
    """The derivatives that the variables of some functions are named after.

    vouched: of a run at the point where the functions will be called.
    """

    def __init__(self, vouched: Vouched, functions: Iterable[Any]) -> None:
        self._run = vouched.run
        self._named = derivatives_by_name(vouched.run, vouched)
        self._codes = codes_of(list(functions))
        self._close, self._scales = vouched.run.close, (1.0, *vouched.common)

    def again(self, subject: Recordable, flat: Arrays) -> "Names":
        """Return the same of the user's code as it is now."""
        run = record(subject, flat)
        made = copy.copy(self)
        made._run = run
        made._named = derivatives_by_name(run, Vouched(run, run.back(edges=True), Origins(run.tape)))
        return made

    def meant(self, statement: Statement) -> list[Array]:
        """Return the derivatives by what a statement names what it stores after, less what is added to it later."""
        name = target_name(statement.node)
        meant = [] if name is None else meant_by(name, self._named)
        added = self._added_later(statement, name) if meant else None
        return meant if added is None else [g - added for g in meant if g.shape == added.shape]

    def _added_later(self, statement: Statement, name: str | None) -> Array | None:
        """Return what later statements of the function add to a variable: in dz = a; dz += b it is b."""
        inside = [n for n in ast.walk(statement.function or ast.Pass()) if isinstance(n, ast.stmt)]
        later = sorted((n for n in inside if n.lineno > statement.line), key=lambda n: n.lineno)
        adding = [n for n in takewhile(lambda n: target_name(n) != name, later) if _adds_to(n, name)]
        stored = self._last(statement.node)
        total = self._last(adding[-1]) if adding else None
        if stored is None or total is None or stored.shape != total.shape:
            return None
        return total - stored

    def _last(self, node: ast.stmt) -> Array | None:
        """Return what a statement stored last."""
        for operation in reversed(self._run.tape.operations):
            where = lines.statement(operation.places[0]) if operation.places else None
            if where is not None and where.node is node:
                return np.asarray(operation.writes[0].array, np.float64)
        return None

    def off(self, call: Callable[[], Any]) -> int:
        """Return how many variables, at every return of their function in a call, are no derivative by their name."""
        found: dict[tuple[CodeKey, str], bool] = {}

        def profile(frame: FrameType, event: str, _: Any) -> None:
            key = code_key(frame.f_code)
            if event == "return" and key in self._codes:
                for name, value in frame.f_locals.items():
                    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                        meant = meant_by(name, self._named)
                        if meant:
                            right = self._is_one(value, meant)
                            found[key, name] = found.get((key, name), False) or right

        with profiled(profile):
            call()
        return sum(not right for right in found.values())

    def _is_one(self, value: Array, meant: list[Array]) -> bool:
        room = self._close * float(np.linalg.norm(value))
        return any(
            g.shape == value.shape and np.linalg.norm(value - scale * g) <= room
            for g in meant
            for scale in self._scales
        )
