"""The bench of families: whether right functions are called right, and errors in what they return are found."""

from ..blocks import Column, Headline, Notes, Table, words
from ..wording import figure

HEADING = "The bench of families"
SHOWN = range(12)  # cases to look at, in the terminal


def verdict(data: dict) -> Headline:
    """Count the right functions called wrong, and the errors that were found."""
    right, errors = list(data["correct"].values()), _cells(data)
    wrong, cases = (sum(r[key] for r in right) for key in ("wrong", "cases"))
    found, planted = (sum(r[key] for r in errors) for key in ("found", "cases"))
    names, false = data["names"]["said"], data["names"]["unfounded"]
    failed = f"; {data['failed']} checks raised" if data["failed"] else ""
    return Headline(
        "wrong" if wrong or found < planted or false or failed else "right",
        "",
        f"{wrong:,} of {cases:,} right functions called wrong; {found:,} of {planted:,} planted errors found; "
        f"{false:,} of {names:,} names do not reproduce all arrays{failed}.",
    )


def blocks(data: dict) -> list:
    """Return tables by type, size and kind, and every case that was not as it should be."""
    right = [{"dtype": dtype, **row} for dtype, row in data["correct"].items()]
    kinds = [{"kind": kind, **row} for kind, row in data["by_kind"].items()]
    return [
        Table("right", "Right functions", RIGHT, right),
        Table("by-size", "Planted errors by type and size", BY_SIZE, _cells(data)),
        Table("by-kind", "Planted errors by kind", BY_KIND, kinds),
        Table("notable", "Cases to look at", CASES, data["notable"], brief=SHOWN),
        Notes([*_times(data), _done(data)]),
    ]


def _cells(data):
    """A row for each type and size of which there are errors."""
    return [
        {"dtype": dtype, "size": size, **row}
        for dtype, sizes in data["planted"].items()
        for size, row in sizes.items()
        if row["cases"]
    ]


def _missed(row):
    return row["cases"] - row["found"]


def _names(row):
    """'rate-sign 3, bias-averaged 1'"""
    most = sorted(row["names"].items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{name} {count}" for name, count in most)


def _what(row):
    if row["case"] != "planted":
        return row["case"]
    return f"{row['kind']}, {row['size']}: {row['array']} {row['index']}"


def _outcome(row):
    late = "; ended after too long" if row.get("late") else ""
    if row["case"] == "failed":
        return row["said"]
    if row["case"] == "correct":
        names = [o["name"] for o in row["off"]] or row["not_proved"]
        what = row["verdict"] if row["off"] else "not proved" if names else row["verdict"]
        return f"{what}{': ' + ', '.join(names) if names else ''}{late}"
    others = f"; wrong too: {', '.join(row['others'])}" if row["others"] else ""
    others += f"; false names: {', '.join(row['unfounded'])}" if row["unfounded"] else ""
    return f"{'found' if row['found'] else 'missed, ' + row['status']}{others}{late}"


def _times(data):
    named = {"correct": "a right function", "planted": "an error"}
    said = [
        f"{named[case]} {q['median']:.2g} (median), {q['p90']:.2g} (90 %), {q['max']:.2g} (most)"
        for case, q in data["seconds_of"].items()
        if q["median"] is not None
    ]
    late = f" {data['late']} checks were ended after too long." if data["late"] else ""
    ratio = data["seconds_of"]["correct"]["referee"]
    referee = (
        f" The referee makes a right function's check {ratio:.2f} times as long (median)." if ratio else ""
    )
    return [f"CPU seconds of a check: {'; '.join(said)}.{referee}{late}"] if said else []


def _done(data):
    s = data["sizes"]
    each = (
        f"up to {s['errors']:g} errors in each"
        if s["errors"] >= 1
        else f"an error in {s['errors']:.0%} of them"
    )
    return f"{s['functions']} functions; {each}; seed {s['seed']}; {s['workers']} at a time; {data['seconds']:.0f} s"


RIGHT = [
    *words(type="dtype"),
    Column("functions", "cases"),
    Column("right", "right"),
    Column("called wrong", "wrong"),
    Column("not known", "not_known"),
    Column("not proved", "not_proved"),
]
BY_SIZE = [
    *words(type="dtype", relative_size="size"),
    Column("planted", "cases"),
    Column("found", "found"),
    Column("missed", _missed),
    Column("of them below the sensitivity printed", "below"),
]
BY_KIND = [
    *words(error="kind"),
    Column("planted", "cases"),
    *(Column(key, key) for key in ("found", "named", "exact", "fixed")),
    *words(names=_names),
]
CASES = [
    Column("number", "number"),
    *words(type="dtype", case=_what, outcome=_outcome, function="words"),
    Column("s", "seconds", figure(".1f")),
]
