"""Mistakes of a training step and of optimisers: listed and planted beside those of the backward pass.

They sit in code around the backward pass, so no rule of a network is overridden: each is an update, or a hand, that a
person could have written.
"""

import numpy as np

from manual import optimizers, schedules

from ...mistakes.catalogue import catalogue
from ...mistakes.planted.optimizers import OPTIMIZER_MISTAKES, suspects
from ...networks.draws import suited, suited_draw
from ..gradients import check_gradients
from ..step import check_step
from .planting import planted_cases

RATE = 0.1
# Of the catalogue of backward passes, those that are made in a step as well.
IN_A_STEP = ("updated-weights-used", "rate-in-gradient", "updated-params-returned", "aliased-buffer")


def judged_step(id, k, dtype, seed=0):
    """(the Reports of `id` made in a step of the k-th network where it shows, one for each form; the Draw)."""
    drawn, layers = _drawn(id, k, seed)
    params = {n: p.astype(dtype) for n, p in drawn.params.items()}
    y = drawn.y.astype(dtype) if drawn.y.dtype.kind == "f" else drawn.y
    return [form(params, drawn.x.astype(dtype), y) for form in forms(id, drawn.net, layers)], drawn


def _drawn(id, k, seed):
    """(Draw, layers): no array's gradient is 0, and what the mistake needs is there."""
    if id in IN_A_STEP:
        cases, _, _ = planted_cases(id, k, seed)
        return cases[-1][0], cases[-1][1]
    rng = np.random.default_rng([seed, k, *id.encode()])
    while True:
        net, samples = suited(rng)
        drawn = suited_draw(net, samples, rng, "float64")
        _, grads = net.loss_and_grads(drawn.params, drawn.x, drawn.y)
        if all(np.any(g) for g in grads.values()) and (net.l2 or id != "l2-as-adamw"):
            return drawn, None


def forms(id, net, layers=None):
    """[(params, x, y) -> Report, ...]: the ways in which `id` is made in a step of `net`."""
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


def stepping(net, returned=False):
    """A step of plain descent with the gradients of `net`; `returned`: what it computes comes back as it is."""

    def update(params, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        return (grads if returned else {n: p - RATE * grads[n] for n, p in params.items()}), loss

    return update


def stale_hand(net):
    """A backward pass that never zeroes its gradients."""
    kept = {}

    def hand(params, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        for n, g in grads.items():
            kept[n] = kept.get(n, 0) + g
        return loss, dict(kept)

    return hand


def stale_update(net):
    """A step of plain descent on gradients that are never zeroed."""
    hand = stale_hand(net)

    def update(params, x, y):
        loss, grads = hand(params, x, y)
        return {n: p - RATE * grads[n] for n, p in params.items()}, loss

    return update


def _optimised(net, id, name):
    def judged(params, x, y):
        # Where the rate stays, a velocity with the rate in it is no mistake; where epsilon is tiny, its place is none.
        rate = schedules.Step(RATE, every=2, factor=0.5) if id == "momentum-times-rate" else 0.01
        rule = getattr(optimizers, name)(rate, **({"epsilon": 1e-4} if "epsilon" in id else {}))
        settings = {field: getattr(rule, field) for field in rule.__dataclass_fields__}
        wrong = suspects(name, settings, net.l2)[id]
        return check_step(_updating(wrong, net), params, x, y, network=net, optimizer=rule)

    return judged


def _updating(rule, net):
    state = None

    def update(params, x, y):
        nonlocal state
        state = rule.init(params) if state is None else state
        loss, grads = net.loss_and_grads(params, x, y)
        new, state = rule.update(params, grads, state)
        return new, loss

    return update
