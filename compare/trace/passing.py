"""A function that hands its argument on where it should give another derivative: a layer's derivative was left out.

No operation is made there, so that the record tells nothing of it: the line that reads the value seems to be wrong.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..common.arrays import Array, Arrays
from .changes.edits.slots import Edit, roots
from .changes.forcing import GIVEN
from .changes.patching import Live, edited
from .changes.points import wrong_arrays
from .derivatives.adjoint import Adjoint
from .derivatives.run import Recordable, Run
from .lines.source import Statement, file_of
from .located import Located

STATEMENTS, VALUES = 24, 60  # that are tried at most


class _Instead:
    """Stands for an argument that is handed on.  value: what is given in its place; None: itself.  met: what came."""

    def __init__(self) -> None:
        self.value: Array | None = None
        self.met: list[Any] = []

    def __call__(self, argument: Any) -> Any:
        self.met.append(argument)
        return argument if self.value is None else self.value.copy()


def handed_on(
    here: Recordable, run: Run, back: Adjoint, truth: Arrays, wrong: frozenset[str]
) -> Located | None:
    """Return the statement that hands an argument on, where one derivative in its place makes every array right."""
    known = [np.asarray(seed.array) for seed in run.seeds]
    live, derivatives = Live(here.code), [*known, *truth.values(), *_derivatives(back)]
    for statement in _handing(run)[:STATEMENTS]:
        instead = _Instead()
        with _instead(live, statement, instead) as done:
            if not done:
                continue
            wrong_arrays(here, truth, run.close)
            once = instead.met[0] if len(instead.met) == 1 else None
            if not isinstance(once, np.ndarray) or once.dtype.kind != "f":
                continue
            alike = [v for v in derivatives if v.shape == once.shape]
            others = [v for v in alike if np.linalg.norm(v - once) > run.close * np.linalg.norm(once)]
            if len(others) == len(alike):  # what comes is no derivative of anything
                continue
            for value in others:
                instead.value = value
                if not wrong_arrays(here, truth, run.close):
                    said = "The derivative is handed on as it came: this function's own is left out."
                    return Located((statement,), tuple(sorted(wrong)), said=said)
    return None


def _handing(run: Run) -> list[Statement]:
    """Return the statements of the user's functions that give an argument another name, or return it."""
    files = dict.fromkeys(p[0].co_filename for o in run.tape.operations for p in o.places)
    found = []
    for file in filter(None, map(file_of, files)):
        for each in file.statements:
            value = each.node.value if isinstance(each.node, (ast.Assign, ast.Return)) else None
            arguments = each.function.args.args if each.function is not None else []
            if isinstance(value, ast.Name) and any(value.id == a.arg for a in arguments):
                found.append(each)
    return found


def _derivatives(back: Adjoint) -> list[Array]:
    """Return the derivatives by what the loss was made of, each once."""
    found: dict[bytes, Array] = {}
    for listed in back.by_operation.values():
        for each in listed:
            if each is not None and each.ndim:
                found.setdefault(np.ascontiguousarray(each).tobytes(), np.asarray(each))
    return list(found.values())[:VALUES]


@contextmanager
def _instead(live: Live, statement: Statement, given: _Instead) -> Iterator[bool]:
    """Let the user's live code ask `given` for the value of a statement; yield whether it can."""
    held, (place,) = live.holding(statement), roots(statement.node)
    if held is None:
        yield False
        return
    scope: dict[str, Any] = held[1][0].__globals__
    scope[GIVEN] = given
    edit = Edit("given", place, ast.Call(ast.Name(GIVEN, ast.Load()), [place.node], []))
    try:
        with edit, edited(held[0], held[1], statement.file) as done:
            yield done
    finally:
        del scope[GIVEN]
