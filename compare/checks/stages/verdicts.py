"""Verdicts on the arrays, by all entries that the witnesses have, and on the loss."""

import numpy as np

from ...common.words import factor
from ...judge.report import LossVerdict
from ...judge.verdicts import Verdict, judge, marked
from ..check import C, GradientCheck
from .network import loss_rounding


def judged(check: C) -> C:
    """Give each array its verdict."""
    return check.but(verdicts=judge(check.arrays, check.witnesses, check.expected, check.subject.dtype))


def loss_judged(check: GradientCheck) -> GradientCheck:
    """Judge the loss, where a network or a second loss says what was meant."""
    return check.but(loss=_verdict(check)).warned([*_rounded(check), *_narrowed(check)])


def _narrowed(check: GradientCheck) -> list[str]:
    """Warn where jax has rounded float64 parameters to float32, and say how it keeps them."""
    if check.answer.library != "jax" or not check.having("dtype") or check.subject.dtype != np.float64:
        return []
    return [
        "jax has computed in float32, as it does unless it is told otherwise, and hides smaller mistakes: set the "
        'environment variable JAX_ENABLE_X64=1, or jax.config.update("jax_enable_x64", True) before the first array'
    ]


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
    """Warn where the derivative of the user's loss is 0, or every difference of it, and the gradient is not."""
    own = ("adjoint", "numerical")
    seen = next((w for w in check.witnesses if w.name in own and check.subject.function), None)
    if seen is None:
        return []
    error = seen.error or {}
    moves = any(np.any(a[np.isfinite(error[n])] if n in error else a) for n, a in seen.arrays.items())
    if moves or not any(np.any(a) for a in check.answer.arrays.values()):
        return []
    return ["the loss your function returns does not move with the parameters: is it rounded, or a constant?"]


def _divided_later(check: C, verdicts: list[Verdict]) -> list[Verdict]:
    """Set `convention` for derivatives on the way that are N times too large, where every parameter's is right."""
    between = set(check.about.get("intermediate") or ())
    off = [v for v in verdicts if v.name in between and v.status == "wrong"]
    if not off or not all(v.passes for v in verdicts if v.name not in between):
        return verdicts
    right = [(v.entry, w) for v in off for w in v.others.values()]
    for n in {size for v in off for size in v.shape or () if size > 1}:
        if all(abs(d - n * w) <= 1e-6 * abs(n * w) for d, w in right):
            reason = f"N={n} times the derivative: your 1/N is in the parameters' gradients instead"
            return marked(verdicts, {v.name for v in off}, "convention", reason)
    return verdicts


def conventions(check: C) -> C:
    """Set `convention` for a loss scaled as a whole, and for deltas that carry N where dW carries 1/N."""
    loss, reference, verdicts = check.loss, check.reference, check.verdicts
    if loss is not None and loss.status == "convention":
        agreeing = {v.name for v in check.having("agree")}
        verdicts = marked(verdicts, agreeing, "convention", f"right for your loss ({loss.reason})")
    verdicts = _divided_later(check, verdicts)
    deltas = [v for v in verdicts if v.name.startswith("delta")]
    others = [v for v in verdicts if not v.name.startswith("delta")]
    if reference is None or not deltas or not all(v.passes for v in others):
        return check.but(verdicts=verdicts)
    n = len(reference.x)
    right = [(v.entry, n * w) for v in deltas for k, w in v.others.items() if k != "numerical"]
    if all(v.status == "wrong" for v in deltas) and all(abs(d - w) <= 1e-6 * abs(w) for d, w in right):
        reason = f"N={n} times the reference's: your 1/N is in dW and db instead"
        verdicts = marked(verdicts, {v.name for v in deltas}, "convention", reason)
    return check.but(verdicts=verdicts)
