"""A change of one statement that was run, and how large it is."""

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..derivatives.run import Recordable
from ..lines.source import Statement
from ..lines.suspects import Suspect
from .edits.slots import Edit
from .patching import Live, edited
from .rewriting import head

# Added to the size of edits that few people would make.
UNLIKELY = {
    "operator": 5,
    "expression": 8,
    "parentheses": 4,
    "missing term": 4,
    "factor N": 3,
    "sign": 2,
    "factor 1/N": 3,
    "a constant for a variable": 6,
}


@dataclass(frozen=True)
class Fix:
    """An edit that was run.

    suspect, statement: where.  kind: what the edit is.  before, after: the statement's text.  right: the arrays it
    makes right.  size: characters changed.
    """

    suspect: Suspect
    statement: Statement
    edit: Edit
    kind: str
    before: str
    after: str
    right: frozenset[str]
    size: int


def fix_of(suspect: Suspect, edit: Edit, right: frozenset[str]) -> Fix:
    """Return the fix that an edit is, with the statement's text before and after."""
    before = ast.unparse(head(suspect.statement.node))
    with edit:
        after = edited_text(suspect.statement, edit)
    before, after = (text.removesuffix("\n    pass") for text in (before, after))
    ones = edit.kind == "constant" and after.count("1") > before.count("1")
    size = _distance(before, after) + UNLIKELY.get(edit.kind, 0) + (6 if ones else 0)
    size += 10 * (after.count("--") > before.count("--"))  # nobody writes a double negation
    return Fix(suspect, suspect.statement, edit, edit.kind, before, after, right, size)


def edited_text(statement: Statement, edit: Edit) -> str:
    """Return the statement's text with the edit, which is in place."""
    return ast.unparse(head(edit.new if edit.slot.node is statement.node else statement.node))


def _distance(before: str, after: str) -> int:
    """Return how many characters are taken away and put in, between the common start and the common end."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return len(before) + len(after) - 2 * start - 2 * end


@contextlib.contextmanager
def applied(subject: Recordable, fix: Fix) -> Iterator[None]:
    """Let the user's live code have a fix."""
    held = Live(subject.code).holding(fix.statement)
    assert held is not None
    with fix.edit, edited(held[0], held[1], fix.statement.file):
        yield
