"""Read what the user's function returned: the loss, the gradients, deltas, and values that are ignored."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..common.arrays import as_array, flatten
from ..common.errors import UserError
from ..common.modules import gradients_of, opened


@dataclass(frozen=True)
class Outcome:
    """The result of one call of the user's function; loss is None where it returns gradients only.

    loss_at: the loss's place in what is returned, an index or a key.  ignored: messages about values that are not
    used.
    """

    loss: float | None
    grads: Any
    deltas: Any = None
    loss_at: int | str = 0
    ignored: tuple[str, ...] = ()


DELTAS = re.compile(r"delta|err|d_?z|[de]_?\d", re.IGNORECASE)


def understand(result: Any, shapes: Sequence[tuple[int, ...]] = ()) -> Outcome:
    """Return what a function returned as an Outcome.

    Known are (loss, grads), (loss, grads, deltas), (grads, loss) and grads; (loss, dW1, db1, ...), one array for each
    parameter (`shapes`); {"loss": ..., "grads": ...}. Other values (an accuracy, a cache, a last hidden state) are
    ignored, with a message.
    """
    count = len(shapes)
    result = _opened(result)
    if isinstance(result, dict) and "loss" in result and (key := _gradients_in(result)):
        found = _with_deltas(result["loss"], result[key], result.get("deltas"))
        return replace(found, loss_at="loss")
    if isinstance(result, list) and len(result) in (2, 3) and is_number(result[0]) and _nest(result[1]):
        result = tuple(result)
    if isinstance(result, tuple) and len(result) > 1:
        first, *rest = result
        if is_number(first) and count and _are_all(rest, count):
            return Outcome(_number(first), list(rest))
        if is_number(first) and is_number(rest[0]) and len(rest) == count == 1:
            return Outcome(_number(first), rest[0])
        if is_number(first) and is_number(rest[0]) and len(rest) == 2 and _nest(rest[1]):
            return Outcome(_number(first), rest[1], ignored=("the second value returned is not looked at",))
        if is_number(first) and not is_number(rest[0]) and len(rest) < 3:
            return _with_deltas(first, *rest)
        if is_number(first) and isinstance(rest[0], dict):
            return Outcome(_number(first), rest[0], ignored=(_further(rest, 1),))
        if is_number(first) and (grads := _among(rest, shapes)):
            only = grads[0] if len(grads) == 1 else grads
            return Outcome(_number(first), only, ignored=(_further(rest, len(grads)),))
        if is_number(rest[0]) and not is_number(first) and len(rest) == 1:
            return Outcome(_number(rest[0]), first, loss_at=1)
    if isinstance(result, (dict, list, tuple)) or np.ndim(result) > 0:
        return Outcome(None, result)
    raise UserError(
        f"the function returned {type(result).__name__}; (loss, gradients) is needed, "
        "the gradients under the parameters' names or in their order"
    )


def _opened(result: Any) -> Any:
    """Return what a function returned, with each module as the gradients that it holds."""
    if isinstance(result, (tuple, list)) and not hasattr(result, "_asdict"):
        return type(result)(opened(gradients_of(value)) for value in result)
    return opened(gradients_of(result))


def _gradients_in(result: dict) -> str | None:
    return next((key for key in ("grads", "gradients", "grad") if key in result), None)


def _are_all(values: list, count: int) -> bool:
    """Return whether these are the gradients one by one or layer by layer, not one nest of them."""
    if any(isinstance(value, dict) or value is None for value in values) or len(values) < 2:
        return False
    sizes = [len(flatten(value, copy=False)) if _nest(value) else 1 for value in values]
    return sum(sizes) == count and sizes[0] < count


def _among(values: list, shapes: Sequence[tuple[int, ...]]) -> list:
    """Return those in a row of more values than there are gradients that are the gradients; [] where none are.

    Their shapes are those of the parameters, in order; where none fit so, their numbers of entries, or the first.
    """
    known = [[] if v is None or isinstance(v, (str, dict)) else _shapes(v) for v in values]
    for alike in (tuple, np.prod):
        wanted = [alike(s) for s in shapes]
        for start in range(len(values)):
            found: list = []
            for stop, some in enumerate(known[start:], start + 1):
                found += [alike(s) for s in some]
                if found == wanted and some:
                    return values[start:stop]
                if not some or len(found) >= len(wanted):
                    break
    arrays = 1 < len(shapes) < len(values) and all(len(some) == 1 for some in known[: len(shapes)])
    return values[: len(shapes)] if arrays else []


def _shapes(value: Any) -> list[tuple[int, ...]]:
    try:
        return [a.shape for a in flatten(value, copy=False).values()]
    except UserError:  # no numbers
        return []


def _further(values: list, used: int) -> str:
    """Return the message about values that are not used."""
    more = len(values) - used
    what = "1 further value is" if more == 1 else f"{more} further values are"
    return f"{what} returned beside the loss and the gradients, and not looked at"


def _with_deltas(loss: Any, grads: Any, third: Any = None) -> Outcome:
    """Return the Outcome of three values, of which the third may be deltas."""
    named = isinstance(third, dict) and third and all(DELTAS.match(str(key)) for key in third)
    listed = isinstance(third, (list, tuple)) and third
    if named or (listed and not any(_nest(a) or np.ndim(_cheap(a)) < 1 for a in third)):
        return Outcome(_number(loss), grads, third)
    said = "the third value returned is not looked at: deltas are a dict of delta1, delta2, ... or a list"
    return Outcome(_number(loss), grads, ignored=() if third is None else (said,))


def _nest(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple))


def _number(value: Any) -> float:
    return float(as_array(value, ("the loss",)).reshape(()))


def is_number(value: Any) -> bool:
    """Return whether a value is one number, an array of one entry included."""
    if _nest(value) or isinstance(value, str) or value is None:
        return False
    return tuple(np.shape(_cheap(value))) in ((), (1,), (1, 1))


def _cheap(value: Any) -> Any:
    return value.detach() if hasattr(value, "detach") else value
