"""One entry of a wrong value beside the right one, and several changes of a statement as the one that they make."""

import ast
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .changes.edits.slots import INSERTED, MISSING, roots
from .changes.fix import Fix
from .changes.frames import codes_of, reached, value_in
from .changes.rewriting import head
from .changes.search import live_functions
from .derivatives.run import Recordable
from .lines.source import Statement
from .located import Evidence, Located


def in_one(subject: Recordable, found: list[Located], close: float) -> list[Located]:
    """Return what was located, the changes of one statement as a single change; no edit may be in place.

    Each change was found with the others in place, so that the last one's text is the statement as it should be.
    """
    made: list[Located] = []
    for each in found:
        fix = each.fix
        same = [i for i, m in enumerate(made) if _of_one_statement(m.fix, fix)]
        if fix is None or not same:
            made.append(each)
            continue
        first = made[same[0]]
        before = ast.unparse(head(fix.statement.node)).removesuffix("\n    pass")
        whole = replace(fix, before=before, right=fix.right | (first.fix.right if first.fix else frozenset()))
        arrays = tuple(dict.fromkeys([*first.arrays, *each.arrays]))
        evidence = evidence_of(subject, whole, close)
        made[same[0]] = Located((fix.statement,), arrays, whole, evidence=evidence)
    return made


def _of_one_statement(first: Fix | None, second: Fix | None) -> bool:
    """Whether both change the text of one statement; what is put in or missing stands beside it."""
    if first is None or second is None or {first.kind, second.kind} & {INSERTED, MISSING}:
        return False
    return first.statement == second.statement


def evidence_of(subject: Recordable, fix: Fix, close: float) -> Evidence | None:
    """Return an entry of the statement's value, as it is and with the fix, where both can be computed there."""
    statement = fix.statement
    places = roots(statement.node)
    if len(places) != 1 or not isinstance(statement.node, (ast.Assign, ast.AugAssign)):
        return None
    edited = ast.parse(fix.after).body
    if len(edited) != 1 or type(edited[0]) is not type(statement.node):
        return None
    after = edited[0].value
    target = statement.node.targets[0] if isinstance(statement.node, ast.Assign) else statement.node.target
    codes = codes_of(live_functions(subject, statement))
    loops = list(_loops(statement))
    for visit in range(12):
        _, names = reached(lambda: subject.call(subject.flat), statement, codes, visit)
        if names is None:
            return None
        mine, right = value_in(places[0].node, names), value_in(after, names)
        if not all(isinstance(v, (int, float, np.ndarray, np.generic)) for v in (mine, right)):
            return None
        if np.shape(mine) != np.shape(right) or not np.size(mine):
            return None
        mine, right = np.asarray(mine, np.float64), np.asarray(right, np.float64)
        off = np.abs(mine - right)
        if off.max() > close * np.abs(right).max():
            index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            loop = tuple((n, names[n]) for n in loops if isinstance(names.get(n), (int, np.integer, str)))
            return Evidence(ast.unparse(target), index, float(mine[index]), float(right[index]), loop)
    return None


def _loops(statement: Statement) -> Iterator[str]:
    """Yield the variables of the loops in which a statement stands, the outermost first."""
    if statement.function is None:
        return
    for node in ast.walk(statement.function):
        if isinstance(node, ast.For) and any(n is statement.node for n in ast.walk(node)):
            for name in ast.walk(node.target):
                if isinstance(name, ast.Name):
                    yield name.id
