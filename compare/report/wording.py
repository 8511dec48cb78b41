"""Numbers and lists in words."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from ..common.results import number
from ..common.statuses import PASSES, UNKNOWN

WIDTH = 100


def figure(form: str) -> Callable[[Any], str]:
    """Return a formatter for numbers of the plain form: figure(".1e")("nan") -> 'nan'."""
    return lambda value: format(number(value), form)


def percent(value: Any, digits: int = 2) -> str:
    """0.9083 -> '90.83 %'; None -> '-'."""
    return "-" if value is None else f"{100 * number(value):.{digits}f} %"


def duration(seconds: Any) -> str:
    """0.00123 -> '1.23 ms': three figures and a unit; None -> '-'."""
    if seconds is None:
        return "-"
    seconds = number(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= 0.9995 * scale:
            return f"{figures(seconds / scale)} {unit}"
    return f"{figures(seconds / 1e-9)} ns"


def figures(value: float) -> str:
    """Three figures of a number, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def about(value: Any) -> str:
    """265924 -> '266,000'"""
    value = number(value)
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def span(interval: dict, form: Callable[[Any], str]) -> str:
    """{"median": 2.38, "low": 2.31, "high": 2.41} -> '2.38 [2.31, 2.41]'"""
    return f"{form(interval['median'])} [{form(interval['low'])}, {form(interval['high'])}]"


def times_as_fast(one: str, ratio: dict, other: str) -> str:
    """'jax.jit is 2.38 times as fast as jax [2.31, 2.41]'"""
    median, low, high = (figures(number(ratio[key])) for key in ("median", "low", "high"))
    return f"{one} is {median} times as fast as {other} [{low}, {high}]"


def count(number: int, noun: str, plural: str = "s") -> str:
    """'1 thread', '2 threads'"""
    return f"{number} {noun}" + ("" if number == 1 else plural)


def listed(names: Sequence[str]) -> str:
    """'hand, torch and jax'"""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def settings(values: dict) -> str:
    """{"rate": 0.1, "width": 30} -> 'rate 0.1, width 30'"""
    return ", ".join(f"{key} {setting(value)}" for key, value in values.items())


def setting(value: Any) -> str:
    """0.1 -> '0.1', 'relu' -> 'relu'"""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def boxed(sandbox: str | None, what: str) -> list[str]:
    """Say what foreign code ran in, if it is known: sandbox is "bubblewrap", or "none" with the reason."""
    if sandbox is None:
        return []
    if sandbox.startswith("none"):
        return [f"No sandbox{sandbox[4:]}: the {what} could read your files and use the network."]
    return [f"The {what} ran in {sandbox}."]


def stop(text: str) -> str:
    """A sentence with its full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def clipped(text: str, most: int) -> str:
    """Return the text with at most `most` characters; " ..." replaces the rest."""
    return text if len(text) <= most else text[: most - 4].rstrip() + " ..."


def wrapped(text: str, indent: str = "  ") -> list[str]:
    """Return the lines of a text in at most WIDTH columns; what goes on is indented. Nothing moves a cursor."""
    printable = ("".join(c if c.isprintable() else " " for c in line) for line in text.splitlines())
    return [piece for line in printable for piece in textwrap.wrap(line, WIDTH, subsequent_indent=indent)]


def change(before: str, after: str, width: int = WIDTH - 6) -> str:
    """Return two texts as the lines of a change; long ones are cut to what surrounds the difference."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) == len(new) == 1 and max(len(before), len(after)) > width:
        same = next(
            (k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
            min(len(before), len(after)),
        )
        old, new = [_window(before, same, width)], [_window(after, same, width)]
    return "\n".join([*(f"- {line}" for line in old), *(f"+ {line}" for line in new)])


def _window(text: str, at: int, width: int) -> str:
    start = max(0, at - width // 3)
    shown = text[start : start + width - 8]
    return f"{'... ' if start else ''}{shown}{' ...' if start + len(shown) < len(text) else ''}"


def tone(status: str) -> str:
    """Return the colour of a verdict's status."""
    return "right" if status in PASSES else "inconclusive" if status in UNKNOWN else "wrong"


def shape_of(verdict: dict) -> str | None:
    """Return '30 × 64', or 'scalar', of a verdict's array."""
    shape = verdict.get("shape")
    return None if shape is None else " × ".join(map(str, shape)) or "scalar"
