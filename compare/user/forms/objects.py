"""An object of the user's class, or a list of layers: parameters and gradients are its attributes, paired by name."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .adapter import Adapter, is_arrays, is_scalar, moves
from .calls import Chain, Output
from .choosing import nearest
from .drawn import DRAWN, batches
from .driving import driven, fits
from .losses import implied, losses, upstream
from .pairing import Pairs, elements, loss_of, paired, parameters
from .passes import FIRST, backwards, called_as_is, forwards, methods
from .roles import is_gradient, is_loss, role
from .slots import GRADIENTS, is_object, objects, outermost, pairs
from .space import Entry, Space
from .stepping import restore, stepped, updated_inside

Run = tuple[Chain, Output, Pairs | None]


def adapters(space: Space, wanted: str | None = None) -> Iterator[Adapter]:
    """Yield an adapter for each object of the module, or for the one that is wanted: NAME or NAME.METHOD."""
    able = _able(space)
    if not able:
        space = _made(space)
        able = _able(space)
    name, _, method = (wanted or "").partition(".")
    alone = {n: v for n, v in able.items() if n == name or type(v).__name__ == name} if name else able
    for each, value in alone.items():
        made = _adapter(space, each, value, method)
        if made is not None:
            yield made


def _able(space: Space) -> dict[str, Any]:
    """Return the objects that may be a network: an optimiser that holds one, or a loss, is none beside it."""
    found = {n: v for n, v in objects(space.module).items() if _drives(v)}
    return outermost({n: v for n, v in found.items() if not is_loss(type(v).__name__)} or found)


def _drives(value: Any) -> bool:
    """Return whether an object has a backward pass of its own; of a list of layers each has one."""
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(hasattr(v, "forward") and hasattr(v, "backward") for v in value)
    names = methods(value)
    return any(is_gradient(n) or is_loss(n) for n in names) and not called_as_is(value)


def _made(space: Space) -> Space:
    """Return the space with an object of each class that can be made without arguments, or of the module's values."""
    for name, kind in list(vars(space.module).items()):
        if not inspect.isclass(kind) or kind.__module__ != space.module.__name__:
            continue
        if not any(is_gradient(n) or is_loss(n) for n in vars(kind)):
            continue
        given = Chain(space).bound(kind)
        if given is None:
            continue
        call = ", ".join(s.source if isinstance(s, Entry) else s for _, s, _ in given)
        object_name = name.lower() if name.lower() not in vars(space.module) else f"the_{name.lower()}"
        try:
            space = space.with_values(
                [f"{object_name} = {name}({call})"], [f"{object_name} = {name}({call})"]
            )
        except Exception:
            continue
    return space


def _adapter(space: Space, name: str, value: Any, method: str) -> Adapter | None:
    if space.batch("x") is not None:
        made = _at(space, name, value, method)
        one = replace(space, one=True)
        beside = one.batch("x") is not space.batch("x")
        return _at(one, name, value, method) if made is None and beside else made
    first = None
    for lines in batches(space, name, value):
        try:
            drawn = space.with_values(lines, [f"{DRAWN}: {'; '.join(lines[1:])} was drawn"])
        except Exception:
            continue
        made = _at(drawn, name, value, method)
        if made is not None and fits(made):
            return made
        first = first or made
    return first


def _at(space: Space, name: str, value: Any, method: str) -> Adapter | None:
    still = None
    for chain, loss, returned in _runs(space, name, value, method):
        others = {n: v for n, v in _able(space).items() if v is not value}
        held = [] if returned is not None else pairs({name: value} | others)
        if returned is not None or held:
            made = driven(space, chain, loss, name, returned, held)
            if moves(made):
                return made
            still = still or made
    if still is not None:
        return still
    inside = updated_inside(value)
    return _stepping(space, name, value, method, inside) if inside else None


def _stepping(space: Space, name: str, value: Any, method: str, inside: set[str]) -> Adapter | None:
    """Return the adapter of an object whose backward pass makes the step, with a learning rate of 1."""
    note = "the gradient is what a step with a learning rate of 1 takes away"
    space = replace(space, unit=True, notes=(*space.notes, note))
    before = stepped({name: value}, inside)
    for chain, loss, _ in _runs(space, name, value, method):
        restore(before, vars(space.module))
        return driven(space, chain, loss, name, held=before) if before else None
    restore(before, vars(space.module))
    return None


def _runs(space: Space, name: str, value: Any, method: str) -> Iterator[Run]:
    """Yield each way to get a loss and gradients of an object; the gradients that are returned, or None."""
    own = [n for n in methods(value) if not method or n == method]
    direct = sorted([n for n in own if is_gradient(n) or is_loss(n)], key=lambda n: (n not in FIRST, n))
    for each in direct:
        chain = Chain(space)
        call = chain.call(f"{name}.{each}", getattr(value, each))
        loss = None if call is None else loss_of(call)
        if call is not None and loss is not None and (len(call.outputs) > 1 or isinstance(call.value, dict)):
            found = paired(elements(call, loss), _own(name, value), lambda p: False)
            if found is not None:
                yield chain, loss, found
    for forward in [*forwards(name, value), None]:
        for loss_name, function in [*losses(space, name, value), ("", None)]:
            for backward in backwards(name, value, method):
                made = _sequence(space, name, value, forward, (loss_name, function), backward)
                if made is not None:
                    yield made


def _sequence(
    space: Space,
    name: str,
    value: Any,
    forward: tuple[str, Callable[..., Any]] | None,
    criterion: tuple[str, Callable[..., Any] | None],
    backward: tuple[str, Callable[..., Any]],
) -> Run | None:
    chain = Chain(space)
    first = None
    if forward is not None:
        first = chain.call(*forward, result="out", only=space.batch("x"))
        if first is None:
            return None
    loss: Output | None = None
    loss_name, function = criterion
    if function is not None and loss_name != backward[0]:
        call = chain.call(loss_name, function, result="loss")
        loss = None if call is None else loss_of(call)
        if loss is None or not is_scalar(loss.value):
            return None
    back = chain.call(*backward)
    if back is None:
        known = [n for n, _ in losses(space, name, value)]
        for each, made in upstream(space, name, value, loss_name):
            if "." not in each and loss_name not in nearest(known, each):
                continue
            extra = chain.call(each, made, result="dout", named="dout")
            back = None if extra is None else chain.call(*backward)
            if back is not None:
                break
    if back is None:
        return None
    if loss is None and first is not None and is_scalar(first.value):
        loss = first.outputs[0]
    own = elements(back, loss)
    found = paired(own, _own(name, value), lambda p: False) if any(is_arrays(o.value) for o in own) else None
    if found is not None and not all(o.name for o in own) and pairs({name: value}):
        found = None  # what is returned is the derivative by the input; the gradients are attributes
    if loss is None and first is not None:
        loss = implied(space, chain, name, value, first)
    return None if loss is None else (chain, loss, found)


def _own(name: str, value: Any) -> list[Any]:
    """Return the parameters that are attributes: arrays, lists and dicts of them."""
    if not is_object(value):
        return []
    return parameters(
        Entry(n, f"{name}.{n}", v)
        for n, v in vars(value).items()
        if is_arrays(v) and role(n) != "x" and n not in GRADIENTS
    )
