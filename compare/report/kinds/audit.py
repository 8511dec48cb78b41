"""The audit of a test suite: the wrong edits of backward functions that its tests did not notice."""

from ...common.results import number
from ..blocks import PAGE, Column, Headline, Notes, Table, words
from ..wording import count

HEADING = "Does the test suite notice a wrong gradient?"
SHOWN = range(12)  # survivors, and tests, in the terminal
CAUSES = {
    "tolerance": "a tolerance hides the change",
    "weak": "an assertion reads the value and does not compare it",
    "unread": "no assertion reads the value",
}


def verdict(data: dict) -> Headline:
    """Count the wrong edits that the tests did not notice."""
    c = data["counts"]
    seen = c["noticed"] + c["late"]
    good = not c["survived"] and not data["untested"]
    untested = f"; {count(len(data['untested']), 'function')} that no test runs" if data["untested"] else ""
    return Headline(
        "right" if good else "wrong",
        "",
        f"The tests notice {seen} of {c['wrong']} wrong gradients; {c['survived']} survive{untested}.",
    )


def blocks(data: dict) -> list:
    """Return the survivors with the assertion that should have seen them, and tables by function and by test."""
    survivors = [r for r in data["rows"] if r["outcome"] == "survived"]
    c = data["counts"]
    blind = [t for t in data["tests"] if t["ran"] >= 3 and not t["noticed"]]
    causes = [r["blind"]["cause"] for r in survivors]
    return [
        Table("survivors", "Wrong gradients that pass", SURVIVORS, survivors, brief=SHOWN),
        Notes(
            [
                f"{causes.count(cause)} survive because {why}."
                for cause, why in CAUSES.items()
                if cause in causes
            ]
        ),
        Table("functions", "By function", FUNCTIONS, data["functions"], brief=SHOWN),
        Table(
            "blind", "Tests that noticed none of the wrong gradients that they ran", TESTS, blind, brief=SHOWN
        ),
        Table("untested", "Functions that no test runs", words(function=str), data["untested"], brief=SHOWN),
        Notes(
            [
                f"{c['planted']} edits planted: {c['raised']} raise in the code under test, {c['equivalent']} leave "
                f"every recorded result right to rounding, {c['unmeasured']} have no result to compare; these do not "
                f"count. {c['late']} ran out of time. {data['seconds']:.0f} s."
            ]
        ),
        Notes([f"Ended before {data['left']} more edits."] if data.get("left") else [], warning=True),
        Table("tests", "By test", TESTS, data["tests"], level=PAGE),
        Table("edits", "Every edit", EDITS, data["rows"], level=PAGE),
    ]


def _percent(value):
    value = number(value)
    if value == float("inf"):
        return "all"
    return f"{100 * value:.0f} %" if value >= 1 else f"{100 * value:.2g} %"


def _changed(row):
    """'dW = delta.T @ a -> dW = delta.T @ z', on one line."""
    before, after = (" ".join(row[k].split()) for k in ("before", "after"))
    return f"{before} -> {after}"


def _where(row):
    return f"{row['file']}:{row['line']}"


def _blind(row):
    seen = row["blind"]
    if not seen:
        return ""
    return f"{seen['file']}:{seen['line']} {seen['text']}: {seen['why']}" if seen["line"] else seen["why"]


SURVIVORS = [
    Column("off by", "error", _percent),
    *words(line=_where, change=_changed),
    Column("should have seen it", _blind, numeric=False, under=True),
]
FUNCTIONS = [
    *words(function=lambda r: f"{r['file']}:{r['function']}"),
    Column("wrong", "wrong"),
    Column("noticed", lambda r: r["noticed"] + r["late"]),
    Column("survived", "survived"),
    Column("raised", "raised", level=PAGE),
    Column("equivalent", "equivalent", level=PAGE),
    Column("lines not run", lambda r: ", ".join(map(str, r["unrun"])), numeric=False),
]
TESTS = [*words(test="test"), Column("ran", "ran"), Column("noticed", "noticed")]
EDITS = [
    *words(line=_where, kind="kind", change=_changed, outcome="outcome", by="by"),
    Column("off by", "error", _percent),
]
