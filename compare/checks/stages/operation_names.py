"""Names for the mistakes of operations: candidates are tried on the numbers of each wrong gradient."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...judge.report import Finding
from ...mistakes.operations.case import Case, Pull
from ...mistakes.operations.naming import named
from ...user.operation import floating
from ...user.statistics import Cut as OfAll
from ...witnesses import Arrays
from .operations import VjpCheck

PLAIN = ("zero-gradient", "sign-flipped", "factor-two", "no-gradient")  # the facts of all entries say it
LARGEST = 1_000_000  # entries; for larger gradients the report has the facts alone


def named_operation(check: VjpCheck) -> VjpCheck:
    """Find the mistake in each wrong gradient that the catalogue of operations reproduces, and say it."""
    if check.subject.op.framework == "numpy":  # there a line is looked for first
        return check
    findings = _findings(check)
    said = [check.diagnosis, *(f.sentence for f in findings if f.one_of[0] not in PLAIN)]
    diagnosis = " ".join(filter(None, said)) or None
    return check.but(findings=[*check.findings, *findings], diagnosis=diagnosis)


def named_pair(check: VjpCheck) -> VjpCheck:
    """Name the mistakes of a NumPy pair, where no change of a line explains them; the line that was found stays."""
    if check.subject.op.framework != "numpy" or any(f.fix for f in check.findings):
        return check
    findings = [f for f in _findings(check) if f.one_of[0] not in PLAIN]
    if not findings:
        return check
    lines = {f.array: f for f in check.findings if f.line is not None}
    said = [check.diagnosis, *(f.sentence for f in findings)]
    named = [replace(lines.pop(f.array), one_of=f.one_of) if f.array in lines else f for f in findings]
    others = [f for f in check.findings if f.line is None or f.array in lines]
    return check.but(findings=[*named, *others], diagnosis="\n".join(filter(None, said)))


def _findings(check: VjpCheck) -> list[Finding]:
    wrong = [v.name for v in check.having("wrong", "missing")]
    cuts = _cuts(check) if check.having("wrong") and check.about.get("order") != 2 else []
    return [f for n in wrong if (f := _finding(check, n, cuts)) is not None]


def _finding(check: VjpCheck, name: str, cuts: list[OfAll]) -> Finding | None:
    subject, right = check.subject, next(iter([*check.exact, *check.witnesses]))
    mine = check.answer.arrays.get(name)
    if check.about.get("order") == 2:
        if mine is not None and np.any(mine):
            return None
        words = (
            f"{name}: the second derivative is silently 0, the backward treats what it saved as a constant"
        )
        return Finding(name, "backward", ("constant-backward",), True, f"{words}.")
    if mine is None:
        words = f"{name} has a gradient, and the backward returns none for it"
        return Finding(name, "backward", ("no-gradient",), True, f"{words}.")
    if subject.flat[name].size > LARGEST or not np.isfinite(right.room(name)).all():
        return None
    case = Case(
        name,
        np.asarray(mine, np.float64),
        np.asarray(right.arrays[name], np.float64),
        right.room(name),
        subject.inputs.cast(np.float64),
        _outputs(check),
        [np.asarray(c, np.float64) for c in subject.cotangents],
        {n: np.asarray(a, np.float64) for n, a in right.arrays.items()},
        {n: np.asarray(a, np.float64) for n, a in check.answer.arrays.items()},
        {n: float(v) for n, v in subject.inputs.values.items() if isinstance(v, float)},
        _pull(check),
        # None: the reference shows no statistic. Held constant, a sum that is the output leaves no gradient at all.
        [(held, np.asarray(a[name], np.float64)) for held, a in cuts if name in a] if cuts else None,
    )
    found = named(case)
    if not found:
        return None
    words = ", or ".join(c.words for c in found)
    return Finding(name, "backward", tuple(c.id for c in found), True, f"{name} {words}.")


def _cuts(check: VjpCheck) -> list[OfAll]:
    """Return the reference's gradients with its statistics held constant; [] where it shows none."""
    subject = check.subject
    if check.plain is None or subject.op.framework == "numpy":
        return []
    try:
        with np.errstate(all="ignore"):
            return [*subject.of(check.plain).cut(subject.inputs.cast(np.float64), subject.cotangents)]
    except Exception:  # code that takes its own types alone
        return []


def _outputs(check: VjpCheck) -> list[np.ndarray]:
    """Return the floating outputs, in float64 where the reference or the operation computes in it."""
    subject = check.subject
    op = subject.op if check.plain is None else subject.of(check.plain)
    try:
        found = op.outputs(subject.inputs.cast(np.float64))
    except Exception:  # it takes its own types only
        found = subject.outputs
    return [np.asarray(o, np.float64) for o in floating(found)]


def _pull(check: VjpCheck) -> Pull | None:
    """Return the right backward at other inputs: the reference's."""
    subject = check.subject
    if check.plain is None or subject.op.framework == "numpy":
        return None
    other = subject.of(check.plain)

    def pull(arrays: Arrays, cotangents: Sequence[np.ndarray]) -> Arrays:
        found = other.pull(arrays, cotangents)
        return {n: found.get(n, np.zeros(a.shape)) for n, a in arrays.items()}

    return pull
