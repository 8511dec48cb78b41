"""A loaded file: the derivative of its loss by the value of each line."""

import warnings
from dataclasses import replace
from types import ModuleType

from ..checks.derivatives import Derivatives, derivatives
from .guard import Guard
from .loading import find


def judge(module: ModuleType, guard: Guard, function: str | None = None) -> Derivatives:
    """Return the Derivatives of `function` of a module, or of the one function it has."""
    with guard:
        found = find(module, function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the function is called at other parameters too
        result = derivatives(guard.around(found.hand), found.params, found.x, found.y)
    return replace(result, function=found.name)
