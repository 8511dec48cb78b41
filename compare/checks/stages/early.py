"""A script whose update stands above what reads the parameter: the pass was run without its updates, and is right."""

import ast
import inspect
from pathlib import Path
from typing import Any

from ...judge.report import Finding
from ...user.forms.early import EARLY, Early
from ..check import GradientCheck
from .tried import right_now

ID = "updated-weights-used"


def updated_early(check: GradientCheck) -> GradientCheck:
    """Name the updates that stand too early, if every array is right without them."""
    function = check.subject.function
    names = {} if function is None else getattr(inspect.unwrap(function), "__globals__", {})
    early, off = names.get(EARLY), check.having("wrong", "inherited")
    if early is None or not off or not _right_without(check, early, names):
        return check
    found = [
        f for update, last in early.updates for f in _findings(early, update.statement, last, off[0].name)
    ]
    return check.but(findings=found, diagnosis="\n".join(dict.fromkeys(f.sentence for f in found)))


def _right_without(check: GradientCheck, early: Early, names: dict[str, Any]) -> bool:
    function = early.plain.__name__
    stepping = names[function]
    try:
        names[function] = early.plain
        return right_now(check)
    finally:
        names[function] = stepping


def _findings(early: Early, at: ast.stmt, last: ast.stmt, array: str) -> list[Finding]:
    """Return a finding for the update, with the two changes that put it behind the last statement that reads."""
    file = early.plain.__code__.co_filename
    text, behind, source = ast.unparse(at), ast.unparse(last), early.written[at.lineno - 1].strip()
    said = f"{Path(file).name}, line {at.lineno}: {source}. It stands too early: put it behind line {last.end_lineno}, "
    said += "which needs the parameter as it was."
    found = []
    for line, before, after in ((at.lineno, text, "pass"), (last.lineno, behind, f"{behind}\n{text}")):
        statement = {"line": line, "from": before, "to": after}
        fix = {**statement, "kind": "order", "statement": statement, "others": []}
        found.append(
            Finding(array, "line", (ID,), True, said, None, file, at.lineno, source, fix, (at.lineno,))
        )
    return found
