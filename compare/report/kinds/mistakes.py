"""The bench of the checker: how many planted mistakes it finds, places and names, and how often it is wrong."""

from ..blocks import Column, Headline, Notes, Table, words

HEADING = "The bench"
OUTCOMES = ("cases", "found", "placed", "named")
SHOWN = range(12)  # cases to look at, in the terminal


def verdict(data: dict) -> Headline:
    """How many planted mistakes were found and named, and how many correct networks were called wrong."""
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
    """By floating type, by mistake, and every case that was not as it should be."""
    headings = ("planted", *OUTCOMES[1:], "correct", "called wrong", "inconclusive")
    keys = (*OUTCOMES, "correct", "false_alarms", "inconclusive")
    rows = [[dtype, *(row[key] for key in keys)] for dtype, row in data["by_dtype"].items()]
    columns = [Column("", numeric=False), *map(Column, headings)]
    s = data["sizes"]
    cases = words("case", "floating type", "verdict", "where", "first array that is off")
    return [
        Table("by-dtype", "By floating type", columns, rows),
        _by_id(data["by_id"]),
        Table("notable", "Cases to look at", cases, list(map(_case, data["notable"])), brief=SHOWN),
        Notes(
            [
                f"{s['networks']} networks for each mistake; {s['architectures']} architectures x {s['draws']} "
                f"draws; seed {s['seed']}; {data['seconds']:.0f} s"
            ]
        ),
    ]


def _by_id(by_id):
    """One row for each mistake; the terminal shows those that were not all found, placed and named."""
    each = [(id, dtype, r) for id, row in by_id.items() for dtype, r in row.items() if isinstance(r, dict)]
    weak = [min(r[key] for key in OUTCOMES[1:]) < r["cases"] for *_, r in each]
    rows = [
        [id, dtype, "not all" if less else "all", *(r[key] for key in OUTCOMES)]
        for (id, dtype, r), less in zip(each, weak, strict=True)
    ]
    tones = {k: "inconclusive" if less else "right" for k, less in enumerate(weak)}
    columns = [*words("mistake", "floating type", "status"), *map(Column, ("planted", *OUTCOMES[1:]))]
    brief = [k for k, less in enumerate(weak) if less]
    return Table("by-id", "By mistake", columns, rows, tones, keys=2, brief=brief)


def _case(row):
    keys = ("architecture", "draw", "network", "layers")
    where = ", ".join(f"{key} {row[key]}" for key in keys if key in row)
    off = row["off"][0] if row.get("off") else {}
    noise = f"; noise {float(off['noise']):.0e}" if off.get("noise") is not None else ""
    first = f"{off['name']}{noise}" if off else None
    return [row.get("id") or row.get("kind"), row.get("dtype"), row.get("verdict"), where, first]
