"""Stages of check_vjp: one operation, differenced, and compared with a reference where one was given."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...common.arrays import equal
from ...common.errors import UserError
from ...judge import facts
from ...judge.factors import Sizes
from ...judge.report import LossVerdict
from ...judge.verdicts import Shapes, Verdict
from ...user import ops
from ...user.inputs import outputs_of
from ...user.operation import Operation, calling, floating
from ...witnesses import Arrays, Witness, numerical
from ...witnesses.directional import direction, inner, taylor_rate
from ...witnesses.rounding.noisy import Rounding, noisy
from ...witnesses.rounding.units import combined, unit
from ..check import Check
from .calls import ASKED, reordered, rounded_alike, unsteady
from .traced import adjoint

DRAWS = 8


@dataclass(frozen=True)
class VjpCheck(Check):
    """A check of an operation's backward; plain: a reference implementation of the user's, or None."""

    subject: Operation
    plain: Callable[..., Any] | None = None

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
    room, totals = 1e3 * np.finfo(subject.dtype).eps, {"reference": subject.total(found)}
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
    return type(subject.op)(plain, subject.inputs).outputs(subject.flat)


def pulled_again(check: VjpCheck) -> VjpCheck:
    """Call the backward again; where it gives other numbers, close the check."""
    first, second = check.answer.arrays, check.subject.answer().arrays
    if equal(first, second):
        return check
    if rounded_alike(first, second, check.subject.dtype):
        return reordered(check, first, second)
    reason = f"a second backward with the same inputs gives other numbers: {ASKED}"
    said = [check.diagnosis, "Two backward calls with the same inputs differ."]
    return unsteady(check, first, second, reason).but(diagnosis=" ".join(filter(None, said)))


def from_operation(check: VjpCheck) -> VjpCheck:
    """Ask the reference, differentiated by its framework or differenced, and differences of the forward."""
    subject, plain, module = check.subject, check.plain, ops.witness_of(check.subject.op.framework)
    flat, witnesses, graph = subject.flat, [], dict[str, np.ndarray]()
    if plain is not None and module is not None:
        value = subject.op.scalar(plain, subject.cotangents)
        with calling("reference"):
            witnesses.append(module.evidence(value, flat, [], subject.op.framework))
        draws = [*module.noise(value, flat, [], subject.dtype, DRAWS, check.seed)]
        graph = _units(draws, witnesses[0].arrays, subject.dtype)
    elif plain is not None:

        def of_plain(arrays: Arrays) -> float:
            copies = {n: np.array(a) for n, a in arrays.items()}
            return subject.total(outputs_of(plain(*subject.inputs.filled(copies))))

        witnesses.append(_differences(check, of_plain, "reference"))
    large = sum(a.size for a in flat.values()) > numerical.ENTRY_BY_ENTRY
    check, followed = adjoint(check)
    if followed is not None:
        witnesses.append(followed)
    if (followed is None or check.about.get("contradicted")) and not (graph and large):
        witnesses.append(_differences(check, subject.loss, "numerical"))
    table = _rooms(check, _own_noise(check), graph)
    return check.but(witnesses=[_roomy(w, table) for w in witnesses])


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


def _rooms(check: VjpCheck, own: Arrays, graph: Arrays) -> Arrays:
    """Return the units of each input: the backward's own, the reference's, and what its type cannot hold."""
    table = {}
    for n, a in check.subject.flat.items():
        mine = check.answer.arrays.get(n, 0 * a)
        floor = unit([mine], mine, check.subject.dtype)
        if floor.shape == a.shape:
            table[n] = combined(
                [floor, *(t[n] for t in (own, graph, check.own) if n in t and t[n].shape == a.shape)]
            )
    return table


def _units(draws: list[Arrays], centres: Arrays, dtype: np.dtype) -> Arrays:
    return {n: unit([d[n] for d in draws], a, dtype) for n, a in centres.items()}


def _own_noise(check: VjpCheck) -> Arrays:
    """Return the rounding units of the operation's own backward, where it can be perturbed; {} elsewhere."""
    subject, first = check.subject, check.answer.arrays
    module = ops.witness_of(subject.op.framework)
    try:
        with np.errstate(all="ignore"):
            if module is None:
                rounding = Rounding(check.seed)
                draws = [
                    subject.op.pull(noisy(subject.flat, rounding), noisy(subject.cotangents, rounding))
                    for _ in range(DRAWS)
                ]
                return _units(draws, first, subject.dtype)
            value = subject.op.scalar(None, subject.cotangents)
            draws = [*module.noise(value, subject.flat, [], subject.dtype, DRAWS, check.seed)]
            centres = module.evidence(value, subject.flat, []).arrays
            return _units(draws, {n: a for n, a in centres.items() if n in first}, subject.dtype)
    except Exception:  # code that leaves its framework, or refuses other types, cannot be perturbed
        return {}


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
