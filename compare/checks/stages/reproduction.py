"""Write the lines that reproduce one wrong entry without this tool: the loss on either side of the parameters."""

from collections.abc import Iterator
from math import ceil, log10
from typing import Any

import numpy as np

from ...common.arrays import flatten
from ...common.modules import opened
from ..check import GradientCheck
from .naming import nearest_first

STEPS = {
    8: (1e-5, 1e-4, 1e-6, 1e-3),
    4: (1e-2,),
}  # by the bytes of the type; the first that shows the difference
SEEN = 0.2  # of the difference: what the quotient may be off by
PLAIN = 0.02  # of the difference: a quotient this near needs no other step
DIGITS = 6, 12  # of the quotient: at least, at most


def reproduced(check: GradientCheck) -> GradientCheck:
    """Add to `about` the loss on either side of the wrong entry that is nearest to the loss, and how to get there."""
    subject, wrong = check.subject, check.having("wrong")
    verdict = next(iter(nearest_first(check, wrong)), None)
    repeatable = check.about.get("repeatable", True)
    if verdict is None or check.loss is None or check.loss.status == "wrong" or not repeatable:
        return check.telling(see=None)
    if not subject.function or not subject.has_loss or verdict.name not in subject.flat:
        return check.telling(see=None)
    name, index = verdict.name, verdict.worst_index
    place, leaf = dict(zip(flatten(subject.like, copy=False), _leaves(subject.like), strict=True))[
        subject.paths.get(name, name)
    ]
    right = next(iter(verdict.others.values()))
    apart, best = abs(verdict.entry - right), None
    for h in STEPS.get(subject.dtype.itemsize, STEPS[4]):
        up, down = (_loss_beside(check, name, index, sign * h) for sign in (1, -1))
        quotient = (up - down) / (2 * h)
        if best is None or abs(quotient - right) < abs(best["quotient"] - right):
            best = {"h": h, "up": up, "down": down, "quotient": quotient}
        if abs(best["quotient"] - right) <= PLAIN * apart:
            break
    assert best is not None
    # Floats may round to one number what two formulas give.
    relative = max(apart / max(abs(right), abs(verdict.entry), np.finfo(float).tiny), np.finfo(float).eps)
    digits = min(max(ceil(-log10(relative)) + 2, DIGITS[0]), DIGITS[1])
    see = {"array": name, "index": index, **best, "loss_at": subject.loss_at}
    see |= {"place": place, "kind": _kind(place, leaf, subject.like)}
    see |= {"method": "loss_and_grads" if subject.owner is not None else None, "batch": subject.arguments}
    see |= {"digits": digits, "relative": relative, "shown": abs(best["quotient"] - right) <= SEEN * apart}
    return check.telling(see=see)


def _loss_beside(check: GradientCheck, name: str, index: Any, step: float) -> float:
    flat = {n: np.array(a) for n, a in check.subject.flat.items()}
    flat[name][index] += step
    return float(check.subject.loss(flat))


def _leaves(tree: Any, place: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Yield (keys, leaf) of a nest, in the order of `flatten`."""
    tree = opened(tree)
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*place, key))
    elif isinstance(tree, (list, tuple)):
        for i, value in enumerate(tree):
            yield from _leaves(value, (*place, i))
    elif tree is not None:
        yield place, tree


def _kind(place: tuple, leaf: Any, like: Any) -> str | None:
    """Return how the entry is moved: in a copy of an array, a number, a tensor, the whole nest; None: in words."""
    if hasattr(like, "named_parameters"):
        return "module"
    if _through_module(place, like):
        return None
    flat = not place or (len(place) == 1 and isinstance(like, dict))
    if isinstance(leaf, (int, float, np.generic)):
        parent = like
        for key in place[:-1]:
            parent = parent[key]
        return "number" if flat else "nest" if isinstance(parent, (dict, list)) else None
    if flat and hasattr(leaf, "detach"):
        return "tensor"
    if not isinstance(leaf, np.ndarray) or not all(isinstance(key, (str, int)) for key in place):
        return None
    same = "array" if leaf.dtype != np.float32 else "alike"
    return same if flat else "nest" if leaf.dtype.kind == "f" else None


def _through_module(place: tuple, like: Any) -> bool:
    """Return whether a place lies in a module, which no subscript changes."""
    for key in place:
        if opened(like) is not like:
            return True
        named = isinstance(key, str) and hasattr(like, "_asdict")
        like = like._asdict()[key] if named else like[key]
    return False
