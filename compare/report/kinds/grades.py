"""A course: a table of all submissions for the teacher, and each student's report, as much as is to be revealed."""

from functools import partial
from pathlib import Path

from ...common.results import write_text
from ...common.statuses import PASSES
from ...common.tables import as_csv
from ...common.words import printed_by_user
from .. import terminal
from ..blocks import PAGE, Column, Headline, Notes, Table, words
from ..wording import boxed, clipped, figure, stop, wrapped
from . import check

HEADING = "Submissions"
STATES = {"right": "RIGHT", "wrong": "WRONG", "inconclusive": "NOT KNOWN", "forbidden": "NOT COUNTED"}
ORDER = (*STATES, "raised", "time", "memory", "crashed", "unusable", "bug")
ARRAYS = {
    "inherited": "off only because of an error nearer to the loss",
    "inconclusive": "cannot be decided on these inputs",
    "nondeterministic": "two calls with the same inputs differ",
    "nonfinite": "nan or inf",
    "missing": "missing",
    "shape": "not of the parameter's shape",
}


def verdict(data: dict) -> Headline:
    """Count the submissions that are right, and give the mean of the points."""
    each = data["submissions"]
    right = sum(s["status"] == "right" for s in each)
    points = sum(s["points"] for s in each) / max(len(each), 1)
    said = f"{right} of {len(each)} submissions are right; {points:.3g} of {data['of']:g} points on average."
    return Headline("done", "", said)


def blocks(data: dict) -> list:
    """Return one row for each submission, in the order of their names, and how many have each status."""
    each = data["submissions"]
    arrays = list(dict.fromkeys(name for s in each for name in s["arrays"]))
    columns = [
        *words(submission="submission", status="status"),
        Column("points", "points", _points),
        Column("of", "of", _points),
        *words(arrays=_right),
        *(Column(name, partial(_status, name), numeric=False, level=PAGE) for name in arrays),
        Column("seconds", "seconds", figure(".1f")),
        *words(diagnosis=lambda s: clipped(_brief(s), 88) or None),
    ]
    return [
        Table("grades", "Each submission", columns, each, _tone, titled=False),
        Notes(_shared(each)),
        Table("mistakes", "The commonest mistakes", MISTAKES, _mistakes(each), level=PAGE),
        Notes([_counted(data), *boxed(data.get("sandbox"), "submissions")]),
        Notes([f"{w}." for w in data["warnings"]], warning=True),
    ]


def student(graded: dict, reveal: str) -> str:
    """Return the report of one submission: verdict, place, hint or answer, each more than the one before.

    What its code printed is for `answer` alone: it could print the hidden inputs.
    """
    points = f"{graded['points']:g} of {graded['of']:g} points"
    printed = printed_by_user(graded["printed"]) if reveal == "answer" else ""
    if graded["report"] is None:
        return "\n".join(wrapped(f"NO VERDICT  {stop(graded['diagnosis'])} {points}.")) + printed
    if reveal == "verdict":
        return STATES[graded["status"]]
    many = f" ({graded['inputs']} inputs, of which the worst counts)" if graded["inputs"] > 1 else ""
    lines = [f"{STATES[graded['status']]}  {points}{many}."]
    if graded["status"] == "forbidden":
        lines.append(stop(graded["diagnosis"]))
    lines += _place(graded)
    off = any(s not in PASSES for n, s in graded["arrays"].items() if n != "loss")
    answer = ""
    if graded["status"] == "wrong" or off:
        if reveal in ("hint", "answer"):
            lines += [f"Ask yourself: {question}" for question in graded["hints"]]
        if reveal == "answer":
            seed = "" if graded["seed"] is None else f" (seed {graded['seed']})"
            report = graded["report"]
            shown = terminal.text(check.verdict(report), check.blocks(report))
            answer = f"\n\nOn the input where it is worst{seed}:\n{shown}"
    notes = []
    if graded["changed"]:
        notes.append(f"Note: your function changes {' and '.join(graded['changed'])} in place.")
    if narrowed := graded.get("narrowed"):
        types = ", ".join(f"{name} is {dtype}" for name, dtype in narrowed.items())
        notes.append(f"Note: {types}, which has fewer digits than the parameters.")
    said, after = ("\n".join(piece for line in some for piece in wrapped(line)) for some in (lines, notes))
    return said + answer + (f"\n{after}" if after else "") + printed


def write_csv(path: Path, data: dict) -> None:
    """Write the table as CSV."""
    rows = [[column.text(column.value(s)) for column in CSV] for s in data["submissions"]]
    write_text(path, as_csv([column.heading for column in CSV], rows))


def _place(graded):
    """Say which arrays are right, and in which rule the first mistake is."""
    by_status: dict[str, list[str]] = {}
    for name, status in graded["arrays"].items():
        if name != "loss":
            by_status.setdefault("right" if status in PASSES else status, []).append(name)
    lines = [f"{', '.join(names)}: {ARRAYS.get(status, status)}" for status, names in by_status.items()]
    if graded["arrays"]["loss"] == "wrong":
        lines.append("loss: not the one that the assignment defines")
    findings = graded["report"]["findings"]
    rules = dict.fromkeys(f["rule"].replace("_", " ") for f in findings if f["rule"] != "line")
    lines += [f"Rule: {', '.join(rules)}"] if rules else []
    return lines + list(
        dict.fromkeys(f"{f['array']}: {_lines(f)}" for f in findings if f.get("line") is not None)
    )


def _mistakes(each):
    """Return [{array, mistake, line, students}] of the findings that a class has, the commonest first."""
    found: dict[tuple[str, str], dict] = {}
    for s in each:
        for f in (s.get("report") or {}).get("findings", ()) if s["status"] == "wrong" else ():
            named = " or ".join(f["one_of"]) or " ".join((f.get("source") or f["sentence"]).split())
            made = found.setdefault(
                (f["array"], named), {"array": f["array"], "mistake": named, "students": {}}
            )
            made["students"][s["submission"]] = f.get("line")
    return sorted(found.values(), key=lambda m: (-len(m["students"]), m["array"]))


def _who(mistake):
    """'adams (line 12), brown'"""
    return ", ".join(f"{n} (line {k})" if k is not None else n for n, k in mistake["students"].items())


def _lines(finding):
    """'line 12', or 'line 12 or line 14'"""
    return " or ".join(f"line {n}" for n in finding.get("lines") or [finding["line"]])


def _shared(each):
    """'line 12: db1 = dz.mean(axis=0), 17 of 30 students': wrong lines that several have."""
    found: dict[str, list[tuple[str, int]]] = {}
    for s in each:
        for f in (s.get("report") or {}).get("findings", ()):
            if f.get("line") is not None and f.get("source"):
                found.setdefault(" ".join(f["source"].split()), []).append((s["submission"], f["line"]))
    said = []
    for source, pairs in sorted(found.items(), key=lambda item: -len({name for name, _ in item[1]})):
        many, lines = len({name for name, _ in pairs}), [line for _, line in pairs]
        if many > 1:
            line = max(sorted(set(lines)), key=lines.count)
            said.append(f"line {line}: {clipped(source, 80)}, {many} of {len(each)} students")
    return said


def _right(graded):
    """'3/4' of the arrays are right; None where none was judged."""
    arrays = [status for name, status in graded["arrays"].items() if name != "loss"]
    return f"{sum(status in PASSES for status in arrays)}/{len(arrays)}" if arrays else None


def _brief(graded):
    """Return the mistakes by name, or the diagnosis: 'b1: bias-averaged'."""
    report = graded.get("report")
    findings = report["findings"] if report and graded["status"] == "wrong" else []
    named = "; ".join(f"{f['array']}: {_mistake(f)}" for f in findings)
    return named or graded["diagnosis"]


def _mistake(finding):
    """The ids of a mistake, and its line."""
    line = f"line {finding['line']}" if finding.get("line") is not None else ""
    at = f"{line}, {finding['source']}" if line and not finding["one_of"] else line
    return ", ".join(filter(None, [" or ".join(finding["one_of"]), at]))


def _counted(data):
    """'30 submissions in 8.2 s, 2 at a time: 12 right, 10 wrong, ...'"""
    states = [s["status"] for s in data["submissions"]]
    ordered = sorted(set(states), key=lambda s: (ORDER.index(s) if s in ORDER else len(ORDER), s))
    counted = ", ".join(f"{states.count(s)} {s}" for s in ordered)
    seeds = [seed for seed in data["inputs"] if seed is not None]
    inputs = f" Judged on {len(seeds)} hidden seeds, the worst counts." if len(seeds) > 1 else ""
    return (
        f"{len(states)} submissions in {data['seconds']:.1f} s, {data['jobs']} at a time: {counted}.{inputs}"
    )


def _points(value):
    return f"{value:g}"


def _status(name, graded):
    return graded["arrays"].get(name)


def _tone(graded):
    return graded["status"] if graded["status"] in ("right", "inconclusive") else "wrong"


MISTAKES = [
    Column("students", lambda m: len(m["students"]), str),
    *words(array="array", mistake="mistake", who=_who),
]
CSV = [
    *words(submission="submission", status="status"),
    Column("points", "points", _points),
    Column("of", "of", _points),
    *words(arrays_right=_right, diagnosis=lambda s: " ".join(s["diagnosis"].split())),
    Column("seconds", "seconds", figure(".2f")),
]
