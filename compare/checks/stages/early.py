"""A script whose update stands above what reads the parameter: the pass was run without its updates, and is right."""

import ast
import inspect
from pathlib import Path
from typing import Any

import numpy as np

from ...judge.report import Finding
from ...trace.changes.points import quiet
from ...user.forms.early import EARLY, Early
from ..check import GradientCheck

CLOSE = 1e-6  # relative, in norm
ID = "updated-weights-used"


def updated_early(check: GradientCheck) -> GradientCheck:
    """Name the updates that stand too early, if every array is right without them."""
    names = getattr(inspect.unwrap(check.subject.function), "__globals__", {})
    early = names.get(EARLY)
    off = check.having("wrong", "inherited")
    if early is None or not off or not _right_without(check, early, names):
        return check
    file = early.plain.__code__.co_filename
    findings = [f for update, last in early.updates for f in _findings(early, update.statement, last, file, off[0].name)]
    said = "\n".join(dict.fromkeys(f.sentence for f in findings))
    return check.but(findings=findings, diagnosis=said)


def _right_without(check: GradientCheck, early: Early, names: dict[str, Any]) -> bool:
    function, subject = early.plain.__name__, check.subject
    stepping = names[function]
    try:
        names[function] = early.plain
        with quiet():
            plain = subject.call(subject.flat).grads
    except Exception:
        return False
    finally:
        names[function] = stepping
    witnesses = [*check.exact, *check.witnesses]
    for name in subject.flat:
        right = next((np.asarray(w.arrays[name]) for w in witnesses if name in w.arrays), None)
        mine = plain.get(name)
        if right is None or mine is None or np.shape(mine) != right.shape:
            return False
        if not np.linalg.norm(mine - right) <= CLOSE * np.linalg.norm(right):
            return False
    return True


def _findings(early: Early, at: ast.stmt, last: ast.stmt, file: str, array: str) -> list[Finding]:
    """Return a finding for the update, with the two changes that put it behind the last statement that reads."""
    text, behind, name = ast.unparse(at), ast.unparse(last), Path(file).name
    source = early.written[at.lineno - 1].strip()
    said = (
        f"{name}, line {at.lineno}: {source} It stands too early: put it behind line {last.end_lineno}, which needs the "
        "parameter as it was."
    )
    changes = [(at.lineno, text, "pass"), (last.lineno, behind, f"{behind}\n{text}")]
    found = []
    for line, before, after in changes:
        statement = {"line": line, "from": before, "to": after}
        fix = {**statement, "kind": "order", "statement": statement, "others": []}
        found.append(Finding(array, "line", (ID,), True, said, None, file, at.lineno, source, fix, (at.lineno,)))
    return found
