"""Objects whose backward pass makes the step itself: with a learning rate of 1 the parameter moves by its gradient."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from .adapter import is_float
from .slots import Pair, is_object, short, slots
from .updates import names_in, updates_in


def updated_inside(value: Any) -> set[str]:
    """Return the attributes that an object's methods, or its layers', update with a learning rate.

    The learning rate is an argument of the method: it can be given as 1.
    """
    found: set[str] = set()
    kinds = {type(v) for v in ([value] if is_object(value) else value) if is_object(v)}
    kinds |= {type(v) for each in ([value] if is_object(value) else value) for v in _inside(each)}
    for kind in kinds:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        except (OSError, TypeError, SyntaxError):
            continue
        for method in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
            given = {a.arg for a in method.args.args[1:]}
            for update in updates_in(method.body):
                target = update.target
                own = (
                    isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and target.value.id == "self"
                )
                if (
                    own
                    and isinstance(target, ast.Attribute)
                    and update.rate
                    and names_in(update.statement) & given
                ):
                    found.add(target.attr)
    return found


def _inside(value: Any) -> list[Any]:
    """Return the objects in an object's lists: its layers."""
    held = vars(value).values() if is_object(value) else ()
    return [v for each in held if isinstance(each, (list, tuple)) for v in each if is_object(v)]


def stepped(found: Mapping[str, Any], attributes: set[str]) -> list[Pair]:
    """Return the parameters in the objects {name: object}: what moves is the gradient, as `before - after`.

    The values are copied: the pass changes them.
    """
    made = []
    for path, slot in slots(found).items():
        if slot.key in attributes and path == f"{slot.holder}.{slot.key}" and is_float(slot.value):
            name = short(slot, len(found) == 1)
            moved = f"params[{name!r}] - {path}"
            made.append(Pair(name, type(slot)(path, slot.holder, slot.key, copy.deepcopy(slot.value)), moved))
    return made


def restore(pairs: list[Pair], names: dict[str, Any]) -> None:
    """Put the parameters back as they were."""
    for pair in pairs:
        exec(f"{pair.slot.path} = value", names, {"value": copy.deepcopy(pair.slot.value)})
