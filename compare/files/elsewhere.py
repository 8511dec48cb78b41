"""A second point for a file whose parameters are 0: there, a wrong use of them has no effect."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..common.arrays import flatten, unflatten
from ..judge.report import Report

SCALE = 0.1  # of the drawn values


def also_elsewhere(params: Any, check: Callable[[Any, dict[str, Any]], Report], name: str) -> Report:
    """Check at the file's parameters, and at drawn values for those that are 0; return the first report, or the second
    where it alone is wrong.

    check: (params, what a report says besides) -> Report.  name: of the parameters in the user's file.
    """
    zero = [n for n, a in flatten(params).items() if a.dtype.kind == "f" and a.size and not a.any()]
    if not zero:
        return check(params, {})
    other = check(_drawn(params, zero), {"drawn": zero} | _told(params, zero, name))
    own = check(params, {"drawn_too": zero} if other.ok else {})
    return other if own.ok and other.exit_code == 1 and not own.about.get("intermediate") else own


def _drawn(params: Any, zero: list[str]) -> Any:
    rng = np.random.default_rng(0)
    flat = {
        n: SCALE * rng.normal(size=a.shape).astype(a.dtype) if n in zero else a
        for n, a in flatten(params).items()
    }
    return unflatten(flat, params)


def _told(params: Any, zero: list[str], name: str) -> dict[str, Any]:
    """Return the statements that draw the same values, for a report; of other nests than a dict of arrays none."""
    if not _keys(params):
        return {"repeatable": False, "elsewhere": []}
    lines = ["rng = np.random.default_rng(0)"]
    for each in zero:
        place = f"{name}[{each!r}]" if isinstance(params, dict) else name
        drawn = f"{SCALE} * rng.normal(size={place}.shape)"
        lines.append(
            f"{name} = {{**{name}, {each!r}: {drawn}}}" if isinstance(params, dict) else f"{name} = {drawn}"
        )
    return {"elsewhere": lines}


def _keys(params: Any) -> bool:
    """Return whether the parameters are one array, or a dict of arrays under names."""
    arrays = params.values() if isinstance(params, dict) else [params]
    return all(isinstance(a, np.ndarray) for a in arrays)
