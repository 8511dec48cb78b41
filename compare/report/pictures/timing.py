"""Times: a step once warm, the first call in its parts, and when compiling has paid."""

import numpy as np

from ...common.results import number
from ..wording import duration
from . import (
    INK,
    PARTS,
    Picture,
    colour,
    drawing,
    figure,
    in_rows,
    logarithmic,
    power,
    seconds,
    strokes,
    with_interval,
)

LEDGER = {
    "compiler_import_s": "compiler's import",
    "trace_s": "trace",
    "lower_s": "lower",
    "compile_s": "compile",
    "toolchain_s": "C++",
    "rest_s": "rest",
}


def timing(contenders: list[dict], clock: str | None = "wall") -> Picture:
    """Draw one step once warm (a dot with its interval) and the first call (a ring), by contender; log scale."""
    timed = [c for c in contenders if (c.get("steady_s") or {}).get("median") is not None]
    with drawing():
        drawn = figure(0.36 * len(timed) + 1.0)
        axes = drawn.subplots()
        for row, contender in enumerate(timed):
            median = number(contender["steady_s"]["median"])
            first = paid(contender.get("ledger") or {}, clock)
            shown = colour(contender.get("framework"))
            if first is not None:
                axes.plot((median, first), (row, row), color=shown, linewidth=1.2, alpha=0.6)
                ring = {"markerfacecolor": "none", "markeredgecolor": shown, "markersize": 7}
                axes.plot(first, row, "o", **ring)
            with_interval(axes, contender["steady_s"], row, color=shown, markersize=7, capsize=4, linewidth=2)
        in_rows(axes, [c["name"] for c in timed])
        seconds(axes.xaxis)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        said = " (CPU seconds)" if clock == "cpu" else ""
        axes.set(xlabel=f"dot: one step once warm;  ring: the first call{said}")
    return Picture("timing", drawn, "Time of one training step and of the first call, for each contender")


def ledger(contenders: list[dict]) -> Picture | None:
    """Draw the first call in parts, as shares of it, for those that trace or compile; None where none does.

    Shares, since the totals (at the right) are too far apart for one scale.
    """
    rows = []
    for contender in contenders:
        for state, parts in (contender.get("ledgers") or {}).items():
            each = [number(parts.get(key) or 0.0) for key in LEDGER]
            if sum(each[1:5]) > 0:
                rows.append((contender["name"], state, each))
    if not rows:
        return None
    states = list(dict.fromkeys(state for _, state, _ in rows))
    rows.sort(key=lambda row: states.index(row[1]))
    several = len(states) > 1
    with drawing():
        drawn = figure(0.33 * len(rows) + 1.0)
        axes = drawn.subplots()
        shares = np.array([each for *_, each in rows])
        totals = shares.sum(axis=1)
        shares = shares / totals[:, None]
        left = np.zeros(len(rows))
        for share, name, fill in zip(shares.T, LEDGER.values(), PARTS, strict=True):
            if share.any():
                axes.barh(np.arange(len(rows)), share, left=left, color=fill, height=0.62, label=name)
            left += share
        for row, total in enumerate(totals):
            axes.text(1.015, row, duration(total), va="center")
        in_rows(axes, [f"{name}, {state}" if several else name for name, state, _ in rows])
        axes.set(xlim=(0, 1), xticks=[])
        axes.spines["bottom"].set_visible(False)
        columns = 3
        drawn.legend(loc="outside lower center", ncols=columns, handlelength=1, columnspacing=1.2)
    return Picture(
        "ledger", drawn, "What the first call of each compiled contender is spent on, as shares of it"
    )


def break_even(contenders: list[dict], pairs: list[dict], clock: str | None = "wall") -> Picture | None:
    """Draw the seconds from the first call on, over steps: where a static line crosses its dynamic one, it has paid.

    clock: "wall" or "cpu", that of the break-even: lines and marks are made of the same seconds. None without pairs.
    """
    by_name = {c["name"]: c for c in contenders if (c.get("steady_s") or {}).get("median") is not None}
    pairs = [p for p in pairs if p["static"] in by_name and p["dynamic"] in by_name]
    groups: dict[str, list[dict]] = {}
    for pair in pairs:
        groups.setdefault(pair["dynamic"], []).append(pair)
    if not groups:
        return None
    last = 10.0 ** np.ceil(np.log10(max([1e4, *(4 * n for p in pairs if (n := _steps(p)))])))
    steps = np.geomspace(1, last, 200)
    with drawing():
        drawn = figure(2.6 * len(groups) + 0.3)
        panels = drawn.subplots(len(groups), sharex=True, squeeze=False)[:, 0]
        for axes, (dynamic, group) in zip(panels, groups.items(), strict=True):
            names = [dynamic, *(p["static"] for p in group)]
            for name, (width, dash) in zip(names, strokes(), strict=False):
                how = {"linewidth": min(width, 2.4), "linestyle": dash, "label": name}
                shade = colour(by_name[name].get("framework")) if name != dynamic else INK
                axes.plot(steps, _total(by_name[name], steps, clock), color=shade, **how)
            for pair in group:
                _crossing(axes, by_name[dynamic], pair, clock)
            logarithmic(axes.xaxis, lambda n: f"{n:,.0f}" if n < 1e5 else power(n))
            seconds(axes.yaxis, subs=(1,))
            axes.set(
                title=f"{dynamic}, and what compiles it",
                ylabel="CPU seconds in all" if clock == "cpu" else "seconds in all",
            )
            axes.legend(loc="best")
        panels[-1].set(xlabel="steps, the first call counted")
    return Picture(
        "break-even", drawn, "Seconds in all over training steps: where compiling has paid is marked"
    )


def _crossing(axes, dynamic, pair, clock):
    count = _steps(pair)
    if count is None or count <= 1:
        return
    low, high = (number(pair["break_even_steps"][key]) for key in ("low", "high"))
    at = _total(dynamic, np.array([count]), clock)[0]
    axes.plot((max(low, 1), high), (at, at), color=INK, linewidth=2)
    axes.plot(count, at, "D", color=INK, markersize=6)
    said = f"{float(format(count, '.2g')):,.0f} steps "
    axes.annotate(said, (count, at), xytext=(8, -12), textcoords="offset points", fontsize=9)


def _steps(pair):
    found = (pair["break_even_steps"] or {}).get("median")
    return None if found is None else number(found)


def _total(contender, steps, clock):
    once = paid(contender.get("ledger") or {}, clock) or 0.0
    return once + (steps - 1) * number(contender["steady_s"]["median"])


def paid(calls: dict, clock: str | None) -> float | None:
    """Return the seconds before the second step by the clock of a result: the compiler's import and the first call."""
    once = "_cpu_s" if clock == "cpu" else "_s"
    first = calls.get(f"first{once}")
    return None if first is None else number(calls.get(f"compiler_import{once}") or 0) + number(first)
