"""The reference: the network that was named, or the one that is recognised; and what about its input hides mistakes."""

from dataclasses import replace

import numpy as np

from ...witnesses import Arrays
from ...witnesses import reference as references
from ...witnesses.numerical import MOVED, loss_jitter
from ...witnesses.reference import Reference
from ...witnesses.rounding.units import THRESHOLD
from ..check import C, Check
from ..kinks import kinked

# A loss this many times another one is the same loss in another convention (a sum for a mean, no 1/2). Beyond, it
# is none: a constant 5e-324 would be a multiple of anything, and a zero gradient right in its units.
SMALLEST, LARGEST = 1e-6, 1e6


def referenced(check: C) -> C:
    """Find the reference: the network that was named, else the one recognised from the loss, else none."""
    if check.network is not None:
        return check.but(reference=references.given(check.network, check.subject))
    reference, description = references.recognised(check.subject, check.seed, check.answer.loss)
    return check.but(reference=reference, description=description)


def is_manual(check: Check) -> bool:
    """Return whether the candidate is the reference itself, a network of `manual`."""
    owner, reference = check.subject.owner, check.reference
    return reference is not None and type(owner) is type(reference.net) and owner == reference.net


def scaled(check: C) -> C:
    """Compare the user's loss with that of a named network: equal, a constant multiple, or another loss."""
    reference = check.reference
    if reference is None or not reference.given or check.answer.loss is None:
        return check
    if check.many and is_manual(check):
        return check
    return check.but(reference=_scaled(check, reference, np.finfo(check.coarsest).eps))


def _scaled(check: Check, reference: Reference, eps: float) -> Reference:
    subject, many = check.subject, check.many
    points = [subject.flat, *points_nearby(subject.flat, check.seed, 1 if many else 3, many)]
    mine = np.array([float(subject.loss(point)) for point in points])
    with np.errstate(all="ignore"):
        meant = np.array([reference.loss(point) for point in points])
    tolerance = 1e3 * eps * max(np.abs(mine).max(), 1e-3)
    off = np.flatnonzero(~(np.abs(mine - meant) <= tolerance))
    # Where units saturate or cancel, a loss has fewer digits than its type: how many is measured, if it matters.
    if all(abs(mine[i] - meant[i]) <= loss_rounding(check, points[i], mine[i], meant[i]) for i in off):
        return reference
    scale = float(mine @ meant / (meant @ meant)) if meant @ meant > 0 else 0.0
    tolerance = 1e3 * eps * max(np.abs(mine).max(), 1e-3 * scale)  # relative to their own size
    if is_convention(scale) and (np.abs(mine - scale * meant) <= tolerance).all():
        return replace(reference, scale=scale)
    return replace(reference, loss_agrees=False)


def is_convention(scale: float) -> bool:
    """Return whether a loss this many times another one can be that loss in another convention."""
    return SMALLEST <= scale <= LARGEST


def loss_rounding(check: Check, point: Arrays, mine: float, other: float) -> float:
    """Return how far the loss `mine` may be from another by its rounding: measured, at most half its digits."""
    with np.errstate(all="ignore"):
        jitter = loss_jitter(check.subject.loss, point, mine, check.seed)
    most = float(np.sqrt(np.finfo(check.coarsest).eps)) * abs(other)  # a loss may be made to look noisy
    return min(THRESHOLD * jitter, most) if np.isfinite(jitter) else 0.0


def points_nearby(flat: Arrays, seed: int, count: int, many: bool = False) -> list[Arrays]:
    """Return `count` other parameters, each a tenth away at random; many entries share their random numbers."""
    rng = np.random.default_rng(seed)

    def factors(shape: tuple[int, ...]) -> np.ndarray:
        drawn = rng.standard_normal((MOVED,) if many else shape)
        return np.resize(drawn, shape) if many else drawn

    return [
        {n: (a * (1 + 0.1 * factors(a.shape))).astype(a.dtype) for n, a in flat.items()} for _ in range(count)
    ]


def input_warnings(check: C) -> C:
    """Warn of what about the input would hide a mistake, and say what input would not."""
    reference, flat, drawn = check.reference, check.subject.flat, check.about.get("drawn")
    if drawn:
        listed = f"{', '.join(drawn)} {'is' if len(drawn) == 1 else 'are'} {check.about.get('drawn_from', 0)}"
        check = check.warned(
            [f"{listed} in your file, where the mistake has no effect: these figures are at drawn values"]
        )
    if reference is None:
        return check
    net, params, found = reference.net, reference.params(flat, copy=False), []
    if len(reference.x) == 1:
        found.append("one sample hides every mistake with the batch mean: check with N > 1 too")
    if not reference.layered:
        return check.warned(found)
    square = [f"W{l}" for l in range(1, net.depth + 1) if net.sizes[l] == net.sizes[l - 1]]
    if square:
        found.append(
            f"{', '.join(square)} {'is' if len(square) == 1 else 'are'} square, which hides a transpose: "
            "check with unequal widths too"
        )
    biases = [a for n, a in params.items() if n[0] == "b"]
    known = drawn or check.about.get("drawn_too")  # it was checked with other values
    if (
        not known
        and any(b is not None for b in reference.layout.biases)
        and not any(np.any(b) for b in biases)
    ):
        found.append("all biases are 0, which hides a wrong use of them: check with other values too")
    zero = [n for n, a in params.items() if n[0] == "W" and not np.any(a)]
    if zero:
        found.append(f"{', '.join(zero)} is 0, which hides what is below: check with random weights too")
    on_kink = int(kinked(reference, flat, check.subject.dtype).sum())
    if on_kink:
        found.append(f"{on_kink} of {len(reference.x)} samples sit on a kink, where any subgradient is right")
    return check.warned(found)
