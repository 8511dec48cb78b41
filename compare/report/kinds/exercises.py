"""A class's exercises: who has which rule right, the wrong lines, and the commonest mistakes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ...common.results import write_text
from ...common.tables import as_csv
from ..blocks import PAGE, Column, Headline, Notes, Table, words
from ..wording import boxed, figure
from . import exercise

HEADING = "The class"
MARKS = {"right": "right", "wrong": "wrong", "raised": "raised", "empty": "empty"}


def verdict(data: dict) -> Headline:
    """Count the exercises that are right, and give the mean of the points."""
    each = data["submissions"]
    right = sum(s["status"] == "right" for s in each)
    points = sum(s["points"] for s in each) / max(len(each), 1)
    return Headline(
        "done",
        "",
        f"{right} of {len(each)} exercises are right; {points:.3g} of {data['of']:g} points on average.",
    )


def blocks(data: dict) -> list:
    """Return a row for each student, a row for each mistake that was made, and the count."""
    each = data["submissions"]
    rules = list(dict.fromkeys(r["rule"] for s in each for r in s["rules"]))
    columns = [
        *words(student="submission", status="status"),
        Column("points", "points", _points),
        *(Column(rule, _state(rule), numeric=False, level=PAGE) for rule in rules),
        *words(wrong=_wrong),
    ]
    mistakes = [
        Column("students", lambda m: len(m["students"]), str),
        *words(rule="rule", mistake=lambda m: " or ".join(m["one_of"]) or "no mistake of the catalogue"),
        *words(as_written="source"),
        Column("who", lambda m: ", ".join(m["students"]), numeric=False, level=PAGE),
    ]
    took = f"{len(each)} exercises in {data['seconds']:.1f} s, {data['jobs']} at a time."
    return [
        Notes([data["network"]]),
        Table("exercises", "Each student", columns, each, _tone, titled=False),
        Table("mistakes", "The commonest mistakes", mistakes, data["mistakes"]),
        Notes([took, *boxed(data.get("sandbox"), "rules")]),
        Notes([f"{w}." for w in data["warnings"]], warning=True),
    ]


def write_csv(path: Path, data: dict) -> None:
    """Write a row for each student as CSV."""
    rules = list(dict.fromkeys(r["rule"] for s in data["submissions"] for r in s["rules"]))
    columns = [
        *words(submission="submission", status="status"),
        Column("points", "points", _points),
        Column("of", lambda s: data["of"], _points),
        *(Column(rule, _state(rule), numeric=False) for rule in rules),
        *words(wrong=_wrong),
        Column("seconds", "seconds", figure(".2f")),
    ]
    rows = [[column.text(column.value(s)) for column in columns] for s in data["submissions"]]
    write_text(path, as_csv([column.heading for column in columns], rows))


def gradescope(data: dict, marked: dict, reveal: str) -> dict:
    """Return results.json of one student's exercise: a test for each rule.

    A single test where only the verdict is shown. Nothing of the reference is in it below the level `answer`.
    """
    if marked["rules"]:
        judged = {"network": data["network"], "rules": marked["rules"], "sandbox": None}
        shown = [verdict_of(judged), *map(partial(_help, reveal), marked["rules"])]
        output = "\n".join(filter(None, shown))
    else:
        output = f"NO VERDICT  {marked['diagnosis']}"
    if reveal == "verdict" or not marked["rules"]:
        tests = [_test("all rules", marked["points"], data["of"])]
    else:
        tests = [_test(r["rule"].replace("_", " "), r["points"], r["of"]) for r in marked["rules"]]
    return {
        "score": marked["points"],
        "execution_time": round(marked["seconds"]),
        "output": output,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def verdict_of(judged: dict) -> str:
    """Return the first line of a student's report."""
    found = exercise.verdict(judged)
    return f"{found.word}  {found.sentence}"


def _help(reveal, rule):
    """Return the lines for a student about one rule."""
    if rule["state"] == "right" or reveal == "verdict":
        return ""
    said = [rule["place"], *([rule["hint"]] if reveal in ("hint", "answer") else [])]
    return " ".join(
        [f"{rule['rule']}:", *filter(None, [*said, *([rule["answer"]] if reveal == "answer" else [])])]
    )


def _test(name: str, score: float, most: float) -> dict:
    status = "passed" if score >= most else "failed"
    shown = {"output": "", "output_format": "text", "visibility": "visible"}
    return {"name": name, "score": score, "max_score": most, "status": status, **shown}


def _state(rule: str) -> Callable[[dict], str | None]:
    return lambda s: next((MARKS[r["state"]] for r in s["rules"] if r["rule"] == rule), None)


def _wrong(marked):
    """'bias_gradient, line 71: return p.delta[l].mean(axis=0)' for each wrong rule, or the diagnosis."""
    off = [r for r in marked["rules"] if r["state"] != "right"]
    said = [_at(r["rule"], r["state"], marked["lines"].get(r["rule"])) for r in off]
    return "; ".join(said) or marked["diagnosis"] or None


def _at(rule, state, line):
    if state == "empty" or not line:
        return f"{rule}: {state}"
    return f"{rule}, line {line[0]}: {line[1]}"


def _points(value):
    return f"{value:g}"


def _tone(marked):
    return "right" if marked["status"] == "right" else "wrong"
