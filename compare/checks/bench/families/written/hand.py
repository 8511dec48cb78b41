"""A hand-written function of a family: forward pass, loss, backward pass; and one that returns something else."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .bodies import BODIES
from .bodies.body import Arrays, Settings
from .losses import LOSSES
from .ways import Ways

Hand = Callable[[Any, Any, Any], tuple[Any, Arrays]]
L1, L2 = 0.01, 0.1


def written(body_name: str, loss_name: str, settings: Settings, elastic: bool, ways: Ways) -> Hand:
    """Return the function of a family in a style."""
    body, loss_of = BODIES[body_name], LOSSES[loss_name].run

    def hand(params: Any, x: Any, y: Any) -> tuple[Any, Arrays]:
        p, given = ways.first(params, x)
        out, back = body.run(ways, settings, p, given)
        loss, dout, grads = loss_of(ways, p, out, y)
        grads.update(back(dout))
        if elastic:
            for n in [n for n in p if p[n].ndim == 2]:
                loss = loss + L1 * np.abs(p[n]).sum() + 0.5 * L2 * (p[n] ** 2).sum()
                grads[n] += L1 * np.sign(p[n]) + L2 * p[n]
        return loss, {n: _like(grads[n], params[n]) for n in params}

    return hand


def spoilt(hand: Hand, name: str, change: Callable[[Any, Arrays], Any]) -> Hand:
    """Return the function with one gradient changed: `change` takes a copy of it and all the others."""

    def wrong(params: Any, x: Any, y: Any) -> tuple[Any, Arrays]:
        loss, grads = hand(params, x, y)
        return loss, {**grads, name: change(grads[name].copy(), grads)}

    return wrong


def rescaled(hand: Hand, factors: dict[str, float]) -> Hand:
    """Return the function with a factor on each of these gradients."""

    def wrong(params: Any, x: Any, y: Any) -> tuple[Any, Arrays]:
        loss, grads = hand(params, x, y)
        return loss, {n: factors[n] * g if n in factors else g for n, g in grads.items()}

    return wrong


def _like(gradient: Any, parameter: Any) -> Any:
    """Return the gradient in the parameter's type."""
    return gradient if gradient.dtype == parameter.dtype else gradient.astype(parameter.dtype)
