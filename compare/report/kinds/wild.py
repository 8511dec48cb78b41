"""The bench on mistakes of the public: found, line named, cause explained, and right code that was accused."""

from functools import partial

from ..blocks import PAGE, Column, Headline, Notes, Table, words
from ..wording import figure

HEADING = "Mistakes of the public"
MANY = 10  # cases from which on a percentage is shown
SHOWN = range(12)  # cases to look at, in the terminal


def verdict(data: dict) -> Headline:
    """Count what was found, named and explained, and the right code that was called wrong."""
    parts = data["seen"], data["held_out"]
    cases, found, line, explained, accused, called = (
        sum(part[what] for part in parts)
        for what in ("cases", "found", "line", "explained", "accused", "accused_wrong")
    )
    right, wrongly = (sum(part[what] for part in parts) for what in ("right", "right_wrong"))
    return Headline(
        "wrong" if found < cases or called or wrongly else "right",
        "",
        f"{found} of {cases} public mistakes found, the line named in {line}, the cause explained in {explained}; "
        f"{called} of {accused} pieces of right code that people accused called wrong, {wrongly} of {right} corrected "
        "files.",
    )


def blocks(data: dict) -> list:
    """Return the totals of both parts, a table by kind of code, and every case that was not as it should be."""
    seen = [r for r in data["rows"] if not r["held_out"]]
    parts = [("two thirds", data["seen"]), ("held out", data["held_out"])]
    return [
        Table("total", "Mistakes", TOTAL, [{"what": name, **part} for name, part in parts]),
        Table("right", "Right code", RIGHT, [{"what": name, **part} for name, part in parts]),
        Table("by-code", "By kind of code", BY_CODE, [{"what": n, **r} for n, r in data["by_code"].items()]),
        Table(
            "notable",
            "Cases to look at, of the two thirds",
            CASES,
            [r for r in seen if _notable(r)],
            brief=SHOWN,
        ),
        Table("rows", "Every file of the two thirds", CASES, seen, level=PAGE),
        Notes([_times(data)]),
    ]


def _share(what, row):
    many = row["cases"] >= MANY
    return f"{row[what]} ({100 * row[what] / row['cases']:.0f} %)" if many else str(row[what])


def _notable(row):
    if row["kind"] == "wrong":
        return not (row["found"] and row["line"] and row["explained"])
    return row["verdict"] != "right"


def _outcome(row):
    if row["kind"] != "wrong":
        return row["verdict"]
    named = ", ".join(map(str, row["named"])) or "none"
    planted = ", ".join(map(str, row["planted"]))
    how = "id" if row["by_id"] else "change" if row["by_change"] else "not explained"
    return f"{row['verdict']}; line {planted}, named {named}; {how}"


def _times(data):
    q = data["seconds_of"]
    return (
        f"{data['sources']} sources. Seconds of a check, with the start of its process: {q['median']:.2g} (median), "
        f"{q['p90']:.2g} (90 %), {q['max']:.2g} (most); {data['seconds']:.0f} s in all."
    )


COUNTS = [
    Column("wrong", "cases"),
    *(Column(what, partial(_share, what)) for what in ("found", "line", "alone", "explained")),
]
TOTAL = [*words(of="what"), *COUNTS]
RIGHT = [
    *words(of="what"),
    Column("accused", "accused"),
    Column("called wrong", "accused_wrong"),
    Column("corrected files", "right"),
    Column("called wrong", "right_wrong"),
]
BY_CODE = [*words(code="what"), *COUNTS]
CASES = [
    *words(case="case", file="kind", mistake="mistake", verdict_and_lines=_outcome),
    Column("s", "seconds", figure(".1f")),
]
