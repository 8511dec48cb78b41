"""The bench of the checker: how many planted mistakes it finds, places and names, and how often it is wrong."""

from ..blocks import Column, Headline, Notes, Table, words

HEADING = "The bench"
SHOWN = range(12)  # cases to look at, in the terminal


def verdict(data: dict) -> Headline:
    """Count the planted mistakes that were found and named, and the correct networks called wrong."""
    rows = list(data["by_dtype"].values())
    planted, found, named, correct, alarms = (
        sum(row[key] for row in rows) for key in ("cases", "found", "named", "correct", "false_alarms")
    )
    failed = any(r["false_alarms"] or r["found"] < r["cases"] for r in rows)
    return Headline(
        "wrong" if failed else "right",
        "",
        f"{found:,} of {planted:,} planted mistakes found, {named:,} of them named; "
        f"{alarms:,} of {correct:,} correct networks called wrong.",
    )


def blocks(data: dict) -> list:
    """Return tables by floating type and by mistake, and every case that was not as it should be."""
    s = data["sizes"]
    done = (
        f"{s['networks']} networks for each mistake; {s['architectures']} architectures x {s['draws']} draws; "
        f"seed {s['seed']}; {data['seconds']:.0f} s"
    )
    by_dtype = [{"dtype": dtype, **counts} for dtype, counts in data["by_dtype"].items()]
    by_id = [
        {"id": id, "dtype": dtype, **counts}
        for id, row in data["by_id"].items()
        for dtype, counts in row.items()
        if isinstance(counts, dict)
    ]
    weak = [k for k, row in enumerate(by_id) if _weak(row)]
    return [
        Table("by-dtype", "By floating type", BY_DTYPE, by_dtype),
        Table("by-id", "By mistake", BY_ID, by_id, _tone, keys=2, brief=weak),
        Table("notable", "Cases to look at", CASES, data["notable"], brief=SHOWN),
        Notes([done]),
    ]


def _weak(row):
    return min(row[key] for key in ("found", "placed", "named")) < row["cases"]


def _tone(row):
    return "inconclusive" if _weak(row) else "right"


def _where(row):
    keys = ("architecture", "draw", "network", "layers")
    return ", ".join(f"{key} {row[key]}" for key in keys if key in row)


def _off(row):
    """Return the first array that was off, with its noise."""
    off = row["off"][0] if row.get("off") else None
    noise = f"; noise {float(off['noise']):.0e}" if off and off.get("noise") is not None else ""
    return off and f"{off['name']}{noise}"


COUNTS = [Column("planted", "cases"), *(Column(key, key) for key in ("found", "placed", "named"))]
JUDGED = {"correct": "correct", "called wrong": "false_alarms", "inconclusive": "inconclusive"}
BY_DTYPE = [*words(type="dtype"), *COUNTS, *(Column(heading, key) for heading, key in JUDGED.items())]
BY_ID = [
    *words(mistake="id", floating_type="dtype", status=lambda row: "not all" if _weak(row) else "all"),
    *COUNTS,
]
CASES = words(
    case=lambda row: row.get("id") or row.get("kind"),
    floating_type="dtype",
    verdict="verdict",
    where=_where,
    first_array_that_is_off=_off,
)
