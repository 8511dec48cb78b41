"""A change of one statement that was run, and how likely it is."""

import ast
import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..derivatives.run import Recordable
from ..lines.source import Statement
from ..lines.suspect import SILENT, Suspect
from .edits.slots import INSERTED, MISSING, Edit
from .likelihood import (
    NAME_OFF,
    SILENT_SIGN,
    UNEXPLAINED,
    edit_cost,
    place_cost,
    unread,
    unused_as_it_is,
)
from .patching import Live, edited
from .rewriting import head


@dataclass(frozen=True)
class Fix:
    """An edit that was run.

    suspect, statement: where.  kind: what the edit is.  before, after: the statement's text.  right: the arrays it
    makes right.  cost: how unlikely the edit and its place are.  off: variables that with it are not what they are
    named after.
    """

    suspect: Suspect
    statement: Statement
    edit: Edit
    kind: str
    before: str
    after: str
    right: frozenset[str]
    cost: float
    off: int = 0

    def named(self, least: int) -> "Fix":
        """Return the fix with its names counted from `least` on: so many are off with every change."""
        return replace(self, cost=self.cost - NAME_OFF * least, off=self.off - least)

    def leaving(self, more: float) -> "Fix":
        """Return the fix where it leaves so much more unexplained than another one."""
        return replace(self, cost=self.cost + UNEXPLAINED * more)


def fix_of(suspect: Suspect, edit: Edit, right: frozenset[str], off: int = 0) -> Fix:
    """Return the fix that an edit is, with the statement's text before and after.

    off: how many variables with it do not hold what they are named after.
    """
    before = ast.unparse(head(suspect.statement.node))
    unused_as_it_is(suspect.statement.function)
    with edit:
        after = edited_text(suspect.statement, edit)
        more = unread(suspect.statement.function, edit.kind)
    before, after = (text.removesuffix("\n    pass") for text in (before, after))
    cost = edit_cost(edit.kind, before, after) + place_cost(suspect, edit.kind)
    put_in = edit.kind == "sign" and len(after) > len(before)
    cost += SILENT_SIGN * (put_in and suspect.tier == SILENT)
    cost += NAME_OFF * off + more
    return Fix(suspect, suspect.statement, edit, edit.kind, before, after, right, cost, off)


def edited_text(statement: Statement, edit: Edit) -> str:
    """Return the statement's text with the edit, which is in place."""
    if edit.kind == INSERTED:
        return "\n".join(ast.unparse(head(node)).removesuffix("\n    pass") for node in edit.new.body)
    return ast.unparse(head(edit.new if edit.slot.node is statement.node else statement.node))


@contextlib.contextmanager
def applied(subject: Recordable, fix: Fix) -> Iterator[None]:
    """Let the user's live code have a fix."""
    held = Live(subject.code).holding(fix.statement)
    assert held is not None
    edit = replace(fix.edit, new=_own(fix.edit))
    unused_as_it_is.cache_clear()  # it may read what nothing read
    try:
        with edit, edited(held[0], held[1], fix.statement.file):
            yield
    finally:
        unused_as_it_is.cache_clear()


def _own(edit: Edit) -> Any:
    """Return what an edit puts in as nodes of its own, which stand where they are put.

    Further edits draw on the others. What is left of a statement stays what it is.
    """
    if edit.kind == INSERTED:
        held, put = edit.new.body
        return ast.copy_location(ast.If(edit.new.test, [held, _moved(put, held)], []), held)
    if isinstance(edit.new, ast.expr) or edit.kind == MISSING:
        return _moved(edit.new, edit.slot.node)
    return edit.new


def _moved(node: Any, at: ast.AST) -> Any:
    made = copy.deepcopy(node)
    for each in ast.walk(made):
        if isinstance(each, (ast.expr, ast.stmt, ast.keyword)):
            ast.copy_location(each, at)
    return made
