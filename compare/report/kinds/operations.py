"""The bench of operations: right kernels called wrong, and mistakes found and named, by framework and type."""

from ..blocks import Column, Headline, Table, words
from ..wording import figure

HEADING = "The bench of operations"
SHOWN = range(12)  # cases to look at, in the terminal
SHOWS = 5  # ulps


def verdict(data: dict) -> Headline:
    """Count the right kernels called wrong, and the mistakes found and named."""
    total = {
        key: sum(row[key] for row in data["counts"].values()) for key in next(iter(data["counts"].values()))
    }
    good = not total["wrong"] and not total["misnamed"] and total["found"] >= 0.99 * total["shown"]
    return Headline(
        "right" if good else "wrong",
        "",
        f"{total['wrong']} of {total['right']:,} right kernels called wrong; {total['found']:,} of {total['shown']:,} "
        f"mistakes found that move their array by more than {SHOWS} ulps; {total['named']:,} of {total['with_id']:,} "
        f"named, {total['misnamed']} misnamed.",
    )


def blocks(data: dict) -> list:
    """Return the counts, and every check that was not as it should be."""
    rows = [{"group": group, **row} for group, row in data["counts"].items()]
    notable = [c for c in data["checks"] if _notable(c)]
    return [
        Table("counts", "By framework and type", COUNTS, rows),
        Table("notable", "Cases to look at", CASES, notable, brief=SHOWN),
    ]


def _notable(check):
    if check["mistake"] is None:
        return not check["ok"]
    shows = isinstance(check["moved"], str) or check["moved"] > SHOWS
    return (shows and not check["found"]) or (
        check["found"] and check["id"] and check["id"] not in check["ids"]
    )


def _outcome(check):
    said = ", ".join(f"{n} {s}" for n, s in check["statuses"].items() if s != "agree")
    return f"{said or 'all agree'}{'; named ' + ', '.join(check['ids']) if check['ids'] else ''}"


COUNTS = [
    *words(type="group"),
    Column("right", "right"),
    Column("called wrong", "wrong"),
    Column("not known", "unknown"),
    Column("mistakes that show", "shown"),
    Column("found", "found"),
    Column("with an id", "with_id"),
    Column("named", "named"),
    Column("misnamed", "misnamed"),
]
CASES = [
    *words(kernel="kernel", framework="framework", type="dtype", mistake=lambda c: c["mistake"] or "right"),
    Column("scale", "scale", figure("g")),
    Column("ulps", "moved", figure(".3g")),
    *words(outcome=_outcome),
]
