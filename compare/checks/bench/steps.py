"""Mistakes of a training step and of optimisers, planted in the code around the backward pass.

No rule of a network is overridden: each is an update, or a backward pass, that a user could have written.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from manual import optimizers, schedules

from ...judge.report import Report
from ...mistakes.catalogue import catalogue
from ...mistakes.mistake import Layers
from ...mistakes.planted.optimizers import OPTIMIZER_MISTAKES, suspects
from ...networks.draws import Draw, suited, suited_draw
from ..gradients import check_gradients
from ..step import check_step
from .planting import planted_cases

Form = Callable[[Any, Any, Any], Report]  # of (params, x, y)
RATE = 0.1
# Of the catalogue of backward passes, those that are made in a step as well.
IN_A_STEP = ("updated-weights-used", "rate-in-gradient", "updated-params-returned", "aliased-buffer")


def judged_step(id: str, k: int, dtype: str, seed: int = 0) -> tuple[list[Report], Draw]:
    """Return the Reports of `id` made in a step of the k-th network where it shows, one for each form; and the Draw."""
    drawn, layers = _drawn(id, k, seed)
    return [form(*drawn.cast(dtype)) for form in forms(id, drawn.net, layers)], drawn


def _drawn(id: str, k: int, seed: int) -> tuple[Draw, Layers]:
    """Draw a network and layers: no array's gradient is 0, and the mistake is possible."""
    if id in IN_A_STEP:
        case = planted_cases(id, k, seed).cases[-1]
        return case.drawn, case.layers
    rng = np.random.default_rng([seed, k, *id.encode()])
    while True:
        net, samples = suited(rng)
        drawn = suited_draw(net, samples, rng, "float64")
        _, grads = net.loss_and_grads(drawn.params, drawn.x, drawn.y)
        if all(np.any(g) for g in grads.values()) and (net.l2 or id != "l2-as-adamw"):
            return drawn, frozenset()


def forms(id: str, net: Any, layers: Layers = frozenset()) -> list[Form]:
    """Return the ways in which `id` is made in a step of `net`."""
    if id == "stale-gradients":
        return [
            lambda p, x, y: check_gradients(stale_hand(net), p, x, y, network=net, witnesses=("torch",)),
            lambda p, x, y: check_step(stale_update(net), p, x, y, RATE, net),
        ]
    if id in OPTIMIZER_MISTAKES:
        return [_optimised(net, id, name) for name in OPTIMIZER_MISTAKES[id].planted]
    mistake = catalogue()[id]
    planted = mistake.planted(net, layers, RATE if mistake.constant else None)
    update = stepping(net, returned=True) if id == "updated-params-returned" else stepping(planted)
    return [lambda p, x, y: check_step(update, p, x, y, RATE, net)]


def stepping(net: Any, returned: bool = False) -> Callable:
    """Return a step of plain descent with the gradients of `net`; returned: the step returns the gradients instead."""

    def update(params: Any, x: Any, y: Any) -> Any:
        loss, grads = net.loss_and_grads(params, x, y)
        return (grads if returned else {n: p - RATE * grads[n] for n, p in params.items()}), loss

    return update


def stale_hand(net: Any) -> Callable:
    """Return a backward pass that never sets its gradients to 0."""
    kept: dict[str, Any] = {}

    def hand(params: Any, x: Any, y: Any) -> Any:
        loss, grads = net.loss_and_grads(params, x, y)
        for n, g in grads.items():
            kept[n] = kept.get(n, 0) + g
        return loss, dict(kept)

    return hand


def stale_update(net: Any) -> Callable:
    """Return a step of plain descent on gradients that are never set to 0."""
    hand = stale_hand(net)

    def update(params: Any, x: Any, y: Any) -> Any:
        loss, grads = hand(params, x, y)
        return {n: p - RATE * grads[n] for n, p in params.items()}, loss

    return update


def _optimised(net: Any, id: str, name: str) -> Form:
    def judged(params: Any, x: Any, y: Any) -> Report:
        # With a constant rate, a rate in the velocity is no mistake; with a tiny epsilon, its place is none.
        rate = schedules.Step(RATE, every=2, factor=0.5) if id == "momentum-times-rate" else 0.01
        rule = getattr(optimizers, name)(rate, **({"epsilon": 1e-4} if "epsilon" in id else {}))
        settings = {field: getattr(rule, field) for field in rule.__dataclass_fields__}
        wrong = suspects(name, settings, net.l2)[id]
        return check_step(_updating(wrong, net), params, x, y, network=net, optimizer=rule)

    return judged


def _updating(rule: Any, net: Any) -> Callable:
    state = None

    def update(params: Any, x: Any, y: Any) -> Any:
        nonlocal state
        state = rule.init(params) if state is None else state
        loss, grads = net.loss_and_grads(params, x, y)
        new, state = rule.update(params, grads, state)
        return new, loss

    return update
