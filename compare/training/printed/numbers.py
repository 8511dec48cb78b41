"""Compare printed numbers, digit by digit, with what three ways compute."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...common.results import Displayed, environment
from ..contenders import training_process
from .ways import WAYS, Way

FILE = Path(__file__).with_name("printed.toml")
SINGLE = 4 * float(np.finfo(np.float32).eps)  # relative: rounding of a few operations in single precision
DOUBLE = 64 * float(np.finfo(np.float64).eps)  # of a number printed to more digits than the format holds
NEEDS = {"numpy": "autograd", "torch": "torch", "jax": "jax"}
VERDICTS = ("reproduced", "source wrong", "not reproduced")


@dataclass(frozen=True)
class Printed(Displayed):
    """The result of `threeways run --published`.

    rows: {source, what, printed, computed: {way: numbers}, verdict, right, why}.  counts: {verdict: printed numbers}.
    sources: {name: {title, where}}.  ways: those that were run.  absent: those whose package is not installed.
    """

    schema: str
    environment: dict[str, Any]
    ways: list[str]
    absent: list[str]
    counts: dict[str, int]
    sources: dict[str, dict[str, str]]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """Return 1 where a printed number is neither reproduced nor known to be wrong, else 0."""
        return int(bool(self.counts["not reproduced"]))


def printed(progress: Callable[[int, int], Any] | None = None) -> Printed:
    """Compute every printed number in each way that is installed."""
    ways = [name for name in WAYS if find_spec(NEEDS[name]) is not None]
    sources = read()
    rows: list[dict[str, Any]] = []
    with training_process(ways):
        made = [Way(name) for name in ways]
        for done, (name, source) in enumerate(sources.items(), start=1):
            module, _, function = source["of"].partition(":")
            compute = getattr(import_module(f".{module}", __package__), function)
            computed = {way.name: compute(way) for way in made}
            for what, entry in source["numbers"].items():
                rows.append(judged(name, what, entry, computed, bool(source.get("float32"))))
            if progress:
                progress(done, len(sources))
    return Printed(
        schema="threeways/printed/1",
        environment=environment(),
        ways=ways,
        absent=[name for name in WAYS if name not in ways],
        counts={v: sum(len(numbers(r["printed"])) for r in rows if r["verdict"] == v) for v in VERDICTS},
        sources={name: {k: s[k] for k in ("title", "where")} for name, s in sources.items()},
        rows=rows,
    )


@cache
def read() -> dict[str, dict[str, Any]]:
    """Return the sources of printed.toml."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def judged(
    source: str, what: str, entry: str | dict[str, str], computed: dict[str, dict[str, Any]], single: bool
) -> dict[str, Any]:
    """Return the row of one entry: whether each way computes it to all printed digits, or the number said right."""
    held = entry if isinstance(entry, dict) else {"printed": entry}
    found = {way: np.ravel(values[what]).astype(float) for way, values in computed.items()}
    right = held.get("right")
    meets = {
        text: all(same(text, each, single) for each in found.values())
        for text in (held["printed"], right)
        if text
    }
    if right is None:
        verdict = "reproduced" if meets[held["printed"]] else "not reproduced"
    else:
        verdict = "source wrong" if meets[right] and not meets[held["printed"]] else "not reproduced"
    return {
        "source": source,
        "what": what,
        "printed": held["printed"],
        "computed": found,
        "verdict": verdict,
        "right": right,
        "why": held.get("why"),
    }


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, each as it is written."""
    return re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", text)


def same(text: str, values: np.ndarray, single: bool = False) -> bool:
    """Return whether each value, rounded to the digits that are written, is the number that is written."""
    written = numbers(text)
    if len(written) != values.size:
        return False
    for number, value in zip(written, values, strict=True):
        exponent = Decimal(number).as_tuple().exponent
        assert isinstance(exponent, int)
        # A whole number with a point, 27. or 108.0, is printed so because no more digits follow.
        exact = number.rstrip("0").endswith(".")
        half = 0.0 if exact else 0.5 * 10.0**exponent
        room = half * (1 + 1e-9) + (SINGLE if single else DOUBLE) * max(
            abs(float(number)), 1.0 if exact else 0.0
        )
        if not abs(value - float(number)) <= room:
            return False
    return True
