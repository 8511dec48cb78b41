"""One version of a user's network: a loss of the common arrays, in its framework's own arrays.

Each side has `loss(params, x, y)` and `loss_and_grads(params, x, y)`, as the built-in networks have, on flat dicts of
the framework's arrays. Arrays that a step carries and does not train (a batch norm's running mean) are among `params`
where they are carried: their entry of the gradients is then their next value.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...common.arrays import Arrays, flatten, unflatten
from ...common.errors import UserError
from ..matching import match
from ..returned import understand


class Side(ABC):
    """A version in one framework.

    call(params, carried, x, y) -> (loss, carried): flat dicts of the framework's arrays under the common names.
    carried: the names of what it carries.  start: these arrays in NumPy, used where none are handed in.
    """

    who: str
    held = False  # whether what is carried stays as it is: its gradient is 0 then, as in the timing

    def __init__(self, call: Callable[..., tuple[Any, ...]], start: dict[str, Any], said: list[str]):
        self.call, self.start, self.said = call, start, said

    @abstractmethod
    def native(self, array: Any, like: Any) -> Any:
        """Return an array of `start` in the framework's, floating as `like` is."""

    def split(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (trained, carried) of the arrays that are handed in; the start's where nothing is carried."""
        trained = {n: a for n, a in params.items() if n not in self.start}
        like = next(iter(trained.values()))
        return trained, {
            n: self.constant(params[n]) if n in params else self.native(a, like)
            for n, a in self.start.items()
        }

    def constant(self, array: Any) -> Any:
        """Return an array that nothing is differentiated by."""
        return array

    def next(self, params: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """Return the values in the place of the carried state's gradients: its next values."""
        return {n: 0 * params[n] if self.held else after[n] for n in params if n in self.start}

    @abstractmethod
    def loss_and_grads(self, params: dict[str, Any], x: Any, y: Any) -> tuple[Any, dict[str, Any]]:
        """Return the loss, its gradients, and the next values of the carried state."""

    def loss(self, params: dict[str, Any], x: Any, y: Any) -> Any:
        """Return the loss, a scalar of the framework."""
        trained, carried = self.split(params)
        return self.call(trained, carried, x, y)[0]


class HandSide(Side):
    """NumPy, with the gradients derived by hand: `call` returns (loss, gradients, carried)."""

    who = "hand"

    def native(self, array: np.ndarray, like: Any) -> Any:
        return array.astype(like.dtype)

    def loss_and_grads(self, params: dict[str, Any], x: Any, y: Any) -> tuple[Any, dict[str, Any]]:
        """Return the loss, and the gradients that the user derived."""
        trained, carried = self.split(params)
        loss, grads, after = self.call(trained, carried, x, y)
        return loss, grads | self.next(params, after)


def hand_side(hand: Callable[..., Any], like: Any, start: Arrays, state: Any) -> HandSide:
    """Return the side of `hand(params, x, y) -> (loss, grads)`; hand(params, state, x, y) returns the state too."""

    def call(trained: Arrays, carried: Arrays, x: Any, y: Any) -> tuple[Any, Arrays, Arrays]:
        tree = unflatten({n: np.array(a) for n, a in trained.items()}, like)
        if state is None:
            found, after = hand(tree, np.array(x), np.array(y)), {}
        else:
            *found, after = hand(tree, unflatten(carried, state), np.array(x), np.array(y))
            found, after = tuple(found), flatten(after)
        outcome = understand(found, [a.shape for a in trained.values()])
        if outcome.loss is None:
            raise UserError("hand returns no loss: (loss, gradients) is needed")
        grads = match(outcome.grads, trained)[0]
        missing = [n for n in trained if n not in grads]
        if missing:
            raise UserError(f"hand returns no gradient of {', '.join(missing)}")
        return outcome.loss, {n: grads[n] for n in trained}, after

    return HandSide(call, start if state is not None else {}, [])


def arguments(function: Callable[..., Any], otherwise: int) -> int:
    """Return how many arguments a function must be given; `otherwise` where that cannot be read."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return otherwise
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.kind in kinds and p.default is p.empty]
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return otherwise if several or not needed else len(needed)


def first_alike(sides: Iterator[Side], value: Callable[[Side], float], expected: float | None) -> Side:
    """Return the first side whose loss is `expected` to rounding, else that with the nearest one.

    Raises the first exception where none can be.
    """
    nearest: tuple[float, Side] | None = None
    problem = None
    for side in sides:
        try:
            found = value(side)
        except UserError:
            raise
        except Exception as error:
            problem = problem or error
            continue
        away = 0.0 if expected is None else abs(found - expected)
        if expected is None or away <= 1e-9 * abs(expected):
            return side
        if nearest is None or away < nearest[0]:
            nearest = away, side
    if nearest is None:
        assert problem is not None
        raise problem
    return nearest[1]
