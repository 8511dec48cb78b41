"""Findings in the user's own words: a statement that was run in place of an update is shown as it was written."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...common.words import common_ends
from ...judge.report import Finding
from ..check import GradientCheck


def as_written(check: GradientCheck) -> GradientCheck:
    """Show the user's statement, `W -= lr * dW`, where another one was run in its place: `about["shown"]`."""
    shown = check.about.get("shown")
    if not shown:
        return check
    findings = [_finding(f, shown) for f in check.findings]
    return check.but(
        findings=findings, diagnosis=None if check.diagnosis is None else original(check.diagnosis, shown)
    )


def _finding(finding: Finding, shown: Mapping[str, str]) -> Finding:
    fix = finding.fix
    if fix is not None:
        fix = {**_change(fix, shown), "statement": _change(fix["statement"], shown)}
    source = None if finding.source is None else original(finding.source, shown)
    return replace(finding, source=source, sentence=original(finding.sentence, shown), fix=fix)


def original(text: str, shown: Mapping[str, str]) -> str:
    """Return a text with each statement that was run as the user wrote it."""
    for run, written in shown.items():
        text = text.replace(run, written)
    return text


def _change(change: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    """Return {from, to} of the user's statement: it contains the changed expression once."""
    for run, written in shown.items():
        name, _, value = run.partition(" = ")
        if change["from"] != run or not change["to"].startswith(f"{name} = "):
            continue
        before, after = _inside(value), _inside(change["to"].partition(" = ")[2])
        made = _replaced(written, before, after)
        if made is not None:
            return {**change, "from": written, "to": made}
    return dict(change)


def _inside(value: str) -> str:
    """Return the expression without the sign that was put in front of it: -(a @ b)."""
    return value[2:-1] if value.startswith("-(") and value.endswith(")") else value.removeprefix("-")


def _replaced(written: str, before: str, after: str) -> str | None:
    """Make in a statement the change between two texts of an expression in it; None where its place is not unique."""
    start, end = common_ends(before, after)
    for room in range(max(len(before), len(after))):
        left, right = max(start - room, 0), max(end - room, 0)
        old, new = before[left : len(before) - right], after[left : len(after) - right]
        if old and written.count(old) == 1:
            made = written.replace(old, new)
            return made if _parses(made) else None
    return None


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
