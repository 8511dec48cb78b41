"""Understanding what a person's function returns: the loss, the gradients, deltas, and what else stands beside."""

import re
from dataclasses import dataclass

import numpy as np

from ..common.arrays import as_array, flatten
from ..common.errors import UserError


@dataclass(frozen=True)
class Outcome:
    """What one call of a person's function gave; loss is None where it gives gradients only.

    loss_at: where in what it returned the loss stands.  ignored: what is made of the rest, in words.
    """

    loss: float | None
    grads: object
    deltas: object = None
    loss_at: int = 0
    ignored: tuple = ()


DELTAS = re.compile(r"delta|err|d_?z|[de]_?\d", re.IGNORECASE)


def understand(result, count=None):
    """What a function returned, as an Outcome: (loss, grads), (loss, grads, deltas), (grads, loss) or grads;
    (loss, dW1, db1, ...), as many as there are parameters (`count`); {"loss": ..., "grads": ...}.

    What stands beside these (an accuracy, a cache) is left out, and said to be.
    """
    if isinstance(result, dict) and "loss" in result and (key := _gradients_in(result)):
        return Outcome(_number(result["loss"]), result[key], *_deltas(result.get("deltas")))
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
            return Outcome(_number(first), rest[0], *_deltas(*rest[1:]))
        if is_number(rest[0]) and not is_number(first) and len(rest) == 1:
            return Outcome(_number(rest[0]), first, loss_at=1)
    if isinstance(result, (dict, list, tuple)) or np.ndim(result) > 0:
        return Outcome(None, result)
    raise UserError(
        f"the function returned {type(result).__name__}; (loss, gradients) is needed, "
        "the gradients under the parameters' names or in their order"
    )


def _gradients_in(result):
    return next((key for key in ("grads", "gradients", "grad") if key in result), None)


def _are_all(values, count):
    """Whether these are the gradients themselves, one after another or layer by layer, and not one nest of them."""
    if any(isinstance(value, dict) or value is None for value in values) or len(values) < 2:
        return False
    sizes = [len(flatten(value, copy=False)) if _nest(value) else 1 for value in values]
    return sum(sizes) == count and sizes[0] < count


def _deltas(third=None):
    """(the deltas, where in Outcome the loss stands, what is left out)"""
    if isinstance(third, dict) and third and all(DELTAS.match(str(key)) for key in third):
        return third, 0, ()
    if (
        isinstance(third, (list, tuple))
        and third
        and not any(_nest(a) or np.ndim(_cheap(a)) < 1 for a in third)
    ):
        return third, 0, ()
    said = "the third value returned is not looked at: deltas are a dict of delta1, delta2, ... or a list"
    return None, 0, () if third is None else (said,)


def _nest(value):
    return isinstance(value, (dict, list, tuple))


def _number(value):
    return float(as_array(value).reshape(()))


def is_number(value):
    if _nest(value) or isinstance(value, str) or value is None:
        return False
    return tuple(np.shape(_cheap(value))) in ((), (1,), (1, 1))


def _cheap(value):
    return value.detach() if hasattr(value, "detach") else value
