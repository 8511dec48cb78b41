"""A built-in network's gradients, array by array: the verdict, the table, and a map of each array's error."""

from collections.abc import Sequence

from ...common.results import number
from ...common.statuses import PASSES
from ..blocks import PAGE, VERBOSE, Column, Headline, Heatmaps, Notes, Table, words
from ..pictures import later, power
from ..wording import figure, shape_of, tone

HEADING = "Gradients"
WITNESSES = ("torch", "torch fwd", "jax", "jax fwd", "manual", "numpy_loss", "adjoint", "numerical")
NAMES = {"hand": "by hand", "manual": "hand-written rules"}
SETTING = {"network", "batch", "data", "dtype"}
# Why a difference quotient can be off where three derivatives agree.
KINK = " (as where its step crosses a kink, or a tie under a maximum)"


def verdict(data: dict) -> Headline:
    """Say whether all arrays agree, and with what; else name the first that does not."""
    verdicts = data["verdicts"]
    off = [v for v in verdicts if v["status"] not in PASSES]
    candidate = data["about"].get("candidate")
    if candidate and data["diagnosis"] and (off or data["loss"]["status"] == "wrong"):
        return Headline("wrong", "WRONG", data["diagnosis"])
    if candidate and not off:
        others = [who for who in _frameworks(data) if who != candidate]
        said = f"All {len(verdicts)} gradients of {candidate} agree with {' and '.join(others)}."
        return Headline(
            "right", "RIGHT", said if others else f"All {len(verdicts)} gradients are those of the loss."
        )
    if data["loss"]["status"] == "wrong":
        return Headline("wrong", "WRONG", f"{data['loss']['reason']}: {data['loss']['hand']} by hand.")
    if not off:
        return Headline(
            "right", "RIGHT", f"All {len(verdicts)} arrays by hand agree with {_witnesses(data)}."
        )
    if all(v["status"] == "inconclusive" for v in off):
        return Headline("inconclusive", "NOT KNOWN", f"{off[0]['name']}: {off[0]['reason']}.")
    first = next(v for v in off if v["status"] != "inconclusive")
    rest = f" ({len(off)} of {len(verdicts)} arrays are off)" if len(off) > 1 else ""
    return Headline("wrong", "WRONG", f"{first['name']}: {first['reason']}{rest}.")


def blocks(data: dict) -> list:
    """Return what was compared, the table, the smallest error the check would catch, the maps."""
    about = data["about"]
    compared = "Compared: {network}; {batch} samples of {data}, {dtype}"
    absent = [f"{who} takes no part: {why}" for who, why in (about.get("absent") or {}).items()]
    return [
        Notes([compared.format_map(about)] if about.keys() >= SETTING else []),
        Notes([*about.get("notes", ()), *(about["assumed"] if "candidate" in about else ())]),
        Notes(absent, warning=True),
        Notes([*(w for w in data["warnings"] if w not in absent), *outvoted(data)], warning=True),
        Notes(reasons(data), level=PAGE),
        table(data, about.get("candidate", "hand")),
        Notes([footing(data)]),
        errors(data),
    ]


def table(data: dict, user: str) -> Table:
    """Return one row for each array: its status, and where its largest error is, each one's value."""
    verdicts = data["verdicts"]
    named = [name for name in WITNESSES if any(name in v["values"] for v in verdicts)]
    columns = [
        *words(array="name", status="status", worst_entry=lambda v: index(v["worst_index"])),
        *(Column({"hand": user}.get(who, who), f"values.{who}", digits=10) for who in ("hand", *named)),
        Column("rel. error", "error", figure(".1e"), short=figure(".0e")),
        Column("noise", "noise", figure(".0e"), level=VERBOSE),
        Column("units", "ratio", lambda value: power(number(value)), level=VERBOSE),
        Column("shape", shape_of, numeric=False, level=PAGE),
    ]
    return Table(
        "gradients",
        "Each array's worst entry",
        columns,
        verdicts,
        lambda v: tone(v["status"]),
        lambda v: v["reason"],
        titled=False,
    )


def errors(data: dict, user: str = "by hand") -> Heatmaps:
    """Return the maps of the error."""
    verdicts = data["verdicts"]
    return Heatmaps(
        later("maps.maps", verdicts, NAMES | {"hand": user}), later("heatmaps.heatmaps", verdicts)
    )


def footing(data: dict) -> str:
    """Say how small an error the check would have seen."""
    passed = [v for v in data["verdicts"] if v["status"] in PASSES]
    caught = [number(v["sensitivity"]) for v in passed if v["sensitivity"] is not None]
    worst = f" Smallest single-entry error this check would catch: {max(caught):.0e}" if caught else ""
    dtype = data["about"].get("coarsest") or data["about"].get("dtype", "float64")
    digits = {"float32": 7, "complex64": 7, "float16": 3, "bfloat16": 2}.get(dtype, 16)
    return f"{dtype} keeps about {digits} digits.{worst}"


def outvoted(data: dict) -> list[str]:
    """Name each witness that an array differs from though the others confirm it."""
    return [
        f"{remark}{KINK if 'numerical' in remark else ''}: {', '.join(names)}."
        for remark, names in _remarks(data).items()
    ]


def reasons(data: dict) -> list[str]:
    """Say why each array that does not simply agree has its status."""
    return [
        f"{v['name']} ({v['status']}): {v['reason']}." for v in data["verdicts"] if v["status"] != "agree"
    ]


def index(position: Sequence[int] | None) -> str | None:
    """[1, 2] -> '[1,2]'; '' of a number."""
    if not position:
        return None if position is None else ""
    return str(list(position)).replace(" ", "")


def _frameworks(data):
    """["torch", "jax"]: those that were asked"""
    return [name for name in ("torch", "jax") if any(name in v["errors"] for v in data["verdicts"])]


def _witnesses(data):
    """'torch, jax and numerical differences'"""
    verdicts = data["verdicts"]
    who = _frameworks(data)
    unseen = sum(len(names) for remark, names in _remarks(data).items() if "numerical" in remark)
    if not who:
        return "numerical differences"
    if unseen:
        return f"{' and '.join(who)}, {len(verdicts) - unseen} of them with numerical differences too"
    return f"{', '.join(who)} and numerical differences"


def _remarks(data):
    """{"numerical is off here": [names]}"""
    found: dict[str, list[str]] = {}
    for v in data["verdicts"]:
        remark = v["reason"].partition("; ")[2] if v["status"] == "agree" else ""
        if remark:
            found.setdefault(remark, []).append(v["name"])
    return found
