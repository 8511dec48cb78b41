"""A parameter with a gradient in the backward pass that the loss does not read: a forward line reads another one.

Each read of another parameter of its shape is exchanged for it, until with one change the gradient is that of the loss.
"""

import ast
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...judge.report import Finding
from ...trace.changes.edits.slots import Edit, slots
from ...trace.changes.fix import edited_text
from ...trace.changes.limit import LIMIT, allowed
from ...trace.changes.patching import Live, edited
from ...trace.changes.points import another, quiet, wrong_arrays
from ...trace.changes.rewriting import head
from ...trace.derivatives.run import record
from ...trace.lines.source import Statement, file_of
from ...trace.recording.kept import undone
from ..check import GradientCheck
from .lines import change

SECONDS = 2.0  # of CPU
KIND = "another parameter"


def another_read(check: GradientCheck) -> GradientCheck:
    """Name the forward line that reads another parameter in the place of one that the loss does not read."""
    if check.findings or check.traced is None or not check.having("wrong"):
        return check
    right, mine = check.traced.run.derivatives(check.traced.back), check.answer.arrays
    unread = [n for n, g in right.items() if not np.any(g) and n in mine and np.any(mine[n])]
    if len(unread) != 1:
        return check
    ended = time.process_time() + allowed(SECONDS)
    with undone(check.subject.function), quiet(), LIMIT.watched():
        for statement, edit in _edits(check, unread[0]):
            if time.process_time() > ended:
                break
            held = Live(check.subject.function).holding(statement)
            with edit:
                after = edited_text(statement, edit)
                if held is None or not _is_right(check, held, statement):
                    continue
            return _told(check, unread[0], statement, after)
    return check


def _edits(check: GradientCheck, name: str) -> Iterator[tuple[Statement, Edit]]:
    shapes = {n: a.shape for n, a in check.subject.flat.items()}
    others = {_leaf(n) for n, shape in shapes.items() if n != name and shape == shapes[name]}
    files = {key[0]: file_of(key[0]) for key in Live(check.subject.function).functions}
    for statement in [s for f in files.values() if f is not None for s in f.statements]:
        for slot in slots(statement.node) if statement.function is not None else ():
            node, put = slot.node, _leaf(name)
            new: ast.expr | None = None
            if isinstance(node, ast.Constant) and node.value in others:
                new = ast.Constant(put)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in others:
                new = ast.Name(put, ast.Load())
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in others:
                new = ast.Attribute(node.value, put, ast.Load())
            if new is not None:
                yield statement, Edit(KIND, slot, new)


def _leaf(name: str) -> str:
    return re.split(r"[.\[\]'\"]+", name.rstrip("]'\""))[-1]


def _is_right(check: GradientCheck, held: tuple[ast.AST, list[Any]], statement: Statement) -> bool:
    """Whether with the edit, which is in place, the gradient is that of the loss, here and at another point."""
    subject = check.subject
    with edited(held[0], held[1], statement.file) as done:
        try:
            run = record(subject, subject.flat) if done else None
            if run is None or wrong_arrays(subject, run.derivatives(), run.close):
                return False
        except Exception:
            return False
        point = another(subject, np.random.default_rng([check.seed, 16]))
        return point is not None and point.right_arrays() >= frozenset(point.right)


def _told(check: GradientCheck, name: str, at: Statement, after: str) -> GradientCheck:
    before = ast.unparse(head(at.node))
    fix = change(at, before, after, KIND) | {"others": []}
    file = at.file.replace("\\", "/").rpartition("/")[2]
    said = f"{file}, line {at.line}: {at.text.splitlines()[0]}. It reads another parameter in the place of {name}, "
    said += f"which your loss does not read. With {name} there the gradient is that of the loss."
    found = Finding(name, "line", (), True, said, None, at.file, at.line, before, fix, (at.line,))
    return check.but(findings=[found], diagnosis=said)
