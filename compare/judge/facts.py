"""Facts about wrong arrays, from their numbers alone: the report has only those that reproduce every entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from ..common.arrays import Array
from ..witnesses.rounding.units import THRESHOLD
from .accumulators import norm
from .factors import ALIKE, Sizes, ratio_in_words

SHARE = 0.05  # of the deviation: what a fact may leave of it
TINY = float(np.finfo(np.float64).tiny)
PENALTY = "a matter of the penalty"


@dataclass(frozen=True)
class Pair:
    """A wrong array beside the right one.

    unit: the rounding unit of each entry, inf where the right value is not known.  param: the parameter itself.
    """

    name: str
    mine: Array
    right: Array
    unit: Array
    param: Array | None = None

    @property
    def known(self) -> Array:
        return np.isfinite(self.unit)

    @property
    def whole(self) -> bool:
        """Return whether the right value of every entry is known."""
        return bool(self.known.all())

    @property
    def off(self) -> Array:
        """Return a mask of the entries that are off by more than rounding."""
        return self.known & ~(np.abs(self.mine - self.right) <= THRESHOLD * self.unit)

    def only(self, where: Array) -> "Pair":
        """Return the entries `where` as a vector."""
        param = None if self.param is None else self.param[where]
        return Pair(self.name, self.mine[where], self.right[where], self.unit[where], param)


def pair(name: str, mine: Array, right: Array, unit: Array, param: Array | None = None) -> Pair:
    """Return the Pair in float64; a parameter of another shape is left out."""
    mine, right, unit = (np.asarray(a, np.float64) for a in (mine, right, unit))
    fitting = param is not None and np.shape(param) == mine.shape
    return Pair(name, mine, right, unit, np.asarray(param, np.float64) if fitting else None)


def constant_ratio(mine: Array, right: Array, unit: Array) -> float | None:
    """Return r where mine = r right to rounding in every entry, else None."""
    mine, right = np.asarray(mine, np.float64), np.asarray(right, np.float64)
    size = float(np.abs(right).max(initial=0))
    if mine.shape != right.shape or not 0 < size < np.inf or not np.isfinite(mine).all():
        return None
    one, other = mine / size, right / size  # squares may underflow
    r = float((one * other).sum() / (other * other).sum())
    return r if _fits(mine, right, r * right, max(1, abs(r)) * unit) else None


def _fits(mine: Array, right: Array, model: Array, unit: Array) -> bool:
    """Return whether `model` gives all of `mine`, and leaves next to nothing of its deviation from `right`."""
    left, deviation = np.abs(mine - model), np.abs(mine - right)
    if not (left <= 3 * THRESHOLD * unit).all():
        return False
    explained = norm(left) <= SHARE * norm(deviation)
    return bool(explained or (deviation <= THRESHOLD * unit).all())


def shared_ratio(pairs: Sequence[Pair]) -> float | None:
    """Return r where every known entry of every array is r times the right one, else None; 0 counts as none."""
    known = [p.only(p.known) for p in pairs if p.known.any()]
    ratios = [constant_ratio(p.mine, p.right, p.unit) for p in known]
    if not known or len(known) != len(pairs) or None in ratios:
        return None
    noise = [norm(p.unit) / norm(p.right) for p in known]
    r = ratios[int(np.argmin(noise))]
    same = r and all(_fits(p.mine, p.right, r * p.right, max(1, abs(r)) * p.unit) for p in known)
    return r if same else None


def describe(pairs: Sequence[Pair], sizes: Sizes, every: bool = False, most: int = 4) -> list[str]:
    """Return a sentence for each wrong array, or for those that share it.

    every: whether no other array is right but as 0.  most: sentences; further arrays are counted.
    """
    r = shared_ratio(pairs) if every and len(pairs) > 1 else None
    if r is not None:
        found = ratio_in_words(r, sizes)
        more = _norm_words([p.mine for p in pairs], "the norm of all together is") if 0 < r < 1 else ""
        return [
            f"Every array is {found.words} the right value{_everywhere(pairs)}{found.sizes}{found.cause}{more}."
        ]
    bound = _common_bound(pairs) if len(pairs) > 1 else None
    if bound:
        names = ", ".join(p.name for p in pairs)
        return [f"{names} are each the right gradient clipped to [-{bound:.6g}, {bound:.6g}]."]
    said: dict[str, list[str]] = {}
    for p in pairs:
        said.setdefault(_predicate(p, sizes), []).append(p.name)
    sentences = [_sentence(names, predicate) for predicate, names in said.items()]
    left = sum(len(names) for names in list(said.values())[most:])
    return sentences[:most] + ([f"{left} more {'are' if left > 1 else 'is'} off."] if left else [])


def _everywhere(pairs: Sequence[Pair]) -> str:
    if all(p.whole for p in pairs):
        return ""
    return f" in all {sum(int(p.known.sum()) for p in pairs)} entries that were differenced"


def _sentence(names: list[str], predicate: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {predicate.replace('ITSELF', f'{names[0]} itself')}."
    plural = predicate.replace("is ", "are each ", 1).replace("ITSELF", "the parameter itself")
    return f"{', '.join(names)} {plural}."


def _predicate(p: Pair, sizes: Sizes) -> str:
    """Return what is true of a wrong array, from 'is' on: never a guess."""
    if not p.whole:
        return _sampled(p, sizes)
    if (np.abs(p.right) <= THRESHOLD * p.unit).all():
        rounding = " but for rounding" if np.any(p.right) else ""
        return f"is not 0, as it should be{rounding}: yours is up to {np.abs(p.mine).max():.3g}"
    found = _multiple(p, sizes) or _transposed(p, sizes) or _penalty(p) or _clipped(p) or _both(p, sizes)
    if found:
        return found
    count, where = int(p.off.sum()), _where(p.off)
    share = float(np.abs(p.mine - p.right).max() / np.abs(p.right).max())
    if not count:
        return f"is off by up to {share:.1e} of its largest entry"
    if where:
        inside = p.only(p.off)
        more = (_multiple(inside, sizes, "") or _penalty(inside)) if count > 1 else None
        return f"is off in {where}" + (f", where it {more}" if more else "")
    if p.mine.size > 1 and np.ptp(p.mine) <= 1e-12 * np.abs(p.mine).max():
        return "is the same number in all entries"
    if share <= 1e-3:
        return f"is off in {count} of {p.mine.size} entries, by up to {share:.1e} of its largest"
    one, other = (a / max(np.abs(a).max(), TINY) for a in (p.mine, p.right))  # squares may underflow
    cosine = float((one * other).sum() / max(np.linalg.norm(one) * np.linalg.norm(other), TINY))
    return f"is off in {count} of {p.mine.size} entries; its angle to the right one has cosine {cosine:.4f}"


def _sampled(p: Pair, sizes: Sizes) -> str:
    """Return what is true of the entries that were differenced: of the others nothing is known."""
    known = p.only(p.known)
    total = f"{known.mine.size} entries that were differenced (of {p.mine.size})"
    found = _multiple(known, sizes, f" in all {total}") if np.count_nonzero(known.right) > 2 else None
    if found:
        return found
    away = np.where(p.off, np.abs(p.mine - p.right), 0.0)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(away), away.shape))
    index = ",".join(map(str, worst))
    entry = f"[{index}] is {p.mine[worst]:.10g}, {p.right[worst]:.10g} is right"
    return f"is off in {int(p.off.sum())} of the {total}: {entry}"


def _multiple(p: Pair, sizes: Sizes, where: str = " in every entry") -> str | None:
    """Say that the array is 0, or one multiple of the right one."""
    if not np.any(p.mine):
        return "is 0" + (" everywhere" if where else "")
    r = constant_ratio(p.mine, p.right, p.unit)
    if r is None:
        return None
    if np.count_nonzero(p.right) == 1:
        where = " (one entry)" if p.mine.size == 1 else " in its one entry that is not 0"
    found = ratio_in_words(r, sizes)
    more = _norm_words([p.mine], "its norm is") if 0 < r < 1 and p.mine.size > 1 else ""
    return f"is {found.words} the right value{where}{found.sizes}{found.cause}{more}"


def _norm_words(arrays: list[Array], what: str) -> str:
    """Say that the norm of arrays together is a round number, as clipping leaves it; else ''."""
    norm = float(np.sqrt(sum(float((a * a).sum()) for a in arrays)))
    return f"; {what} {norm:.6g}: clipped by norm" if _round(norm) else ""


def _round(value: float) -> bool:
    return abs(float(f"{value:.2g}") - value) <= 1e-7 * abs(value)


def _transposed(p: Pair, sizes: Sizes) -> str | None:
    for axes in permutations(range(p.mine.ndim)) if 1 < p.mine.ndim < 5 else ():
        turned = p.mine.transpose(axes)
        if axes == tuple(range(p.mine.ndim)) or turned.shape != p.right.shape:
            continue
        r = constant_ratio(turned, p.right, p.unit)
        if r is not None:
            how = "transposed" if p.mine.ndim == 2 else f"with its axes in the order {axes}"
            times = "" if abs(r - 1) <= ALIKE else f"{ratio_in_words(r, sizes).words} "
            return f"is {times}the right gradient {how}"
    return None


def _penalty(p: Pair) -> str | None:
    """Say that a multiple of the parameter, or of its sign, is added."""
    if p.param is None or p.off.sum() < 2:
        return None
    for what, added in (("ITSELF", p.param), ("the sign of ITSELF", np.sign(p.param))):
        c = plus(p.mine, p.right, added, p.unit)
        if c is not None:
            return f"is the right gradient plus {c:.6g} times {what}: {PENALTY}"
    return None


def plus(mine: Array, right: Array, added: Array, unit: Array) -> float | None:
    """Return c where mine = right + c added to rounding and c is not 0, else None."""
    square = float((added * added).sum())
    if not square > 0:
        return None
    c = float(((mine - right) * added).sum()) / square
    room = unit + np.finfo(float).eps * np.abs(c * added)
    return c if c and _fits(mine, right, right + c * added, room) else None


def _clipped(p: Pair) -> str | None:
    bound = _common_bound([p])
    return f"is the right gradient clipped to [-{bound:.6g}, {bound:.6g}]" if bound else None


def _common_bound(pairs: Sequence[Pair]) -> float | None:
    """Return c where all arrays are clipped to [-c, c], else None: one entry shows nothing but a round c."""
    if not all(p.whole for p in pairs):
        return None
    c = max(float(np.abs(p.mine).max(initial=0)) for p in pairs)
    at = sum(int((p.off & (np.abs(np.abs(p.mine) - c) <= 1e-12 * c)).sum()) for p in pairs)
    inside = any(np.ptp(np.abs(p.mine)) > 0 for p in pairs)
    if not c > 0 or not (at > 2 or (inside and at and (at > 1 or _round(c)))):
        return None
    return c if all(_fits(p.mine, p.right, np.clip(p.right, -c, c), p.unit) for p in pairs) else None


def _both(p: Pair, sizes: Sizes) -> str | None:
    """Say that a multiple of the right gradient and one of the parameter are added."""
    found = mixture(p, sizes)
    if found is None:
        return None
    r, c = found
    if abs(r) * np.linalg.norm(p.right) <= ALIKE * np.linalg.norm(p.mine):
        return f"is {c:.6g} times ITSELF"
    known = ratio_in_words(r, sizes)
    return f"is {known.words} the right value plus {c:.6g} times ITSELF{known.sizes}: {PENALTY}"


def mixture(p: Pair, sizes: Sizes) -> tuple[float, float] | None:
    """Return r, c where mine = r right + c parameter to rounding, and neither does without the other, else None.

    Of three entries two numbers explain little: there r has to be one that the sizes explain.
    """
    if p.param is None or not np.any(p.param) or p.off.sum() < max(3, p.mine.size / 2):
        return None
    columns = np.stack([p.right.ravel(), p.param.ravel()], axis=1)
    (r, c), *_ = np.linalg.lstsq(columns, p.mine.ravel(), rcond=None)
    room = max(1, abs(r)) * p.unit
    if not _fits(p.mine, p.right, r * p.right + c * p.param, room) or _fits(
        p.mine, p.right, r * p.right, room
    ):
        return None
    if p.off.sum() < 4 and not ratio_in_words(float(r), sizes, named=False).sizes:
        return None
    return float(r), float(c)


def _where(off: Array) -> str | None:
    """Return where an array is off, or None where that is almost everywhere."""
    count, listed = int(off.sum()), ""
    if count == off.size:
        return None
    if count <= max(3, off.size // 20) or off.ndim == 1:
        listed = ", ".join(str([int(i) for i in index]).replace(" ", "") for index in np.argwhere(off)[:6])
        return f"{count} of {off.size} entries: {listed}{' ...' if count > 6 else ''}"
    parts = []
    for axis in range(off.ndim):
        hit = np.flatnonzero(off.any(axis=tuple(k for k in range(off.ndim) if k != axis)))
        if len(hit) < off.shape[axis]:
            what = ("rows", "columns")[axis] if off.ndim == 2 else f"index {axis} ="
            more = " ..." if len(hit) > 6 else ""
            parts.append((len(hit) / off.shape[axis], f"{what} {', '.join(map(str, hit[:6]))}{more} only"))
    return min(parts)[1] if parts else None
