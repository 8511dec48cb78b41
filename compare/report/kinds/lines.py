"""The bench of lines: how many planted mistakes are found, placed on their line and fixed."""

from functools import partial

from ..blocks import PAGE, Column, Headline, Notes, Table, words
from ..wording import figure

HEADING = "The bench of lines"
SHOWN = range(12)  # cases to look at, in the terminal
OUTCOMES = ("found", "placed", "among", "blamed", "fixed", "fix_right")


def verdict(data: dict) -> Headline:
    """Count the mistakes that were found and placed, and the correct functions called wrong."""
    single, two, correct = data["single"], data["pairs"], data["correct"]
    missed = single["found"] < single["cases"] or two["found"] < two["cases"]
    return Headline(
        "wrong" if missed or correct["wrong"] else "right",
        "",
        f"{single['found']} of {single['cases']} planted mistakes found, {single['placed']} placed on their "
        f"line, {single['fix_right']} fixed; {correct['wrong']} of {correct['cases']} runs of correct functions "
        "called wrong.",
    )


def blocks(data: dict) -> list:
    """Return the totals, tables by kind of mistake and by function, and every case that was not as it should be."""
    weak = [r for r in data["rows"] if _notable(r)]
    return [
        Table("total", "All", TOTAL, [{"what": "single mistakes", **data["single"]}]),
        Notes([_two(data["pairs"]), _right(data["correct"]), *_times(data["seconds_of"])]),
        Table("by-kind", "By kind of mistake", _columns("mistake"), _rows(data["by_kind"])),
        Table("by-function", "By function", _columns("function"), _rows(data["by_function"])),
        Table("notable", "Cases to look at", CASES, weak, brief=SHOWN),
        Table(
            "correct",
            "Correct functions",
            CORRECT,
            [r for r in data["rows"] if r["case"] == "correct"],
            level=PAGE,
        ),
        Notes(_failed(data)),
        Notes([_done(data)]),
    ]


def _rows(named):
    return [{"what": name, **counts} for name, counts in named.items()]


def _columns(heading):
    return [*words(**{heading: "what"}), *COUNTS]


def _share(what, row):
    """'19 (95 %)' of the cases; of the fixes that are right, the share of those shown."""
    of = row["fixed"] if what == "fix_right" else row["cases"]
    return f"{row[what]} ({100 * row[what] / of:.0f} %)" if of else str(row[what])


def _two(pairs):
    return (
        f"Pairs: {pairs['found']} of {pairs['cases']} found, both lines named in {pairs['both']}, a fix shown in "
        f"{pairs['fixed']}, right at other points in {pairs['fix_right']}."
    )


def _right(correct):
    return (
        f"Correct functions: {correct['right']} of {correct['cases']} right, {correct['wrong']} called wrong, "
        f"{correct['not_known']} not known; {correct['overflowed']} more overflow."
    )


def _times(seconds):
    named = {"correct": "a correct function", "single": "a mistake", "pair": "a pair"}
    said = [
        f"{named[case]} {q['median']:.2g} (median), {q['p90']:.2g} (90 %), {q['max']:.2g} (most)"
        for case, q in seconds.items()
        if q["median"] is not None
    ]
    return [f"CPU seconds of a check: {'; '.join(said)}."] if said else []


def _failed(data):
    failed = [f"{r['function']}: {r['said']}" for r in data["rows"] if r["case"] == "failed"]
    return [f"{len(failed)} tasks did not end: {'; '.join(failed)}."] if failed else []


def _done(data):
    s = data["sizes"]
    return f"{s['functions']} functions; up to {s['many']} mistakes in each; seed {s['seed']}; {data['seconds']:.0f} s"


def _notable(row):
    if row["case"] == "failed":
        return False
    if row["case"] == "correct":
        return row["verdict"] in ("wrong", "not known")
    placed = row["both"] if row["case"] == "pair" else row["placed"]
    return not (row["found"] and placed and row["fix_right"])


def _planted(row):
    if row["case"] == "correct":
        return f"{row['dtype']}, scale {row['scale']:g}, batch {row['batch']}"
    lines = row["lines"] if row["case"] == "pair" else [row["line"]]
    return f"{', '.join(map(str, lines))}: {row['kind']}"


def _outcome(row):
    if row["case"] == "correct":
        return row["verdict"]
    named = ", ".join(map(str, row["named"])) or "none"
    fix = {True: "fixed", False: "fix wrong elsewhere", None: "no fix"}[row["fix_right"]]
    return f"{'' if row['found'] else 'not found; '}{named}; {fix}"


COUNTS = [
    Column("planted", "cases"),
    *(Column(what.replace("_", " "), partial(_share, what)) for what in OUTCOMES),
]
TOTAL = [*words(of="what"), *COUNTS]
CASES = [
    *words(function="function", line_and_kind=_planted, named_lines=_outcome),
    Column("s", "seconds", figure(".1f")),
]
CORRECT = [
    *words(function="function", dtype="dtype"),
    Column("scale", "scale", figure("g")),
    Column("batch", "batch"),
    *words(verdict="verdict"),
    Column("CPU s", "seconds", figure(".2f")),
]
