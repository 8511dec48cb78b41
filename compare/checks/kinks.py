"""Samples on a kink, where every framework picks some subgradient: found, counted, and judged apart from the rest."""

from dataclasses import replace

import numpy as np

from manual.activations import ACTIVATIONS, LEAKY_SLOPE
from manual.criteria import CRITERIA

from ..witnesses import numerical

KINKED = tuple(name for name, f in ACTIVATIONS.items() if f.kinks)
# What torch and jax take at the kink; tests/compare/checks/test_conventions.py measures it.
FRAMEWORKS = {
    name: (r.kinks[0].torch, r.kinks[0].jax) for name, r in (ACTIVATIONS | CRITERIA).items() if r.kinks
}
ULPS = 4  # z summed in another order is this far from 0 where it is 0 on paper
LOOKED_AT = 50  # entries; each costs three values of the loss


def kinks(reference, params, dtype=np.float64):
    """Which samples sit on a kink, to the rounding of `dtype`: a net input of 0 at a relu, a hinge margin of 1.

    params: in the layout of `manual`. Returns a mask (N,). In networks other than the MLP none are looked for.
    """
    if not reference.layered:
        return np.zeros(len(reference.x), bool)
    net, x = reference.net, np.asarray(reference.x, np.float64)
    if not {net.criterion, *net.activations} & FRAMEWORKS.keys():
        return np.zeros(len(x), bool)
    with np.errstate(all="ignore"):
        p = net.forward_pass(params, x)
        mask = np.zeros(len(x), bool)
        for l in range(1, net.depth + 1):
            if net.activations[l - 1] in KINKED:
                mask |= _at_zero(p, l, dtype).any(axis=1)
        if net.criterion == "hinge":
            mask |= _at_one(p.a[net.depth] * reference.y, dtype).any(axis=1)
    return mask


def _at_zero(p, l, dtype):
    summed = np.abs(p.a[l - 1]) @ np.abs(p.W[l]).T + np.abs(p.b[l])
    return np.abs(p.z[l]) <= ULPS * np.finfo(dtype).eps * summed


def _at_one(margin, dtype):
    return np.abs(margin - 1) <= ULPS * np.finfo(dtype).eps


def without(subject, reference, mask):
    """(x, y) of the person without the samples in `mask`.

    Others stand in their places, so that N stays: with fewer, a mistake with N in it could hide.
    """
    keep = stand_ins(mask)
    x = np.take(subject.x, keep, 1 if reference.layout.columns else 0)
    y_axis = 1 if np.ndim(subject.y) == 2 and np.shape(subject.y)[0] != len(mask) else 0
    return x, np.take(subject.y, keep, y_axis)


def stand_ins(mask):
    """For each of the N places the sample that is taken."""
    return np.resize(np.flatnonzero(~mask), len(mask))


def calm(reference, params, dtype):
    """The reference without its samples on a kink, where rounding would jump; itself where none or all are."""
    mask = kinks(reference, params, dtype)
    if not mask.any() or mask.all():
        return reference
    keep = stand_ins(mask)
    return replace(reference, x=reference.x[keep], y=reference.y[keep])


def remarked(report, subject, reference, mask, arrays):
    """The report of the batch without its kinks, and what the kinks change: `kink` for the arrays that differ there.

    arrays: what the hand gave for the whole batch.
    """
    right, _ = reference.by_hand(subject.flat, _shapes(subject), subject.dtype, noise=False)
    chosen = explained(subject, reference, arrays)
    outside = _outside(chosen)
    reason, names = (_no_subgradient(mask, chosen), chosen[2]) if outside else (_reason(mask, chosen), ())
    verdicts = [
        _with_kinks(v, arrays.get(v.name), right.arrays.get(v.name), subject.dtype, reason, v.name in names)
        for v in report.verdicts
    ]
    note = (
        f"{int(mask.sum())} of {len(mask)} samples sit on a kink, where any subgradient is right: "
        f"judged by the other {int((~mask).sum())}"
    )
    about = report.about | {"kinks": {"samples": int(mask.sum()), "keep": stand_ins(mask).tolist()}}
    ok = report.ok and all(v.passes for v in verdicts)
    said = report.diagnosis
    if report.ok and not ok:
        first = next(v for v in verdicts if not v.passes)
        said = f"{first.reason}: without the samples on a kink it is right."
    return replace(
        report, ok=ok, diagnosis=said, verdicts=verdicts, warnings=[note, *report.warnings], about=about
    )


def _with_kinks(verdict, mine, right, dtype, reason, outside):
    """The verdict on an array that is right without its kinks: any subgradient is right there; nan and inf are none,
    nor is what lies outside the slopes on the two sides."""
    if verdict.status not in ("agree", "convention", "dtype"):
        return verdict
    if mine is not None and not np.isfinite(mine).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(mine))[0])
        said = f"{verdict.name}{list(index)} is {mine[index]} through a sample on a kink"
        return replace(verdict, status="nonfinite", reason=said, worst_index=index, values={}, error=None)
    if verdict.status == "agree" and not _same(mine, right, dtype):
        return replace(verdict, status="wrong" if outside else "kink", reason=reason)
    return verdict


def excused(subject, reference, arrays, verdicts):
    """`kink` for arrays that are right with another derivative at the kink; for gradients without a function, and
    batches that are nothing but kinks."""
    mask = kinks(reference, reference.params(subject.flat), subject.dtype)
    if not mask.any():
        return verdicts
    chosen = explained(subject, reference, arrays)
    right = set() if chosen is None else chosen[2]
    # What the kinks do not move is off for another reason, however little.
    ours = reference.by_hand(subject.flat, _shapes(subject), subject.dtype, noise=False)[0].arrays
    moved = {n for n in right if not _same(arrays[n], ours[n], subject.dtype)}
    if _outside(chosen):
        status, reason, concerned = (
            "wrong",
            _no_subgradient(mask, chosen),
            {"wrong": moved, "inconclusive": moved},
        )
    else:
        status, reason, concerned = "kink", _reason(mask, chosen), {"wrong": moved, "inconclusive": right}
    return [
        replace(v, status=status, reason=reason) if v.name in concerned.get(v.status, ()) else v
        for v in verdicts
    ]


def _outside(chosen):
    """Whether a slope explains the arrays that no subgradient has: relu's and hinge's are from 0 to 1, a leaky relu's
    within."""
    return chosen is not None and not 0 <= chosen[1] <= 1


def explained(subject, reference, arrays):
    """(kind, slope, names): the derivative at every kink with which most arrays are right; None where none is.

    Tried are what people choose and, where these do not explain all, the one that fits best, whatever it is.
    """
    net, best = reference.net, None
    kinds = {f for f in net.activations if f in KINKED} | {net.criterion} & {"hinge"}
    kind = kinds.pop() if len(kinds) == 1 else None

    def gradients(slope):
        theirs = replace(reference, net=choosing(net, slope, subject.dtype))
        found = theirs.net.loss_and_grads(theirs.params(subject.flat), theirs.x, theirs.y)[1]
        return theirs.theirs(found, _shapes(subject))

    tried = {slope: gradients(slope) for slope in (0.0, LEAKY_SLOPE, 0.5, (1 + LEAKY_SLOPE) / 2, 1.0)}
    for slope, said in tried.items():
        names = {n for n, a in said.items() if _same(arrays.get(n), a, subject.dtype)}
        if names and (best is None or len(names) > len(best[2])):
            best = (kind, slope, names)
    fitting = _fitted(arrays, tried[0.0], tried[1.0])
    if fitting is None or (best is not None and len(best[2]) == len(tried[0.0])):
        return best
    said = gradients(fitting)
    names = {n for n, a in said.items() if _same(arrays.get(n), a, subject.dtype)}
    return (kind, fitting, names) if names == said.keys() else best


def _fitted(arrays, at_zero, at_one):
    """The slope s for which `arrays` come nearest to at_zero + s (at_one - at_zero), or None."""
    if any(np.shape(arrays.get(n)) != np.shape(a) for n, a in at_zero.items()):
        return None
    along, off = (
        np.concatenate([np.ravel(a[n] - at_zero[n]) for n in at_zero]).astype(np.float64)
        for a in (at_one, arrays)
    )
    if not np.isfinite([along, off]).all() or not along.any():
        return None
    return float(along @ off) / float(along @ along)


def choosing(net, slope, dtype=np.float64):
    """`net` with the derivative `slope` at the kink of each relu, leaky relu and hinge."""

    class Chosen(type(net)):
        def through_activation(self, l, da, p):
            right = super().through_activation(l, da, p)
            if self.activations[l - 1] not in KINKED:
                return right
            return np.where(_at_zero(p, l, dtype), slope * da, right)

        def criterion_gradient(self, a, y):
            right = super().criterion_gradient(a, y)
            if self.criterion != "hinge":
                return right
            return np.where(_at_one(y * a, dtype), -slope * y / a.size, right)

    return Chosen(**{name: getattr(net, name) for name in net.__dataclass_fields__})


def between_sides(loss, arrays, name, mine, off):
    """{index: (derivative from the left, from the right)} of the entries in the mask `off`, where each is a kink of
    the loss and `mine` lies between its sides; else {}.

    The hand may have any value between the two; a few more entries than LOOKED_AT are no kink's work.
    """
    entries = [tuple(int(j) for j in i) for i in np.argwhere(off)]
    if not entries or len(entries) > LOOKED_AT:
        return {}
    jitter, found = numerical.loss_jitter(loss, arrays, float(loss(arrays))), {}
    for index in entries:
        seen = numerical.sides(loss, arrays, name, index, jitter)
        if seen is None:
            return {}
        low, high = sorted(seen)
        room = 0.01 * (high - low)
        if not low - room <= mine[index] <= high + room:
            return {}
        found[index] = seen
    return found


def _reason(mask, chosen):
    words = f"differs only through {int(mask.sum())} of {len(mask)} samples on a kink"
    if chosen is None or chosen[0] is None:
        return words
    torch, jax = FRAMEWORKS[chosen[0]]
    if chosen[1] in (torch, jax) and torch == jax:
        return words
    return f"{words}: your derivative there is {chosen[1]:g}, torch takes {torch:g}, jax {jax:g}"


def _no_subgradient(mask, chosen):
    kind, samples = chosen[0] or "function", f"{int(mask.sum())} of {len(mask)} samples sit there"
    return (
        f"the derivative of the {kind} at its kink is {chosen[1]:.6g} in yours ({samples}): "
        "every subgradient lies between the slopes on its two sides"
    )


def _shapes(subject):
    return {n: a.shape for n, a in subject.flat.items()}


def _same(mine, right, dtype):
    """Equal but for rounding: a choice at a kink moves an array by far more than half its digits."""
    if mine is None or right is None or np.shape(mine) != np.shape(right):
        return False
    largest = np.abs(right).max(initial=0)
    return bool((np.abs(mine - right) <= np.sqrt(np.finfo(dtype).eps) * largest).all())
