"""The verdict on the loss: is it the one that was meant?"""

import numpy as np

from ...common.words import factor
from ...judge.report import LossVerdict
from ..check import GradientCheck
from .network import loss_rounding


def loss_judged(check: GradientCheck) -> GradientCheck:
    """Judge the loss, where a network or a second loss says what was meant."""
    return check.but(loss=_verdict(check)).warned(_rounded(check))


def _verdict(check: GradientCheck) -> LossVerdict:
    mine, reference = check.answer.loss, check.reference
    losses = {w.name: w.loss for w in check.witnesses}
    if mine is None:
        return LossVerdict("unknown", "no loss was given, only gradients", None, losses)
    if not np.isfinite(mine):
        return LossVerdict("wrong", f"the loss is {mine}", mine, losses)
    if reference is not None and reference.given:
        if not reference.loss_agrees:
            with np.errstate(all="ignore"):
                meant = reference.loss(check.subject.flat)
            reason = f"your loss is {mine:.10g}, the network's {meant:.10g}"
            return LossVerdict("wrong", reason, mine, {"network": meant})
        if np.isclose(reference.scale, 1, rtol=1e-6):
            return LossVerdict("agree", "the same loss", mine, losses)
        words = (
            f"your loss is {factor(reference.scale)} times the network's at every point tried: a convention"
        )
        return LossVerdict("convention", words, mine, losses)
    others = [w for w in check.witnesses if w.name in ("torch", "jax", "numpy_loss")]
    room = 1e3 * np.finfo(check.coarsest).eps
    off = [w for w in others if not abs(w.loss - mine) <= room * max(abs(w.loss), 1e-3)]
    # A loss that cancels inside has fewer digits than its type.
    flat = check.subject.flat
    off = [w for w in off if not abs(w.loss - mine) <= loss_rounding(check, flat, mine, w.loss)]
    if off:
        reason = f"your loss is {mine:.10g}, {off[0].name}'s {off[0].loss:.10g}"
        return LossVerdict("wrong", reason, mine, losses)
    scaled = [w for w in others if w.scale != 1]
    if scaled:
        said = " and ".join(f"{factor(w.scale)} times {w.name}'s" for w in scaled)
        return LossVerdict("convention", f"your loss is {said} at every point tried", mine, losses)
    if others:
        return LossVerdict("agree", "the same loss", mine, losses)
    return LossVerdict("unknown", "your own", mine, losses)


def _rounded(check: GradientCheck) -> list[str]:
    """Warn where every difference of the user's loss is 0, and the gradient is not."""
    seen = next((w for w in check.witnesses if w.name == "numerical" and check.subject.function), None)
    if seen is None or seen.error is None:
        return []
    moves = any(np.any(seen.arrays[n][np.isfinite(e)]) for n, e in seen.error.items())
    if moves or not any(np.any(a) for a in check.answer.arrays.values()):
        return []
    return ["the loss your function returns does not move with the parameters: is it rounded, or a constant?"]
