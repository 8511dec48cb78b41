"""A second point for a file whose parameters are 0 or 1: there, a wrong use of them may have no effect.

At a = 0 every multiple of a is right, at a = 1 every power of it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..common.arrays import flatten, unflatten
from ..judge.report import Report
from ..user.on_tensors import as_given

SCALE = 0.1  # of the drawn values


def also_elsewhere(params: Any, check: Callable[[Any, dict[str, Any]], Report], name: str) -> Report:
    """Check at the file's parameters, and at drawn values for those of zeros and ones.

    Return the first report, or the second where it alone is wrong.

    check: (params, what a report says besides) -> Report.  name: of the parameters in the user's file.
    """
    flat = flatten(params)
    plain = [
        n for n, a in flat.items() if a.dtype.kind == "f" and a.size and np.isin(np.abs(a), (0, 1)).all()
    ]
    if not plain:
        return check(params, {})
    ones = any(flat[n].any() for n in plain)
    told = {"drawn": plain, "drawn_from": "0 or 1" if ones else "0"} | _told(params, plain, name)
    other = check(_drawn(params, plain), told)
    own = check(params, {"drawn_too": plain} if other.ok else {})
    return other if own.ok and other.exit_code == 1 and not own.about.get("intermediate") else own


def _drawn(params: Any, plain: list[str]) -> Any:
    rng = np.random.default_rng(0)
    flat = {
        n: a + SCALE * rng.normal(size=a.shape).astype(a.dtype) if n in plain else a
        for n, a in flatten(params).items()
    }
    return as_given(unflatten(flat, params), params)


def _told(params: Any, plain: list[str], name: str) -> dict[str, Any]:
    """Return the statements that draw the same values, for a report; of other nests than a dict of arrays none."""
    if not _keys(params):
        return {"repeatable": False, "elsewhere": []}
    lines = ["rng = np.random.default_rng(0)"]
    for each in plain:
        place = f"{name}[{each!r}]" if isinstance(params, dict) else name
        drawn = f"{place} + {SCALE} * rng.normal(size={place}.shape)"
        lines.append(
            f"{name} = {{**{name}, {each!r}: {drawn}}}" if isinstance(params, dict) else f"{name} = {drawn}"
        )
    return {"elsewhere": lines}


def _keys(params: Any) -> bool:
    """Return whether the parameters are one array, or a dict of arrays under names."""
    arrays = params.values() if isinstance(params, dict) else [params]
    return all(isinstance(a, np.ndarray) for a in arrays)
