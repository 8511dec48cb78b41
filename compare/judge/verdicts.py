"""One verdict for each named array: evidence in, verdicts out."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..common.blocks import blocks
from ..common.statuses import PASSES
from ..witnesses import Evidence
from ..witnesses.rounding.units import INCONCLUSIVE, THRESHOLD
from .comparison import Comparison, far_from, norm


@dataclass(frozen=True)
class Verdict:
    """What is said of one array.

    error: relative difference in norm from the witness it is judged by.  noise: the rounding unit, relative in
    norm.  ratio: the largest difference in rounding units (more than THRESHOLD is no rounding).
    worst_index: where that is; values: what each says there.  sensitivity: the smallest relative error of one
    typical entry that would have been caught.  errors: `error` for each witness.  grid: block maxima of the
    difference in rounding units, at most 64 x 64.  shape: the array's; a grid is of (all but the last, the last).
    """

    name: str
    status: str
    reason: str
    error: float | None = None
    noise: float | None = None
    ratio: float | None = None
    worst_index: tuple | None = None
    values: dict = field(default_factory=dict)
    sensitivity: float | None = None
    errors: dict = field(default_factory=dict)
    grid: np.ndarray | None = None
    shape: tuple | None = None

    @property
    def passes(self):
        return self.status in PASSES


def judge(hand: Evidence, witnesses: list, units: dict, expected: dict, dtype):
    """A Verdict for each name in `expected` ({name: shape}) and for each array that nobody expected.

    units: {witness name: {array name: rounding unit of hand - witness, entry by entry}}.  A witness with an
    `error` of its own (numerical) has that added, and counts only where it looked (error finite).
    """
    verdicts = []
    typical = _typical(witnesses, expected)
    for name, shape in expected.items():
        structural = _structure(name, hand.arrays, shape, dtype)
        if structural is None or structural.status == "dtype":
            judged = _judge_values(name, hand, witnesses, units, dtype, typical)
            if structural is not None and judged.status == "agree":
                judged = replace(judged, status="dtype", reason=structural.reason)
            verdicts.append(judged)
        else:
            verdicts.append(replace(structural, shape=tuple(shape)))
    for name in hand.arrays:
        if name not in expected:
            verdicts.append(Verdict(name, "unexpected", f"{name!r} is the gradient of no parameter"))
    return verdicts


def _structure(name, arrays, shape, dtype):
    """What can be said without looking at the values, or None."""
    if name not in arrays:
        return Verdict(name, "missing", f"no gradient for {name}")
    array = np.asarray(arrays[name])
    if array.shape != tuple(shape):
        hint = ": transposed?" if array.shape == tuple(shape)[::-1] else ""
        return Verdict(
            name, "shape", f"gradient of {name} has shape {array.shape}; {name} is {tuple(shape)}{hint}"
        )
    if array.dtype.kind not in "fiub":
        return Verdict(name, "dtype", f"gradient of {name} holds {array.dtype}, not real numbers")
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        return Verdict(name, "nonfinite", f"{name}{list(index)} is {array[index]}", worst_index=index)
    if array.dtype != np.dtype(dtype):
        return Verdict(name, "dtype", f"gradient of {name} is {array.dtype}; {name} is {np.dtype(dtype)}")
    return None


def _typical(witnesses, names):
    """The size of a typical entry of the whole gradient, where a witness has looked."""
    asked = next((w for w in witnesses if w.error is None), witnesses[0] if witnesses else None)
    arrays = [] if asked is None else [np.asarray(asked.arrays[n]) for n in names if n in asked.arrays]
    if asked is not None and asked.error is not None:
        arrays = [asked.arrays[n][np.isfinite(asked.error[n])] for n in names if n in asked.arrays]
    entries = sum(a.size for a in arrays)
    return norm(np.array([norm(a) for a in arrays])) / np.sqrt(entries) if entries else 0.0


def _judge_values(name, hand, witnesses, units, dtype, typical):
    mine = np.asarray(hand.arrays[name])
    compared = [Comparison(mine, w, name, units[w.name][name]) for w in witnesses if name in w.arrays]
    if not compared:
        return Verdict(name, "inconclusive", "no witness has this array")
    # Who looked at no entry says nothing: that nothing was seen to differ is no agreement.
    compared = [c for c in compared if c.looked]
    exact = [c for c in compared if c.exact] or compared
    if not exact:
        reason = "could not be differenced: the loss is not finite, or too rough, beside these parameters"
        return Verdict(name, "inconclusive", reason, shape=mine.shape)
    against = [c for c in compared if not c.ratio <= THRESHOLD]
    # The verdict is told by the witness that differs most, or if none does by the first.
    chosen = max(against or exact[:1], key=lambda c: (c.exact, c.ratio if np.isfinite(c.ratio) else np.inf))
    index = chosen.worst_index
    values = {"hand": float(mine[index])} | {c.name: c.value_at(index) for c in compared}
    facts = Verdict(
        name,
        "agree",
        "within rounding",
        error=chosen.error,
        noise=chosen.noise,
        ratio=chosen.ratio,
        worst_index=index,
        values=values,
        sensitivity=exact[0].sensitivity,
        errors={c.name: c.error for c in compared},
        grid=chosen.grid,
        shape=mine.shape,
    )
    if against:
        return _vote(facts, compared, against)
    if any(c.noise > INCONCLUSIVE for c in exact) and all(c.zero_to_rounding(dtype, typical) for c in exact):
        error = norm(mine) / (typical * np.sqrt(mine.size))
        # Of a zero no error is a share: nothing to say of sensitivity.
        return replace(facts, error=error, reason="zero, like the witnesses', to rounding", sensitivity=None)
    hidden = [c for c in exact if c.too_noisy(dtype, INCONCLUSIVE)]
    if len(hidden) == len(exact):
        return replace(
            facts,
            status="inconclusive",
            reason=f"rounding alone is {hidden[0].noise:.0e} of these values: at these parameters nobody could tell",
        )
    return facts


def _vote(facts, compared, against):
    """Somebody differs from the hand by more than rounding: who is it that is off?"""
    nonfinite = [c.name for c in against if not c.finite()]
    supporters = [c for c in compared if c not in against]
    opponents = [c for c in against if c.name not in nonfinite]
    if not opponents:
        if supporters:
            return replace(facts, reason=f"within rounding; {' and '.join(nonfinite)} gives nan or inf here")
        return replace(
            facts, status="inconclusive", reason=f"{' and '.join(nonfinite)} gives nan or inf here"
        )
    if not supporters:
        disagree = _disagreement(opponents)
        if disagree and not _far_from_all(opponents):
            return replace(facts, status="inconclusive", reason=f"the witnesses disagree: {disagree}")
        return replace(
            facts, status="wrong", reason=f"differs from {' and '.join(c.name for c in opponents)}"
        )
    exact = [c for c in supporters if c.exact]
    if len(exact) >= len([c for c in opponents if c.exact]) and (
        exact or not any(c.exact for c in opponents)
    ):
        if any(c.exact for c in opponents) and len(supporters) < 2:
            names = " and ".join(c.name for c in opponents)
            return replace(
                facts, status="inconclusive", reason=f"{exact[0].name} agrees with you, {names} does not"
            )
        names = " and ".join(c.name for c in opponents)
        return replace(
            facts,
            reason=f"within rounding of {' and '.join(c.name for c in supporters)}; {names} is off here",
        )
    if all(not c.exact for c in supporters):
        # Differences are coarser: that they see nothing does not excuse what autograd sees.
        disagree = _disagreement([c for c in opponents if c.exact])
        if not disagree:
            return replace(
                facts, status="wrong", reason=f"differs from {' and '.join(c.name for c in opponents)}"
            )
    return replace(facts, status="inconclusive", reason="the witnesses disagree among themselves")


def _disagreement(comparisons):
    """'torch and jax' where two witnesses differ from each other by more than rounding, else ''."""
    for i, a in enumerate(comparisons):
        for b in comparisons[i + 1 :]:
            if not a.agrees_with(b):
                return f"{a.name} and {b.name}"
    return ""


def _far_from_all(comparisons):
    """Whether in some entry the hand is beyond rounding of everybody, ten times as far as they are from each other."""
    return any(far_from(comparisons, where) for where in blocks(comparisons[0].mine))
