"""Stages of check_jvp: a forward rule J u beside the reference's, or differences, and beside the backward's J^T v."""

from dataclasses import replace

import numpy as np

from ...judge.report import LossVerdict
from ...judge.verdicts import judge
from ...user.operation import calling, floating
from ...user.subject import MANY_TERMS
from ...witnesses import Arrays, Witness
from ...witnesses.directional import direction, inner
from ...witnesses.rounding.units import combined, unit
from .operations import DRAWS, VjpCheck

STEPS = (2e-3, 1e-4)


def pushed(check: VjpCheck) -> VjpCheck:
    """Judge the tangent of each output along a random direction of the inputs."""
    subject, wide = check.subject, check.subject.inputs.cast(np.float64)
    drawn = direction(wide, check.seed)
    u = {n: subject.type_of(n).rounded(d).astype(subject.flat[n].dtype) for n, d in drawn.items()}
    exact = {n: a.astype(np.float64) for n, a in u.items()}
    with calling("jvp"):
        mine = _named(subject.op.push(subject.flat, u))
    if check.plain is not None:
        with calling("reference"):
            found = _named(subject.of(check.plain).push(wide, exact))
        witness = Witness(subject.op.framework, 0.0, found)
    else:
        witness = _differenced(check, wide, exact)
    witness = replace(witness, units=_units(check, mine, u))
    dtype = np.result_type(*mine.values())
    mine = {n: a.astype(dtype) for n, a in mine.items()}
    shapes = {n: a.shape for n, a in witness.arrays.items()}
    verdicts = judge(mine, [witness], shapes, dtype, subject.precision)
    off = [v for v in verdicts if not v.passes]
    said = " ".join(f"{v.name}: J u {v.reason}." for v in off) or None
    loss = LossVerdict("unknown", "the tangents of the outputs are judged", None)
    return check.but(witnesses=[witness], verdicts=verdicts, loss=loss, diagnosis=said).telling(tangents=True)


def beside_backward(check: VjpCheck) -> VjpCheck:
    """Compare <J u, v> with <u, J^T v> of the operation's own backward, where it has one."""
    subject = check.subject
    u = direction(subject.inputs.cast(np.float64), check.seed)
    u = {n: subject.type_of(n).rounded(d).astype(subject.flat[n].dtype) for n, d in u.items()}
    try:
        with np.errstate(all="ignore"):
            back, tangents = subject.answer().arrays, subject.op.push(subject.flat, u)
    except Exception as error:  # it has a forward rule alone
        return check.telling(dot_product=None, dot_product_absent=type(error).__name__)
    terms = [np.asarray(t, np.float64) * c for t, c in zip(tangents, subject.cotangents, strict=True)]
    left, right = float(sum(t.sum() for t in terms)), inner(back, u)
    size = sum(float(np.abs(t).sum()) for t in terms) + sum(
        float(np.abs(np.asarray(back[n], np.float64) * u[n]).sum()) for n in back
    )
    apart = abs(left - right) / max(size, 1e-300)
    check = check.telling(dot_product={"Ju_v": left, "u_JTv": right, "relative": apart})
    if apart <= (16 if subject.precision.low else MANY_TERMS) * subject.precision.eps:
        return check
    words = f"The jvp and the vjp disagree: <J u, v> is {left:.8g}, <u, J^T v> is {right:.8g}"
    if check.ok:
        return check.warned([f"{words}: the backward is off"])
    return check.but(diagnosis=" ".join(filter(None, [check.diagnosis, f"{words}."])))


def _named(outputs: list[np.ndarray]) -> Arrays:
    outputs = floating(outputs)
    return {f"output {k}" if len(outputs) > 1 else "output": np.asarray(o) for k, o in enumerate(outputs)}


def _units(check: VjpCheck, mine: Arrays, u: Arrays) -> Arrays:
    """Return the units of the tangents, the forward rule or the reference's perturbed."""
    subject = check.subject
    op = subject.op if check.plain is None else subject.of(check.plain)
    floors = {n: unit([mine[n]], mine[n], t) for n, t in zip(mine, subject.types, strict=True)}
    wide, along = subject.inputs.cast(np.float64), {n: a.astype(np.float64) for n, a in u.items()}
    try:
        with np.errstate(all="ignore"):
            given = (subject.flat, u, None) if subject.mixed else (wide, along, subject.precision)
            centres = _named(op.push(wide, along))
            draws = [_named(d) for d in op.push_noise(*given, DRAWS, check.seed)]
    except Exception:  # a rule that takes its own types only
        return floors
    return {
        n: combined([f, unit([d[n] for d in draws], centres[n], subject.precision)])
        for n, f in floors.items()
    }


def _differenced(check: VjpCheck, wide: Arrays, u: Arrays) -> Witness:
    """Return central differences of the outputs along u, extrapolated, with their estimated error."""
    best: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def at(h: float) -> Arrays:
        with calling("forward"):
            return _named(check.subject.op.outputs({n: a + h * u[n] for n, a in wide.items()}))

    for h in STEPS:
        slopes = []
        for step in (h, h / 2, h / 4):
            up, down = at(step), at(-step)
            slopes.append({n: (np.asarray(up[n], np.float64) - down[n]) / (2 * step) for n in up})
        for n, size in at(0.0).items():
            coarse, fine, finest = (s[n] for s in slopes)
            value, again = (4 * fine - coarse) / 3, (4 * finest - fine) / 3
            rounding = 8 * np.finfo(np.float64).eps * np.abs(size).max(initial=0) / h
            error = np.abs(value - again) + np.abs(fine - coarse) * h + rounding
            old = best.get(n)
            take = error < old[1] if old else np.ones(error.shape, bool)
            best[n] = (
                (np.where(take, value, old[0]), np.where(take, error, old[1])) if old else (value, error)
            )
    return Witness(
        "numerical",
        0.0,
        {n: v for n, (v, _) in best.items()},
        {n: e for n, (_, e) in best.items()},
        "differences",
    )
