"""An object, a list of layers or a method given in Python, read as the command reads one in a file."""

import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

from ...common.errors import UserError
from . import objects
from .adapter import Adapter
from .passes import methods
from .roles import INPUTS, TARGETS
from .slots import is_object, pairs, roots
from .snapshot import snapshot
from .space import Space

NAME = "net"


def of_object(given: Any, x: Any = None, y: Any = None) -> Adapter:
    """Return how a copy of an object is called as hand(params, x, y); without x, a batch is drawn to fit its weights.

    given: an object, a class whose objects need no arguments, a list of layers, or one of its methods. Functions of
    the class's module may be its loss. Raises UserError where no pass gives a loss and gradients.
    """
    given, method = (given.__self__, given.__name__) if inspect.ismethod(given) else (given, "")
    if inspect.isclass(given):
        try:
            given = given()
        except TypeError as error:
            raise UserError(
                f"{given.__name__} is a class that needs arguments ({error}): give an object"
            ) from error
    kind = type(given[0]) if isinstance(given, (list, tuple)) and given else type(given)
    if not is_object(given if kind is type(given) else given[0]):
        raise UserError(
            "params is missing: check_gradients(function, params, x, y), or check_gradients(net, x=x, y=y) with an "
            "object that keeps its parameters"
        )
    module = sys.modules.get(kind.__module__)
    own = {} if module is None else vars(module)
    name = next((n for n, v in own.items() if v is given and not n.startswith("_")), NAME)
    names = {n: v for n, v in own.items() if n not in (INPUTS + TARGETS if x is not None else ())}
    others = [n for n, v in roots(snapshot({}, "") if module is None else module).items() if v is not given]
    names = {n: v for n, v in names.items() if n not in others or not pairs({n: v})}
    copied = snapshot(names | {name: given}, kind.__module__, str(getattr(module, "__file__", "")))
    vars(copied).update({n: v for n, v in (("x", x), ("y", y)) if v is not None})
    space = Space(copied)
    wanted = f"{name}.{method}" if method else name
    found = next(objects.adapters(space, wanted), None)
    if found is None:
        raise UserError(_lacking(space, name, vars(copied)[name], kind))
    return found


def _lacking(space: Space, name: str, value: Any, kind: type) -> str:
    """Return what was found in an object, and what it needs to be checked."""
    for target, error in reversed(space.raised):
        if target.startswith(f"{name}."):
            where = traceback.extract_tb(error.__traceback__)[-1]
            line = f"{Path(where.filename).name}, line {where.lineno}"
            return f"{target} raised {type(error).__name__}: {error} ({line})"
    own = ", ".join(methods(value)) or "none"
    held = ", ".join(vars(value)) if is_object(value) else f"layers of {kind.__name__}"
    return (
        f"no pass through {kind.__name__} gives a loss and gradients. Its methods: {own}; "
        f"it keeps: {held or 'nothing'}.\n"
        "Needed are a loss, which a method or a function of its file returns, and a backward pass that returns the "
        "gradients or keeps each beside its parameter (self.dW1 of self.W1)."
    )
