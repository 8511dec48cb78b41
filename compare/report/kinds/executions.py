"""One step in every way that it can be executed: which leave the band of rounding, and why."""

from ...common.results import number
from ..blocks import Column, Headline, Notes, Table, words
from ..wording import listed, stop

HEADING = "One step, many executions"
LEGEND = (
    "Each number is the entry that is furthest from the float64 run of the same code, in rounding units of {dtype}; up "
    "to {gradient:.0f} of a gradient and {steps:.0f} after {many} steps is rounding."
)


def verdict(data: dict) -> Headline:
    """Say whether every execution computes the same step, and what the wrong ones do: a line each."""
    rows = [*data["rows"], *data["references"]]
    tried = [row for row in rows if row["ok"] is not None]
    wrong = [row for row in tried if not row["ok"]]
    if not tried:
        return Headline("inconclusive", "NOTHING", "No execution could be tried here.")
    if not wrong:
        many = len([row for row in data["rows"] if row["ok"]])
        said = "The one execution that was tried computes" if many == 1 else f"All {many} executions compute"
        return Headline("right", "SAME", f"{said} the same step, to rounding in {data['dtype']}.")
    return Headline("wrong", "WRONG", "\n".join(_sentence(row) for row in wrong))


def _sentence(row: dict) -> str:
    said, off = next((said, off) for said, off in _offs(row) if not _ok(off))
    entry = f"[{','.join(map(str, off['entry']))}]" if off["entry"] else ""
    what = "the loss" if off["array"] == "loss" else f"{off['array']}{entry}"
    values = f"{number(off['value']):.9g}, right {number(off['right']):.9g}"
    why = f" {row['fault']['sentence']}" if row["fault"] else ""
    return f"{row['name']}: {said} {what} is {values} ({_ratio(off)} units).{stop(why) if why else ''}"


def _offs(row: dict) -> list:
    found = [("in the gradient", row["gradient"]), ("in the gradient of a second batch", row["again"])]
    return [pair for pair in [*found, ("after the steps", row["steps"])] if pair[1]]


def _ok(off: dict) -> bool:
    return number(off["ratio"]) <= number(off["limit"])


def _ratio(off: dict | None) -> str:
    if not off:
        return "-"
    ratio = number(off["ratio"])
    return f"{ratio:.2g}" if ratio < 100 else f"{ratio:.1e}"


COLUMNS = [
    *words(execution="name"),
    *words(status=lambda row: "absent" if row["ok"] is None else "same" if row["ok"] else "WRONG"),
    Column("gradient", lambda row: row["gradient"], _ratio),
    Column("2nd batch", lambda row: row["again"], _ratio),
    Column("steps", lambda row: row["steps"], _ratio),
    *words(what_it_is="says"),
]


def blocks(data: dict) -> list:
    """Return the setting, a row for each execution, and what could not be tried."""
    about = (
        f"{data['network']} on {data['data']}; {data['optimizer']}, batch {data['batch']}, seed {data['seed']}, "
        f"{data['dtype']}; torch.compile by {data['backend']}"
    )
    absent = [f"{row['name']} is absent: {row['absent']}" for row in data["rows"] if row["absent"]]
    there = [row for row in data["rows"] if not row["absent"]]
    tone = lambda row: {True: "right", False: "wrong", None: "inconclusive"}[row["ok"]]  # noqa: E731
    found: list = [Notes([about, *data["notes"]]), Notes(absent, warning=True)]
    limits = [row for row in there if row["gradient"] and row["steps"]]
    if limits:
        first = limits[0]
        said = {"gradient": number(first["gradient"]["limit"]), "steps": number(first["steps"]["limit"])}
        found.append(Notes([LEGEND.format(dtype=data["dtype"], many=data["steps"], **said)]))
    found.append(Table("executions", "Each execution", COLUMNS, there, tone, titled=False))
    if data["references"]:
        agree = listed([row["name"] for row in data["references"] if row["ok"]])
        found.append(Notes([f"The judges agree with one another: {agree}."] if agree else []))
    return found
