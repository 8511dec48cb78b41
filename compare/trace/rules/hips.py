"""Rules of HIPS autograd, where it is installed."""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.tape import Operation
from .common import Found, summed_to, wanted
from .differenced import differenced

# Its rules that are not used: they are wrong, or do not run on plain arrays with NumPy 2. tests/compare/trace/
# test_rules.py compares those that are used with differences.
UNUSED = {"eig"}  # its derivative is complex


def borrowed(function: Any) -> Any:
    """Return HIPS autograd's rule of a NumPy function, or None."""
    module, name = getattr(function, "__module__", "") or "", getattr(function, "__name__", "")
    if not module.startswith("numpy") or name in UNUSED:
        return None
    try:
        import autograd.numpy as anp
        from autograd.core import primitive_vjps
    except ImportError:
        return None
    place = anp.linalg if module == "numpy.linalg" else anp.fft if module == "numpy.fft" else anp
    return primitive_vjps.get(getattr(place, name, None))


def by_autograd(rule: Any, operation: Operation, gs: list[Array | None]) -> Found:
    """Apply a rule of autograd's."""
    args, kwargs = operation.arguments()
    numbers = tuple(i for i, a in enumerate(operation.args) if wanted(a))
    results = [w.array for w in operation.writes]
    cotangents = [
        np.zeros(np.shape(r)) if g is None else np.asarray(g) for r, g in zip(results, gs, strict=True)
    ]
    try:
        if len(results) == 1:
            parts = rule(numbers, results[0], args, kwargs)(cotangents[0])
        else:
            parts = rule(numbers, tuple(results), args, kwargs)(tuple(cotangents))
        found = [np.asarray(p, np.float64) for p in parts]
    except Exception:  # an option that its rule does not know
        yield from differenced(operation, gs)
        return
    for i, part in zip(numbers, found, strict=True):
        value = operation.args[i]
        yield value, summed_to(part, np.shape(value.array))  # its rule of cross does not undo broadcasting
