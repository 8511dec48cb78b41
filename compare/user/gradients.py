"""Read what a backward pass returned as gradients under the names of the operation's inputs."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..witnesses import Arrays
from .inputs import Inputs, nested, outputs_of
from .matching import match, undecorated


def named_gradients(found: Any, inputs: Inputs) -> tuple[Arrays, list[str]]:
    """Return the gradients by name, and what was assumed.

    found: a dict by name; or one for each input, for each floating input, or for each floating array in them.
    """
    if isinstance(found, dict):
        return match(_by_path(found, list(inputs.arrays)), inputs.arrays)
    parts = outputs_of(found)
    floating = [n for n in inputs.values if inputs.of(n)]
    plain = [n for n in inputs.values if n in inputs.arrays]
    for names in (list(inputs.values), floating, list(inputs.arrays), plain):
        if len(parts) == len(names):
            break
    else:
        raise UserError(
            f"backward returns {len(parts)} gradients; the inputs are {', '.join(inputs.values)}, "
            f"of which {', '.join(floating)} can be differentiated"
        )
    arrays: Arrays = {}
    for name, part in zip(names, parts, strict=True):
        paths = inputs.of(name)
        if part is None or not paths:
            continue
        if paths == [name]:
            arrays[name] = np.asarray(part)
        elif isinstance(part, dict):
            arrays |= _by_path(part, paths)
        else:
            leaves = [np.asarray(a) for _, a in nested(part, "")]
            arrays |= dict(zip(paths if len(leaves) == len(paths) else (name,), leaves, strict=False))
    return arrays, []


def _by_path(found: dict, paths: list[str]) -> Arrays:
    """Return a dict of gradients under the paths of the arrays they belong to, others under their own names."""
    arrays: Arrays = {}
    for place, array in nested(found, ""):
        name = place[1:]
        path = next((p for key in _keys(name) for p in _ending(key, paths) if p not in arrays), name)
        arrays[path] = array
    return arrays


def _keys(name: str) -> Iterable[str]:
    """Yield the inputs that a gradient's name may mean, the most exact first: dparams.dW is params.W, or W."""
    head, dot, last = name.rpartition(".")
    above = [head, *undecorated(head)] if dot else [""]
    for key in (last, *undecorated(last)):
        yield from (f"{h}{dot}{key}" for h in above)
    yield from (last, *undecorated(last))


def _ending(key: str, paths: list[str]) -> list[str]:
    """Return the one path that is `key`, or ends in it, first as it is written, then in any case; else []."""
    for same in (str, str.lower):
        exact = [p for p in paths if same(p) == same(key)]
        ends = exact or [p for p in paths if same(p).endswith("." + same(key))]
        if len(ends) == 1:
            return ends
    return []
