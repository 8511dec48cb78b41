"""Marks that a mistake leaves in the numbers, where no network is known to plant it in: a name, not a certain one."""

from collections.abc import Sequence

import numpy as np

from ...judge import facts
from ...judge.accumulators import norm
from ...judge.factors import Sizes, ratio_in_words
from ...judge.report import Finding
from ...witnesses.rounding.units import THRESHOLD
from ..check import Check, GradientCheck

ZERO = 1e-10  # of the largest entry of all arrays: what rounding leaves of a structural zero
UNCERTAIN = "(network unknown: not certain)"


def fingerprint(check: GradientCheck) -> list[Finding]:
    """Name a ratio that all entries share, with the penalty's part or without, or rows that a repeated index has."""
    off = [v.name for v in check.having("wrong", "inherited")]
    pairs = [p for n in off if (p := beside(check, n))]
    if len(pairs) != len(off):
        return []
    alike = shared(check) or (pairs if len(check.verdicts) == 1 else [])
    return _ratio(check, alike) or _with_penalty(check, pairs) or _repeated_rows(check, pairs)


def _ratio(check: GradientCheck, pairs: Sequence[facts.Pair]) -> list[Finding]:
    r = facts.shared_ratio(pairs)
    if r is None:
        return []
    found = ratio_in_words(r, sizes(check), named=sum(int(p.known.sum()) for p in pairs) > 1)
    words = f"A factor {found.words.rpartition(' ')[0]} is the mark of"
    return [_finding(pairs[0].name, found.ids, words)] if found.ids else []


def _with_penalty(check: GradientCheck, pairs: Sequence[facts.Pair]) -> list[Finding]:
    """Name the ratio of the data's part, where each array has it and a multiple of its parameter besides."""
    if len(pairs) != len(check.verdicts):  # a right array has the data's part right
        return []
    both = [facts.mixture(p, sizes(check)) for p in pairs if p.whole]
    ratios = [b[0] for b in both if b is not None]
    if not ratios or len(ratios) != len(pairs) or not np.ptp(ratios) <= 1e-6 * abs(ratios[0]):
        return []
    found = ratio_in_words(ratios[0], sizes(check), named=False)
    words = f"A factor {found.words.rpartition(' ')[0]} of all but the penalty is the mark of"
    return [_finding(pairs[0].name, found.ids, words)] if found.ids else []


def _repeated_rows(check: GradientCheck, pairs: Sequence[facts.Pair]) -> list[Finding]:
    """Name a table of which each row has the derivative of its last use alone, as the record of the run has it."""
    if check.traced is None or len(pairs) != 1 or not pairs[0].whole:
        return []
    (p,), back = pairs, check.traced.back
    for operation in check.traced.run.tape.operations:
        (g, *_) = back.by_operation.get(operation.index) or (None,)
        if operation.method != "getitem" or g is None or operation.reads[0].array.shape != p.mine.shape:
            continue
        index, every, last = operation.args[1], np.zeros(p.mine.shape), np.zeros(p.mine.shape)
        np.add.at(every, index, g)
        last[index] = g
        share = np.divide(
            last, every, out=np.ones_like(every), where=every != 0
        )  # of E, or of a function of it
        if (np.abs(p.mine - p.right * share) <= THRESHOLD * p.unit).all():
            words = "Each row has the derivative of the last use of its index alone, the mark of"
            return [_finding(p.name, ("embedding-assigned",), words)]
    return []


def _finding(array: str, ids: tuple[str, ...], words: str) -> Finding:
    return Finding(array, "output_delta", ids, False, f"{words} {' or '.join(ids)} {UNCERTAIN}.")


def shared(check: Check) -> list[facts.Pair] | None:
    """Return the arrays that are off where they all are, but zeros, by one factor; else None."""
    off = check.having("wrong", "inherited")
    others = {v.name for v in check.verdicts} - {v.name for v in off}
    if len(off) < 2:
        return None
    # A right array that is not 0 settles it, before any is copied.
    sizes = {n: float(np.abs(a).max(initial=0)) for w in check.witnesses for n, a in w.arrays.items()}
    if any(sizes.get(n, 0) > ZERO * max(sizes.values()) for n in others):
        return None
    if any(v.name in others and v.proved and v.sensitivity for v in check.verdicts):  # small, and no zero
        return None
    pairs = [p for v in off if (p := beside(check, v.name)) is not None]
    return pairs if len(pairs) == len(off) and facts.shared_ratio(pairs) is not None else None


def beside(check: Check, name: str) -> facts.Pair | None:
    """Return an array beside the right one: of the finest exact witness, else differences, their error in the unit."""
    exact = sorted((w for w in check.exact if name in w.arrays), key=lambda w: norm(w.room(name)))
    found = next((w for w in [*exact, *check.witnesses] if name in w.arrays), None)
    mine = check.arrays.get(name)
    if found is None or mine is None or np.shape(mine) != found.arrays[name].shape:
        return None
    pair = facts.pair(name, mine, found.arrays[name], found.room(name), check.subject.flat.get(name))
    return pair if pair.known.any() and np.isfinite(pair.mine).all() else None


def sizes(check: Check) -> Sizes:
    """Return the samples and the outputs that a factor may be made of: the network's, else what x and y share."""
    reference, x, y = check.reference, getattr(check.subject, "x", None), getattr(check.subject, "y", None)
    if reference is not None:
        return Sizes(check.batch, reference.net.sizes[-1] if reference.layered else None)
    a, b = (
        [*v.shape] if isinstance(v, np.ndarray) else [len(v)] if isinstance(v, list) else [] for v in (x, y)
    )
    if len(a) == len(b) == 2 and a[0] != b[0] and a[1] == b[1]:
        return Sizes(a[1], b[0])  # samples as columns
    outputs = b[1] if a and len(b) == 2 and a[0] == b[0] else None
    return Sizes(a[0] if a else None, outputs)
