"""The lines that drive an object: set its parameters, call its methods, collect loss and gradients."""

import copy
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...common.arrays import flatten
from .adapter import Adapter
from .calls import Call, Chain, Output
from .pairing import Pairs
from .roles import arguments
from .slots import Pair, objects
from .space import Entry, Space

ZEROING = re.compile(r"(zero|reset|clear)_?grad\w*", re.IGNORECASE)


def _line(call: Call, of: Callable[[Entry | str], str]) -> list[str]:
    """Write a call; the pass through a list of layers as a loop."""
    if not call.target.startswith("*"):
        return [call.line(of)]
    more = "".join(f", {of(s)}" for _, s in call.given[1:])
    layers, _, method = call.target[1:].rpartition(".")
    over = layers if method == "forward" else f"reversed({layers})"
    return [
        f"{call.result} = {of(call.given[0][1])}",
        f"for layer in {over}:",
        f"    {call.result} = layer.{method}({call.result}{more})",
    ]


def driven(
    space: Space,
    chain: Chain,
    loss: Output,
    name: str,
    returned: Pairs | None = None,
    held: Sequence[Pair] = (),
) -> Adapter:
    entries = {
        k: e
        for k in ("x", "y")
        if (e := space.batch(k)) is not None and e.name in {s.name for s in chain.entries}
    }
    sides = {e.name: k for k, e in entries.items()} if "x" in entries else {}
    if returned is not None:
        params, given, result = returned.params, returned.given, returned.result
        owned = [(returned.owner.source, "params")] if returned.owner else [
            (p.entry.source, f"params[{p.name!r}]") for p in returned.parameters
        ]  # fmt: skip
        shown = f"of `{chain.calls[-1].target}`"
    else:
        params = {p.name: p.slot.value for p in held}
        given = f"params = {{{', '.join(f'{p.name!r}: {p.slot.path}' for p in held)}}}"
        result = f"{{{', '.join(f'{p.name!r}: {p.gradient}' for p in held)}}}"
        copied = " * 1.0" if space.unit else ""  # the pass changes the parameter in place
        owned = [(p.slot.path, f"params[{p.name!r}]{copied}") for p in held]
        last = f"`{chain.calls[-1].target.lstrip('*')}`"
        listed = ", ".join(f"`{p.gradient}`" for p in held[:4]) + (", ..." if len(held) > 4 else "")
        shown = f"what {last} takes from the parameters" if space.unit else f"{listed} after {last}"
    body = [f"{target} = {source}" for target, source in owned]
    body += _zeroed(space, held)
    for call in chain.calls:
        body += _line(call, lambda s: sides.get(s.name, s.source) if isinstance(s, Entry) else s)
    if loss.source.startswith("0.5"):
        body.append(f"loss = {loss.source}")
        loss = replace(loss, source="loss")
    body.append(f"return {loss.source}, {result}")
    owner = next((c.target for c in chain.calls if loss in c.outputs), "")
    return Adapter(
        space.module,
        name,
        params,
        given,
        tuple(body),
        f"`{owner}`" if owner else f"`{loss.name}`",
        shown,
        entries["x"].source if "x" in sides.values() else None,
        entries["y"].source if "y" in sides.values() else None,
        space.setup,
        space.notes,
        {k: entries[k].value for k in sides.values()},
    )


def _zeroed(space: Space, held: Sequence[Pair]) -> list[str]:
    """Return the lines that set gradients to 0 before a backward pass that adds to them, where the file does that."""
    able = [v for v in vars(space.module).values() if inspect.isclass(v) and _zeroing(v)]
    if not held or not able:
        return []
    found = objects(space.module).items()
    return [f"{n}.{_zeroing(type(v))}()" for n, v in found if type(v) in able] or [
        f"{p.gradient} = 0.0 * {p.slot.path}" for p in held
    ]


def _zeroing(kind: type) -> str | None:
    """Return the name of a method that sets gradients to 0."""
    return next(
        (n for n in dir(kind) if ZEROING.fullmatch(n) and len(arguments(getattr(kind, n)) or ()) == 1), None
    )


def fits(adapter: Adapter) -> bool:
    """Return whether the gradients on a drawn batch have the parameters' shapes: the code may be for one sample."""
    batch = [copy.deepcopy(adapter.batch[k]) for k in ("x", "y") if k in adapter.batch]
    params = copy.deepcopy(adapter.params)
    try:
        _, found = adapter.hand(params, *batch)
        shapes = {n: np.shape(a) for n, a in flatten(found).items()}
    except Exception:
        return False
    return all(shapes.get(n, np.shape(a)) == np.shape(a) for n, a in flatten(adapter.params).items())
