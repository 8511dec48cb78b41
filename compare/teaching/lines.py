"""The lines of a submission that are wrong, and how much of them a student is shown."""

from collections.abc import Collection
from typing import Any

from ..common.statuses import PASSES, UNKNOWN
from ..judge.report import Finding
from .hints import questions, what_changes

LONGEST = 400  # characters of a line
MOST = 3  # findings, and lines of each
FORM = (
    "missing",
    "shape",
    "unexpected",
    "nonfinite",
    "nondeterministic",
    "inconclusive",
)  # reasons without an answer


def located(report: dict[str, Any], text: str, arrays: Collection[str]) -> list[Finding]:
    """Return the findings of a report in its plain form that have a line; none where the report has another form.

    The report comes out of the process of the submission, which knows the hidden inputs: of a finding only the name of
    one of `arrays` and numbers of lines of `text` are taken, and the fix, which is shown with the answer alone.
    """
    source = text.splitlines()
    try:
        found = [f for f in report["findings"] if isinstance(f.get("line"), int) and f["array"] in arrays]
        return [_finding(f, source) for f in found[:MOST]]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return []


def _finding(f: dict[str, Any], source: list[str]) -> Finding:
    lines = tuple(int(n) for n in (f.get("lines") or [f["line"]])[:MOST])
    if not all(0 < n <= len(source) for n in lines):
        raise IndexError(lines)
    fix, change = f.get("fix"), None
    if isinstance(fix, dict):
        change = {"line": int(fix["line"]), **{key: _clean(fix[key]) for key in ("from", "to", "kind")}}
    line = _clean(source[lines[0] - 1].strip())
    listed = " or ".join(f"line {n}" for n in lines)
    sentence = f"The mistake is in {listed}: {line}"
    return Finding(f["array"], "line", (), False, sentence, None, None, lines[0], line, change, lines)


def _clean(text: Any) -> str:
    return "".join(c if c.isprintable() else " " for c in str(text)[:LONGEST])


def revealed(report: dict[str, Any], reveal: str) -> dict[str, Any]:
    """Remove from a report (in plain form) what a student may not see. reveal: verdict, place, hint or answer.

    place: the wrong arrays and the numbers of the lines.  hint: also what kind of change is needed, and questions.
    Only `answer` keeps values, source lines and fixes.
    """
    if reveal == "answer":
        return report
    shown = reveal != "verdict"
    hinted = reveal == "hint" and not report["ok"]
    arrays = {v["name"]: v["status"] for v in report["verdicts"]}
    asked = [f"Ask yourself: {question}" for question in questions(report, arrays)] if hinted else []
    return {
        "schema": report["schema"],
        "environment": report["environment"],
        "ok": report["ok"],
        "diagnosis": None,
        "findings": [_found(f, hinted) for f in report["findings"]] if shown else [],
        "recognised": None,
        "loss": {"status": report["loss"]["status"], "reason": "", "hand": None, "witnesses": {}},
        "verdicts": [_verdict(v) for v in report["verdicts"]] if shown else [],
        "warnings": [],
        "about": {},
        "revealed": reveal,
        "state": _state(report),
        "said": [*places(report), *asked] if shown else [],
    }


def _state(report: dict[str, Any]) -> str:
    off = [v["status"] for v in report["verdicts"] if v["status"] not in PASSES]
    if report["ok"]:
        return "right"
    return "inconclusive" if report["loss"]["status"] != "wrong" and set(off) <= set(UNKNOWN) else "wrong"


def places(report: dict[str, Any]) -> list[str]:
    """List 'b1: line 12' for each finding that has a line."""
    found = [(f["array"], f["lines"] or [f["line"]]) for f in report["findings"] if f.get("line") is not None]
    return list(
        dict.fromkeys(f"{array}: {' or '.join(f'line {n}' for n in lines)}" for array, lines in found)
    )


def _found(f: dict[str, Any], hinted: bool) -> dict[str, Any]:
    kept = {
        "array": f["array"],
        "rule": f["rule"],
        "one_of": [],
        "exact": False,
        "sentence": "",
        "separating_input": None,
    }
    kept |= {"file": None, "line": f["line"], "source": None, "fix": None, "lines": f["lines"]}
    return kept | ({"change": what_changes(f)} if hinted else {})


def _verdict(v: dict[str, Any]) -> dict[str, Any]:
    reason = v["reason"] if v["status"] in FORM or v["status"] in PASSES else ""
    return {"name": v["name"], "status": v["status"], "reason": reason, "values": {}}


def revealed_rules(judged: dict[str, Any], reveal: str) -> dict[str, Any]:
    """Return a judged exercise in its plain form without what is not to be revealed."""
    if reveal == "answer":
        return judged
    hidden: dict[str, Any] = {"answer": "", "one_of": []}
    hidden |= {} if reveal == "hint" else {"hint": ""}
    rules = [rule | hidden for rule in judged["rules"]]
    if reveal == "verdict":  # how many are right, not which
        nameless = {"rule": "", "place": "", "layers": [], "hint": ""}
        rules = sorted((rule | nameless for rule in rules), key=lambda rule: rule["state"])
    return judged | {"rules": rules}


def revealed_grades(grades: dict[str, Any], reveal: str) -> dict[str, Any]:
    """Return Grades in their plain form as the students may see them."""
    return grades | {"submissions": [_revealed_grade(s, reveal) for s in grades["submissions"]]}


def _revealed_grade(graded: dict[str, Any], reveal: str) -> dict[str, Any]:
    if reveal == "answer":
        return graded
    hidden: dict[str, Any] = {"printed": ""}
    if graded["report"] is not None:
        hidden |= {"report": revealed(graded["report"], reveal)}
        hidden |= {} if graded["status"] == "forbidden" else {"diagnosis": ""}
    hidden |= {} if reveal == "hint" else {"hints": []}
    hidden |= {"arrays": {}, "worth": {}, "awarded": {}} if reveal == "verdict" else {}
    return graded | hidden
