"""One verdict for each named array: the candidate's arrays and the witnesses in, verdicts out."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..common.blocks import blocks
from ..common.floats import Floating, floating
from ..common.statuses import PASSES
from ..witnesses import Arrays, Witness
from ..witnesses.rounding.units import INCONCLUSIVE, THRESHOLD
from .comparison import Comparison, far_from, norm

Shapes = dict[str, tuple[int, ...]]

ULPS = 16  # of a type with few digits, where they exceed the share that is inconclusive


@dataclass(frozen=True)
class Verdict:
    """The judgement of one array.

    error: relative difference in norm from the witness it is judged by.  noise: the rounding unit, relative in
    norm.  ratio: the largest difference in rounding units (more than THRESHOLD is no rounding).
    worst_index: where that is; values: the candidate's entry and each witness's there.  sensitivity: the smallest
    relative error of one typical entry that would have been caught.  errors: `error` for each witness.  grid: block
    maxima of the difference in rounding units, at most 64 x 64.  shape: the array's; a grid is of (all but the last,
    the last).  proved: whether ball arithmetic proves the formula right, or wrong.
    """

    name: str
    status: str
    reason: str
    error: float | None = None
    noise: float | None = None
    ratio: float | None = None
    worst_index: tuple[int, ...] | None = None
    values: dict[str, float | None] = field(default_factory=dict)
    sensitivity: float | None = None
    errors: dict[str, float] = field(default_factory=dict)
    grid: np.ndarray | None = None
    shape: tuple[int, ...] | None = None
    proved: bool = False

    @property
    def passes(self) -> bool:
        return self.status in PASSES

    @property
    def entry(self) -> float:
        """The candidate's entry at worst_index."""
        value = self.values["hand"]
        assert value is not None
        return value

    @property
    def others(self) -> dict[str, float]:
        """The entries there of the witnesses that looked."""
        return {name: x for name, x in self.values.items() if name != "hand" and x is not None}

    @property
    def right(self) -> float:
        """The entry there of the first witness that looked. Raises StopIteration where none did."""
        return next(iter(self.others.values()))


def marked(verdicts: list[Verdict], names: Container[str], status: str, reason: str) -> list[Verdict]:
    """Return the verdicts with this status and reason for the arrays `names`."""
    return [replace(v, status=status, reason=reason) if v.name in names else v for v in verdicts]


def judge(
    arrays: Arrays, witnesses: Sequence[Witness], expected: Shapes, dtype: Any, computed: Any = None
) -> list[Verdict]:
    """Return a Verdict for each name in `expected`, and one for each other array of the candidate.

    arrays: the candidate's, of the type `dtype`; computed: the floating type in which it computes, if another.
    A witness with an `error` of its own (differences) has that added to its units, and counts only where it looked
    (error finite).
    """
    verdicts, info = [], floating(computed or dtype)
    typical = _typical(witnesses, expected)
    for name, shape in expected.items():
        structural = _structure(name, arrays, shape, dtype)
        if structural is None or structural.status == "dtype":
            judged = _judge_values(name, arrays[name], witnesses, info, typical)
            if structural is not None and judged.status == "agree":
                judged = replace(judged, status="dtype", reason=structural.reason)
            verdicts.append(judged)
        else:
            verdicts.append(replace(structural, shape=tuple(shape)))
    unexpected = [n for n in arrays if n not in expected]
    return verdicts + [Verdict(n, "unexpected", f"{n!r} is the gradient of no parameter") for n in unexpected]


def _structure(name: str, arrays: Arrays, shape: tuple[int, ...], dtype: Any) -> Verdict | None:
    """Judge what needs no look at the values; None where nothing is amiss."""
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


def _typical(witnesses: Sequence[Witness], names: Shapes) -> float:
    """Return the root mean square of the whole gradient's entries, where a witness has looked."""
    asked = next((w for w in witnesses if w.exact), witnesses[0] if witnesses else None)
    if asked is None:
        return 0.0
    arrays = [np.asarray(asked.arrays[n]) for n in names if n in asked.arrays]
    if asked.error is not None:
        arrays = [asked.arrays[n][np.isfinite(asked.error[n])] for n in names if n in asked.arrays]
    entries = sum(a.size for a in arrays)
    return norm(np.array([norm(a) for a in arrays])) / np.sqrt(entries) if entries else 0.0


def _judge_values(
    name: str, mine: np.ndarray, witnesses: Sequence[Witness], info: Floating, typical: float
) -> Verdict:
    mine, share = np.asarray(mine), max(INCONCLUSIVE, ULPS * info.eps)
    if not mine.size:
        return Verdict(name, "agree", "has no entries", shape=mine.shape)
    compared = [Comparison(mine, w, name, w.unit(name)) for w in witnesses if name in w.arrays]
    if not compared:
        return Verdict(name, "inconclusive", "no witness has this array")
    # A witness that looked at no entry does not agree: it has seen nothing.
    compared = [c for c in compared if c.looked]
    exact = [c for c in compared if c.exact] or compared
    if not exact:
        reason = "could not be differenced: the loss is not finite, or too rough, near these parameters"
        return Verdict(name, "inconclusive", reason, shape=mine.shape)
    against = [c for c in compared if not c.ratio <= THRESHOLD]
    # The verdict is that of the witness that differs most, or if none does of the first.
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
    if any(c.noise > share for c in exact) and all(c.zero_to_rounding(info, typical) for c in exact):
        error = norm(mine) / (typical * np.sqrt(mine.size))
        # No error is a share of zero: there is no sensitivity.
        return replace(facts, error=error, reason="zero, like the witnesses', to rounding", sensitivity=None)
    hidden = [c for c in exact if c.too_noisy(info, share)]
    if len(hidden) == len(exact):
        noise = (
            f"rounding alone is {hidden[0].noise:.0e} of these values: at these parameters no check can tell"
        )
        return replace(facts, status="inconclusive", reason=noise)
    return facts


def _vote(facts: Verdict, compared: list[Comparison], against: list[Comparison]) -> Verdict:
    """Decide which is wrong where a witness differs from the candidate by more than rounding."""
    nonfinite = [c for c in against if not c.finite()]
    supporters = [c for c in compared if c not in against]
    opponents = [c for c in against if c not in nonfinite]
    if not opponents:
        reason = f"{_names(nonfinite)} gives nan or inf here"
        if supporters:
            return replace(facts, reason=f"within rounding; {reason}")
        return replace(facts, status="inconclusive", reason=reason)
    wrong = replace(facts, status="wrong", reason=f"differs from {_names(opponents)}")
    if not supporters:
        disagree = _disagreement(opponents)
        if disagree and not _far_from_all(opponents):
            return replace(facts, status="inconclusive", reason=f"the witnesses disagree: {disagree}")
        return wrong
    exact, against_exactly = ([c for c in side if c.exact] for side in (supporters, opponents))
    if len(exact) >= len(against_exactly) and (exact or not against_exactly):
        if against_exactly and len(supporters) < 2:
            reason = f"{exact[0].name} agrees with you, {_names(opponents)} does not"
            return replace(facts, status="inconclusive", reason=reason)
        return replace(
            facts, reason=f"within rounding of {_names(supporters)}; {_names(opponents)} is off here"
        )
    # Differences are coarser: that they see nothing does not excuse what autograd sees.
    if not exact and not _disagreement(against_exactly):
        return wrong
    return replace(facts, status="inconclusive", reason="the witnesses disagree among themselves")


def _names(comparisons: list[Comparison]) -> str:
    return " and ".join(c.name for c in comparisons)


def _disagreement(comparisons: list[Comparison]) -> str:
    """Name two witnesses that differ from each other by more than rounding ('torch and jax'), or return ''."""
    for i, a in enumerate(comparisons):
        for b in comparisons[i + 1 :]:
            if not a.agrees_with(b):
                return _names([a, b])
    return ""


def _far_from_all(comparisons: list[Comparison]) -> bool:
    """Return whether an entry is off beyond rounding, and by ten times as much as the witnesses differ."""
    return any(far_from(comparisons, where) for where in blocks(comparisons[0].mine))
