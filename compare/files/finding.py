"""Find what to check in a user's module: the function, and the arrays to call it with."""

import copy
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..common.errors import UserError
from ..common.late import Late
from ..user.forms import Recognised, recognised
from ..user.forms.choosing import namesakes
from ..user.forms.passes import called_as_is
from ..user.forms.roles import contradicted, is_gradient, is_loss
from . import notebook
from .callables import METHODS, called, instance, plausible, takes
from .lacking import BATCH, PARAMS, absent, advice, first, lacking, signature_of
from .raised import NoAnswerError

if TYPE_CHECKING:
    from ..user.forms import adapter, cells
    from ..user.forms import drawn as drawing
    from ..user.forms.adapter import Adapter
    from ..user.forms.space import Space
else:
    adapter, cells, drawing = (Late(f"compare.user.forms.{name}") for name in ("adapter", "cells", "drawn"))


@dataclass(frozen=True)
class Found:
    """A function to check, hand(params, x, y), and its inputs.

    adapter: what calls the user's code as such a function, where it has another form.
    """

    hand: Any
    name: str
    params: Any
    x: Any
    y: Any
    adapter: "Adapter | None" = None


def find(module: ModuleType, function: str | None = None, inputs: Iterable[Any] | None = None) -> Found:
    """Return the Found of a module, see `_find`; where it has none because data is missing, raise what that raised."""
    missing = vars(module).get("__missing__")
    try:
        return _find(module, function, inputs)
    except UserError:
        if missing is None:
            raise
        if missing.__traceback__ is None:  # an import, which raised nothing
            raise NoAnswerError("raised", f"your code raised {type(missing).__name__}: {missing}") from None
        raise missing from None


def _find(module: ModuleType, function: str | None, inputs: Iterable[Any] | None) -> Found:
    """Return the Found of a module: the named or the one plausible function, and `example()` or the module's arrays.

    A function (params, x, y) comes first; then the other forms, see `forms`. inputs: (params, x, y) instead of the
    module's, for a function of that form. Raises UserError with what was found, and three lines to paste.
    """
    given = _inputs(module) if inputs is None else tuple(inputs)
    other = _otherwise(module, function, given) if inputs is None else None
    if inputs is None and given is None:
        given = _inputs(module)  # the cells of a notebook may have been run
    if other is not None and other.adapters:
        return as_found(other.adapters[0])
    space = None if other is None else other.space
    if function:
        return _named(module, function, given, space)
    candidates = plausible(module) or _of_two(module)
    if len(candidates) != 1:
        what = "no function (params, x, y)" if not candidates else "several that could be meant"
        several = f": {', '.join(sorted(candidates))}; say which: FILE:NAME" if candidates else ""
        raise UserError(lacking(module, f"{what}{several}", False, space) + _commands(module, candidates))
    ((name, hand),) = candidates.items()
    given = given or _without_targets(module, hand)
    if given is None:
        owner_params = getattr(hand, "params", None)
        missing = "no x and y" if owner_params is not None else absent(module)
        named = inspect.isfunction(hand) and next(iter(inspect.signature(hand).parameters), "") not in PARAMS
        raise UserError(lacking(module, missing, space=space if named else None))
    return Found(called(hand, name, _count(hand, given)), name, *given)


def _otherwise(module: ModuleType, function: str | None, given: tuple[Any, ...] | None) -> Recognised | None:
    """Return what was recognised of a module in another form than (params, x, y); None where it has that one.

    Raises UserError where two readings are possible.
    """
    name, value = function, None if function is None else getattr(module, function, None)
    if function is None:
        candidates = plausible(module)
        if len(candidates) > 1:
            return None
        name, value = next(iter(candidates.items()), (None, None))
    if (
        name is not None
        and value is not None
        and given is not None
        and not _other_form(module, name, value, given)
    ):
        return None
    known = set(vars(module))
    found = recognised(module, function)
    rest = _not_run(module, given)
    drawn = any(n.startswith(drawing.DRAWN) for a in found.adapters for n in a.notes)
    if (drawn or not found.adapters) and rest is not None:
        made = {n: vars(module).pop(n) for n in set(vars(module)) - known}
        try:
            rest()
        except (Exception, SystemExit) as error:
            if not drawn and not isinstance(error, SystemExit):
                raise
        now = _inputs(module)
        own = [*plausible(module).items()] if function is None and now is not None else []
        if now is not None and len(own) == 1 and not _other_form(module, *own[0], now):
            return None
        again = recognised(module, function)
        if drawn and not again.adapters:
            vars(module).update(made)
        else:
            found = again
    if len(found.adapters) > 1:
        raise UserError(_readings(module, found.adapters))
    return found


def _not_run(module: ModuleType, given: tuple[Any, ...] | None) -> Callable[[], None] | None:
    """Return what runs the rest of a file: the cells of a notebook, or what a script does when it is the program."""
    path, main = Path(str(module.__file__)), vars(module).pop("__main__", None)
    if path.suffix != ".ipynb" or given is not None:
        return main

    def run() -> None:
        texts = [(f"{path}, cell {i}", notebook.without_magics(text)) for i, text in notebook.cells(path)]
        vars(module)["__loop__"] = cells.run_cells(module, texts)

    return run


def _commands(module: ModuleType, names: Iterable[str]) -> str:
    """Return the command for each of several names."""
    return "".join(f"\n  threeways check {module.__file__}:{name}" for name in sorted(names))


def _has_loss(function: Callable[..., Any], given: tuple[Any, ...]) -> bool:
    """Return whether a call (params, x, y) returns a loss and gradients; the check reports a call that raises."""
    try:
        result = function(*copy.deepcopy(given))
    except Exception:
        return True
    if isinstance(result, dict):
        return any(is_loss(str(key)) for key in result)
    return isinstance(result, (tuple, list)) and any(adapter.is_scalar(value) for value in result)


def _other_form(module: ModuleType, name: str, value: Any, given: tuple[Any, ...]) -> bool:
    """Return whether a function's name and arguments say that it is not (params, x, y) -> (loss, gradients)."""
    if inspect.isfunction(value):
        functions = [n for n, v in vars(module).items() if inspect.isfunction(v) and n != name]
        losses = [n for n in functions if is_loss(n)] or (is_gradient(name) and namesakes(functions, name))
        if not takes(value) or contradicted(value):
            return True
        return bool(losses and not is_loss(name)) and not _has_loss(value, given)
    if hasattr(value, "loss_and_grads"):
        return not called_as_is(value)
    method = next((getattr(value, m) for m in METHODS if hasattr(value, m)), None)
    if method is None:
        return True
    return contradicted(method) if takes(method) else not (hasattr(value, "params") and takes(method, 2))


def as_found(adapter: "Adapter") -> Found:
    """Return what an adapter calls as hand(params, x, y)."""
    batch = adapter.batch
    return Found(adapter.hand, adapter.name, adapter.params, batch.get("x"), batch.get("y"), adapter)


def _readings(module: ModuleType, found: "list[Adapter]") -> str:
    """Return the message that lists the command for each of several readings."""
    file = module.__file__
    lines = [f"  threeways check {file}:{a.name}   # {a.taken}" for a in found]
    return "\n".join([f"{Path(str(file)).name} can be read in {len(found)} ways; say which:", *lines])


def _named(
    module: ModuleType, function: str, given: tuple[Any, ...] | None, space: "Space | None" = None
) -> Found:
    value: Any = module
    for part in function.split("."):
        if not hasattr(value, part):
            raise UserError(lacking(module, f"no {function!r}", paste=False))
        value = getattr(value, part)
        value = instance(value, function) if inspect.isclass(value) else value
    given = given or _without_targets(module, value)
    if given is None:
        raise UserError(lacking(module, absent(module)))
    if space is not None and inspect.isfunction(value) and contradicted(value):
        said = f"{function}{signature_of(value)} is no function (params, x, y), as its arguments are named"
        raise UserError("\n".join([f"{said}, and in no other form that was tried.", *advice(space)]))
    return Found(called(value, function, _count(value, given)), function, *given)


def _inputs(module: ModuleType) -> tuple[Any, ...] | None:
    """Return (params, x, y) from example() or the module's own names; None where one is missing."""
    if callable(getattr(module, "example", None)):
        given = module.example()
        if not isinstance(given, tuple) or len(given) != 3:
            raise UserError(f"example() returned {type(given).__name__}: the tuple (params, x, y) is needed")
        return given
    values = [first(module, names) for names in (PARAMS, *BATCH.values())]
    return None if any(v is None for v in values) else tuple(values)


def _without_targets(module: ModuleType, function: Any) -> tuple[Any, ...] | None:
    """Return (params, x, None) for a function (params, x) in a module that has these; else None."""
    params, x = first(module, PARAMS), first(module, BATCH["x"])
    two = inspect.isfunction(function) and takes(function, 2) and not takes(function, 3)
    named = two and next(iter(inspect.signature(function).parameters)) in PARAMS
    return (params, x, None) if named and params is not None and x is not None else None


def _of_two(module: ModuleType) -> dict[str, Any]:
    """Return {name: function (params, x)} of a module without targets, such as an autoencoder's."""
    own = {n: v for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__}
    return {n: v for n, v in own.items() if _without_targets(module, v) is not None}


def _count(function: Any, given: tuple[Any, ...]) -> int:
    """Return how many arguments a function takes: 2 only where it takes no more and there is no y."""
    two = given[2] is None and inspect.isfunction(function) and not takes(function, 3)
    return 2 if two else 3
