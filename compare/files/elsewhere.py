"""A second point for a file whose parameters are 0: there, a wrong use of them has no effect."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..common.arrays import flatten, unflatten
from ..judge.report import Report

SCALE = 0.1  # of the drawn values
HIDES = "all biases are 0, which hides a wrong use of them: check with other values too"


def also_elsewhere(
    report: Report, params: Any, check: Callable[[Any, dict[str, Any]], Report], name: str
) -> Report:
    """Return the report, or where it is right and a parameter is 0, that at drawn values if it is wrong there.

    check: (params, what a report says besides) -> Report.  name: of the parameters in the user's file.
    """
    zero = [n for n, a in flatten(params).items() if a.dtype.kind == "f" and a.size and not a.any()]
    if not report.ok or not zero or report.about.get("intermediate"):
        return report
    rng = np.random.default_rng(0)
    flat = {
        n: SCALE * rng.normal(size=a.shape).astype(a.dtype) if n in zero else a
        for n, a in flatten(params).items()
    }
    keys, lines = _keys(params), ["rng = np.random.default_rng(0)"]
    for each in zero if keys else ():
        place = f"{name}[{each!r}]" if isinstance(params, dict) else name
        drawn = f"{SCALE} * rng.normal(size={place}.shape)"
        lines.append(
            f"{name} = {{**{name}, {each!r}: {drawn}}}" if isinstance(params, dict) else f"{name} = {drawn}"
        )
    told = {} if keys else {"repeatable": False}
    other = check(unflatten(flat, params), {**told, "elsewhere": lines})
    listed = f"{', '.join(zero)} {'is' if len(zero) == 1 else 'are'} 0"
    if other.exit_code == 1:
        where = f"{listed} in your file, where the mistake has no effect: these figures are at drawn values"
        return replace(other, warnings=[where, *(w for w in other.warnings if w != HIDES)])
    if other.ok:
        return replace(report, warnings=[w for w in report.warnings if w != HIDES])
    return report


def _keys(params: Any) -> bool:
    """Whether the parameters are one array, or a dict of arrays under names."""
    arrays = params.values() if isinstance(params, dict) else [params]
    return all(isinstance(a, np.ndarray) for a in arrays)
