"""The derivative of each operation: from the cotangents of its results to those of its operands.

Most rules are here; those of linear algebra and contractions are HIPS autograd's. A function without a rule is
differenced, alone, where it is small and smooth.
"""

from typing import Any

import numpy as np

from ...common.arrays import Array
from ..recording.memory import Value
from ..recording.tape import Operation
from .common import Found, NoRuleError, summed_to
from .differenced import differenced
from .functions import FUNCTIONS, OF_SCIPY, SEVERAL
from .hips import borrowed, by_autograd
from .methods import METHODS
from .moves import MOVES, moved
from .ufuncs import of_ufunc

__all__ = ["NoRuleError", "cotangents", "summed_to"]


def cotangents(operation: Operation, gs: list[Array | None]) -> Found:
    """Yield (operand, its cotangent) of each operand that may depend on a parameter.

    gs: the cotangents of the results.  Raises NoRuleError.
    """
    function, method = operation.function, operation.method
    if method == "__call__":
        if isinstance(function, np.ufunc):
            return of_ufunc(operation, gs)
        return _of_function(function, operation, gs)
    rule = METHODS.get(method)
    return differenced(operation, gs) if rule is None else rule(operation, gs[0])


def _of_function(function: Any, operation: Operation, gs: list[Array | None]) -> Found:
    try:
        if function in MOVES:
            return moved(operation, gs)
        rule = FUNCTIONS.get(function) or _of_scipy(function)
        several = SEVERAL.get(function)
    except TypeError:  # no hash
        return differenced(operation, gs)
    direct = (*operation.args, *operation.kwargs.values())
    if sum(isinstance(a, Value) and a.active for a in direct) != sum(v.active for v in operation.reads):
        return differenced(operation, gs)  # some are in lists
    if rule is not None and len(gs) == 1:
        return rule(operation, gs[0])
    if several is not None:
        return several(operation, gs)
    foreign = (
        None
        if any(isinstance(a, Value) and a.active for a in operation.kwargs.values())
        else borrowed(function)
    )
    return differenced(operation, gs) if foreign is None else by_autograd(foreign, operation, gs)


def _of_scipy(function: Any) -> Any:
    module = getattr(function, "__module__", "") or ""
    return OF_SCIPY.get(function.__name__) if module.startswith("scipy.special") else None
