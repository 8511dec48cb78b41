"""Report a backward pass that is not linear in its cotangent, or ignores it."""

import numpy as np

from ...common.arrays import equal
from ...user.subject import MANY_TERMS
from ...witnesses.directional import direction
from .operations import VjpCheck


def linear_in_cotangent(check: VjpCheck) -> VjpCheck:
    """Report a backward pass that ignores its cotangent or is not linear in it: pull back another one, and a sum."""
    subject, first = check.subject, check.answer.arrays
    if check.ok and subject.op.framework != "numpy":
        return check
    rng = np.random.default_rng([check.seed, 2])
    other = [rng.standard_normal(c.shape).astype(c.dtype) for c in subject.cotangents]
    other = [t.rounded(o).astype(o.dtype) for t, o in zip(subject.types, other, strict=True)]
    both = [c + 2 * o for c, o in zip(subject.cotangents, other, strict=True)]
    try:
        with np.errstate(all="ignore"):
            second, third, none = (
                subject.op.pull(subject.flat, g) for g in (other, both, [0 * c for c in other])
            )
    except Exception:  # it takes only some cotangents
        return check
    names = [n for n in first if n in subject.flat and all(n in found for found in (second, third, none))]

    def near(a: np.ndarray, b: np.ndarray) -> bool:
        terms = 16 if subject.precision.low else MANY_TERMS
        room = terms * subject.precision.eps * max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
        return a.shape == b.shape and bool((np.abs(a - b) <= room).all())

    ignoring = [
        n for n in names if np.any(first[n]) and near(first[n], second[n]) and near(first[n], none[n])
    ]
    bent = [n for n in names if n not in ignoring and not near(first[n] + 2 * second[n], third[n])]
    shifted = [n for n in bent if np.any(none[n])]
    said = [
        f"{', '.join(ignoring)}: your backward ignores its cotangent, another one gives the same gradient."
    ]
    said += [
        f"{', '.join(bent)}: your backward is not linear in its cotangent{', 0 does not give 0' * bool(shifted)}."
    ]
    said = [words for words, names in zip(said, (ignoring, bent), strict=True) if names]
    if not said and not check.ok:
        said = [f"Your backward ignores the cotangent of output {k}." for k in _ignored(check)]
    if not said or not check.ok:
        return check.but(diagnosis=" ".join(filter(None, [check.diagnosis, *said])) or None)
    return check.warned([f"{words[:-1]}: right for this cotangent only" for words in said])


def _ignored(check: VjpCheck) -> list[int]:
    """Return which of several cotangents change no gradient, though the outputs move with the inputs."""
    subject, found = check.subject, list[int]()
    for k, c in enumerate(subject.cotangents if len(subject.cotangents) > 1 else []):
        others = [*subject.cotangents[:k], 0 * c, *subject.cotangents[k + 1 :]]
        u = direction(subject.flat, check.seed)
        moved = {n: (a + 1e-3 * u[n]).astype(a.dtype) for n, a in subject.flat.items()}
        if equal(subject.op.pull(subject.flat, others), check.answer.arrays) and not equal(
            {"": subject.function(moved)[k]}, {"": subject.outputs[k]}
        ):
            found.append(k)
    return found
