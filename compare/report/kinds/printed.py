"""Numbers that others printed, beside what three ways compute: reproduced to all digits, or wrong and why."""

from ..blocks import VERBOSE, Column, Headline, Notes, Table, words
from ..wording import count

HEADING = "Numbers that others printed"
FEW = 3  # numbers of an array that a cell shows


def verdict(data: dict) -> Headline:
    """Count the printed numbers that are reproduced, and those that are wrong."""
    c = data["counts"]
    left = c["not reproduced"]
    return Headline(
        "wrong" if left else "right",
        "",
        f"{c['reproduced']} of {sum(c.values())} printed numbers from {count(len(data['sources']), 'source')} are "
        f"reproduced to all their digits, {c['source wrong']} are wrong in the source"
        f"{f', {left} are neither' if left else ''}.",
    )


def blocks(data: dict) -> list:
    """Return what is wrong in a source and why, a table by source, and every number."""
    wrong = [r for r in data["rows"] if r["verdict"] != "reproduced"]
    by_source = [
        {"name": name, **source, **_counted([r for r in data["rows"] if r["source"] == name])}
        for name, source in data["sources"].items()
    ]
    absent = [f"Not installed: {', '.join(data['absent'])}."] if data["absent"] else []
    return [
        Table("wrong", "Wrong in the source", WRONG, wrong),
        Table("sources", "By source", SOURCES, by_source),
        Notes([f"Computed by {', '.join(data['ways'])}.", *absent]),
        Table("numbers", "Every number", [*WHAT, *_computed(data["ways"])], data["rows"], level=VERBOSE),
    ]


def _counted(rows):
    return {
        "entries": len(rows),
        "reproduced": sum(r["verdict"] == "reproduced" for r in rows),
        "wrong": sum(r["verdict"] == "source wrong" for r in rows),
    }


def _short(numbers, form):
    more = f" ... ({len(numbers)})" if len(numbers) > FEW else ""
    return " ".join(map(form, numbers[:FEW])) + more


def _printed(row):
    return _short(row["printed"].split(), str)


def _right(row):
    if row["right"]:
        return row["right"]
    return _short(next(iter(row["computed"].values())), "{:.12g}".format)


def _computed(ways):
    def by(way):
        return lambda row: _short(row["computed"][way], "{:.12g}".format)

    return [Column(way, by(way), numeric=False) for way in ways]


WRONG = [
    *words(source="source", what="what", printed=_printed, right=_right),
    Column("why", lambda r: r["why"] or "not explained", numeric=False, under=True),
]
SOURCES = [
    *words(source="title"),
    Column("entries", "entries"),
    Column("reproduced", "reproduced"),
    Column("wrong", "wrong"),
    Column("where", "where", numeric=False, level=VERBOSE),
]
WHAT = words(source="source", what="what", verdict="verdict", printed=_printed)
