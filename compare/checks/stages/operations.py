"""Stages of check_vjp: one operation, differenced, and compared with a reference where one was given."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...judge import facts
from ...judge.factors import Sizes
from ...judge.report import LossVerdict
from ...judge.verdicts import Shapes, Verdict, judge
from ...user.inputs import outputs_of
from ...user.operation import Operation, calling, floating
from ...witnesses import Arrays, Witness, numerical
from ...witnesses.directional import direction, inner, taylor_rate
from ...witnesses.rounding.units import THRESHOLD, combined, unit
from ..check import Check
from .traced import adjoint

DRAWS = 8
# Of a perturbation by a whole ulp: rounding moves a result by half of one at most, by 0.29 as a root mean square.
# Calibrated by `threeways mistakes --bench --operations` on right kernels: at most 0.8 such units, 0.3 together.
SLACK = 0.25
WHOLE = 3.0  # units, as a root mean square over a large array; of few entries more


@dataclass(frozen=True)
class VjpCheck(Check):
    """A check of an operation's backward.

    plain: a reference implementation of the user's, or None.  spread: of each entry over several calls, where two
    differ.  bands: the rounding units of the reference alone.
    """

    subject: Operation
    plain: Callable[..., Any] | None = None
    spread: Arrays = field(default_factory=dict)
    bands: Arrays = field(default_factory=dict)

    @property
    def expected(self) -> Shapes:
        """The inputs that the backward has a gradient for, or that some witness finds one for.

        A dict or a tuple of which it returns no gradient at all holds constants.
        """
        constant = set(_without_gradient(self))
        return {
            n: a.shape
            for n, a in self.subject.flat.items()
            if n in self.answer.arrays
            or (n not in constant and any(np.any(w.arrays[n]) for w in self.witnesses if n in w.arrays))
        }


def _without_gradient(check: "VjpCheck") -> list[str]:
    """Return the arrays in those dicts, lists and tuples of which the backward returns no gradient."""
    inputs, found = check.subject.inputs, check.answer.arrays
    nests = [inputs.of(n) for n in inputs.values if n not in inputs.arrays]
    return [n for nest in nests if not found.keys() & nest for n in nest]


def forward_judged(check: VjpCheck) -> VjpCheck:
    """Judge the forward: whether it is the reference's is a question of its own."""
    subject, mine = check.subject, check.answer.loss
    constant = _without_gradient(check)
    left = [f"backward returns no gradient for {', '.join(constant)}: taken as constant"] if constant else []
    check = check.warned([*subject.inputs.skipped, *left])
    if check.plain is None:
        return check.but(
            loss=LossVerdict("unknown", "no reference was given: your own forward is used", mine)
        )
    with calling("reference"):
        found = floating(_plain_outputs(check))
    outputs = floating(subject.outputs)
    if [o.shape for o in outputs] != [f.shape for f in found]:
        shapes = f"{[o.shape for o in outputs]}, the reference's {[f.shape for f in found]}"
        raise UserError(f"your outputs have shapes {shapes}")
    room = (16 if subject.precision.low else 1e3) * subject.precision.eps
    totals = {"reference": subject.total(found)}
    for k, (o, f) in enumerate(zip(outputs, found, strict=True)):
        off = ~(np.abs(o - f) <= room * np.maximum(np.abs(f), np.abs(f).max(initial=0)))
        if off.any():
            i = tuple(int(j) for j in np.argwhere(off)[0])
            words = f"output {k}{list(i)} is {o[i]:.10g}, the reference's {f[i]:.10g}"
            return check.but(
                loss=LossVerdict("wrong", words, mine, totals),
                diagnosis=f"Your forward is not the reference's: {words}.",
            )
    return check.but(loss=LossVerdict("agree", "the same outputs", mine, totals))


def _plain_outputs(check: VjpCheck) -> list[Any]:
    subject, plain = check.subject, check.plain
    assert plain is not None
    if subject.op.framework == "numpy":
        return outputs_of(plain(*subject.inputs.filled(subject.inputs.cast(float))))
    return subject.of(plain).outputs(subject.flat)


def from_operation(check: VjpCheck) -> VjpCheck:
    """Ask the reference, differentiated by its framework or differenced, and differences of the forward."""
    subject, plain = check.subject, check.plain
    flat, witnesses, graph = subject.flat, [], dict[str, np.ndarray]()
    if plain is not None and subject.op.framework != "numpy":
        with calling("reference"):
            witnesses.append(_differentiated(check, plain))
            graph = _noise(check, subject.of(plain), witnesses[0].arrays)
    elif plain is not None:

        def of_plain(arrays: Arrays) -> float:
            copies = {n: np.array(a) for n, a in arrays.items()}
            return subject.total(outputs_of(plain(*subject.inputs.filled(copies))))

        witnesses.append(_differences(check, of_plain, "reference"))
    large = sum(a.size for a in flat.values()) > numerical.ENTRY_BY_ENTRY
    check, followed = adjoint(check)
    if followed is not None:
        witnesses.append(followed)
    # In 16 bits the reference alone says what is right, and how much of it rounding may hide.
    if (followed is None or check.about.get("contradicted")) and not (graph and (large or subject.mixed)):
        witnesses.append(_differences(check, subject.loss, "numerical"))
    own = {} if graph and subject.mixed else _own_noise(check)
    table = _rooms(check, own, graph, check.own)
    bands = _rooms(check, graph) if graph else {}
    return check.but(witnesses=[_roomy(w, table) for w in witnesses], bands=bands)


def _differentiated(check: VjpCheck, plain: Callable[..., Any]) -> Witness:
    """Return the framework's derivative of the reference, in float64."""
    subject = check.subject
    other, wide = subject.of(plain), subject.inputs.cast(np.float64)
    value = subject.total(other.outputs(wide))
    found = {n: np.zeros(a.shape) for n, a in wide.items()} | other.pull(wide, subject.cotangents)

    def forward(u: Arrays) -> float:
        return subject.total(other.push(wide, {n: np.asarray(u[n], np.float64) for n in wide}))

    return Witness(subject.op.framework, value, found, forward=forward)


def _roomy(witness: Witness, table: Arrays) -> Witness:
    """Return the witness with its own units and those of the table."""
    own = witness.units
    return replace(witness, units={n: combined([own[n], u]) if n in own else u for n, u in table.items()})


def _differences(check: VjpCheck, value: Callable[[Arrays], float], name: str) -> Witness:
    """Difference a scalar in float64, or where the operation refuses that in its own type."""
    wide = check.subject.inputs.cast(np.float64)
    try:
        value(wide)
    except Exception:
        wide = check.subject.flat
    with calling("forward"):
        return numerical.evidence(value, wide, (), check.seed, name)


def _rooms(check: VjpCheck, *measured: Arrays) -> Arrays:
    """Return the units of each input: those that were measured, and what its type cannot hold."""
    table = {}
    for n, a in check.subject.flat.items():
        mine = check.answer.arrays.get(n, 0 * a)
        floor = unit([mine], mine, check.subject.type_of(n))
        if floor.shape == a.shape:
            table[n] = combined([floor, *(t[n] for t in measured if n in t and t[n].shape == a.shape)])
    return table


def _noise(check: VjpCheck, op: Any, centres: Arrays | None) -> Arrays:
    """Return the units of an operation's gradients `centres`, each of its own operations perturbed.

    None: about the mean of the draws. Where the backward branches (on a cotangent that is all ones, on a layout) the
    perturbed calls take another branch, and their distance from the one that was judged is not rounding.

    In 16 bits, and in mixed types, it runs in these types, each result moved by an ulp of its own. Where that
    overflows, and of other types, it runs in float64, each result moved by an ulp of the coarsest type.
    """
    subject, seed = check.subject, check.seed
    wide = subject.inputs.cast(np.float64)
    ways: list[tuple[Arrays, Any]] = [(subject.flat, None)] * subject.mixed + [(wide, subject.precision)]
    if op.framework == "numpy":
        ways = [(subject.flat, None)]
    for at, info in ways:
        size = SLACK if info is None and op.framework != "numpy" else 1.0
        draws = [*op.noise(at, subject.cotangents, info, DRAWS, seed)]
        if draws and all(np.isfinite(a).all() for d in draws for a in d.values()):
            names = [
                n for n in draws[0] if all(n in d for d in draws) and n in (centres or check.answer.arrays)
            ]
            both = centres or {n: np.mean([d[n] for d in draws], axis=0) for n in names}
            return {n: size * unit([d[n] for d in draws], both[n], subject.type_of(n)) for n in names}
    return {}


def _own_noise(check: VjpCheck) -> Arrays:
    """Return the rounding units of the operation's own backward, where it can be perturbed; {} elsewhere."""
    subject = check.subject
    try:
        with np.errstate(all="ignore"):
            return _noise(check, subject.op, None)
    except Exception:  # code that leaves its framework, or refuses other types, cannot be perturbed
        return {}


def judged_operation(check: VjpCheck) -> VjpCheck:
    """Give each input's gradient its verdict."""
    subject = check.subject
    arrays = check.answer.arrays
    if subject.inputs.types:  # in a framework gradients have the inputs' types, or it refuses them
        arrays = {n: a.astype(subject.dtype) for n, a in arrays.items()}
    verdicts = judge(arrays, check.witnesses, check.expected, subject.dtype, subject.precision)
    return check.but(verdicts=[_as_a_whole(check, v) for v in verdicts] if subject.mixed else verdicts)


def _as_a_whole(check: VjpCheck, verdict: Verdict) -> Verdict:
    """Set `wrong` where no entry is off by more than rounding may be, but all together are in 16 bits."""
    right = next((w for w in check.exact if verdict.name in w.arrays), None)
    if right is None or verdict.status not in ("agree", "inconclusive") or verdict.ratio is None:
        return verdict
    mine = np.asarray(check.answer.arrays[verdict.name], np.float64)
    off = (mine - right.arrays[verdict.name]) / right.room(verdict.name)
    together = float(np.sqrt(np.mean(off * off))) if off.size else 0.0
    if together <= WHOLE + (THRESHOLD - WHOLE) / np.sqrt(max(off.size, 1)):
        return verdict
    reason = f"differs from {right.name} by {together:.2g} rounding units in all entries together"
    return replace(verdict, status="wrong", reason=reason)


def described_each(check: VjpCheck) -> VjpCheck:
    """Describe each input whose gradient is off."""
    said = [check.diagnosis, *(_described(check, v) for v in check.verdicts if not v.passes)]
    return check.but(diagnosis=" ".join(filter(None, said)) or None)


def _described(check: VjpCheck, verdict: Verdict) -> str:
    name, outputs = verdict.name, check.subject.outputs
    if verdict.status != "wrong":
        return f"{name}: {verdict.reason}."
    witness = next(iter([*check.exact, *check.witnesses]))
    room = witness.room(name)
    sizes = Sizes(outputs[0].shape[0] if outputs[0].ndim else None)
    mine, param = check.answer.arrays[name], check.subject.flat[name]
    said = facts.describe([facts.pair(name, mine, witness.arrays[name], room, param)], sizes)[0]
    return said.replace(f": {facts.PENALTY}", "")  # an operation has none


def along_inputs(check: VjpCheck) -> VjpCheck:
    """Add to `about` the Taylor rate of the forward and, with a framework's reference, the dot-product test."""
    subject, first = check.subject, check.answer.arrays
    u, found = direction(subject.flat, check.seed), dict[str, Any]()
    if subject.dtype == np.float64:
        try:
            found["taylor_rate"] = taylor_rate(subject.loss, subject.flat, first, check.seed)
        except Exception:
            found["taylor_rate"] = None
    plain = next((w for w in check.witnesses if w.forward is not None), None)
    if plain is None or plain.forward is None:
        return check.telling(**found)
    try:
        left = plain.forward(u)
    except Exception as error:  # not every operation has a forward mode
        return check.telling(**found, dot_product=None, dot_product_absent=type(error).__name__)
    right = inner(first, u)
    size = max(float(sum(np.abs(np.asarray(first[n]) * u[n]).sum() for n in first)), 1e-300)
    relative = abs(left - right) / size
    return check.telling(**found, dot_product={"Ju_v": left, "u_JTv": right, "relative": relative})
