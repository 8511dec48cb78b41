"""check_gradients: gather the evidence, have it judged, name what is wrong."""

from dataclasses import replace

import numpy as np

from ..common.arrays import equal
from ..common.errors import UserError, nearest
from ..common.results import environment
from ..common.words import factor
from ..judge.report import Finding, LossVerdict, Report
from ..judge.verdicts import Verdict, judge
from ..mistakes.steps import STALE
from ..user.matching import match
from ..user.subject import Subject
from ..witnesses import Evidence, absent
from ..witnesses import reference as references
from ..witnesses.numerical import loss_jitter
from ..witnesses.rounding.units import THRESHOLD
from . import directions
from .explain import explain
from .gather import coarsest, contradicted, everybody, is_manual, points_nearby
from .kinks import kinks, remarked, without
from .rules import with_local_rules
from .updates import accumulates

WITNESSES = ("torch", "jax", "numerical")


def check_gradients(
    hand,
    params,
    x=None,
    y=None,
    *,
    network=None,
    torch_loss=None,
    jax_loss=None,
    numpy_loss=None,
    seed=0,
    about=None,
    progress=None,
    witnesses=WITNESSES,
    forward=False,
):
    """Is this the gradient of its loss, and if not, which line is wrong?

    hand: a function (params, x, y) -> (loss, grads) or (loss, grads, deltas); an object with `loss_and_grads`;
        or the gradients as values (then a network or another loss is needed).
    params: arrays in any nest of dicts, lists and tuples.  x, y: the batch, samples as rows or columns.
    network: a network of `manual` (or of the catalogue) that is meant: torch and jax take part, the loss is
        judged too, and mistakes are named exactly.
    torch_loss, jax_loss, numpy_loss: (params, x, y) -> scalar, further witnesses, in that framework's arrays;
        torch_loss may be a module, see `module_loss`.
    witnesses: which may be asked where a network is given; fewer are faster.
    forward: also the dot-product test by the frameworks' forward modes, which take seconds to import and to compile;
        what it says stands in `about["directions"]`.

    Without any of these the hand's own loss is differentiated numerically, and no framework is imported.
    Returns a Report. Raises UserError (`threeways.UserError`) with one line where the input is unusable.
    """
    _known(witnesses)
    losses = (torch_loss, jax_loss, numpy_loss)
    return _checked(hand, params, x, y, network, losses, set(witnesses), seed, about or {}, progress, forward)


def _checked(hand, params, x, y, network, losses, wanted, seed, about, progress, forward):
    subject = Subject(hand, params, x, y)
    answer = subject.answer(hand)
    warnings = [f"your function changes {' and '.join(subject.mutated)} in place"] if subject.mutated else []
    if subject.function and (other := subject.another(answer)):
        return _nondeterministic(subject, answer, other, warnings, seed)
    reference, description = _reference(network, subject, answer, seed)
    mask = _on_kinks(subject, reference)
    if mask is not None:
        x, y = without(subject, reference, mask)
        rest = _checked(hand, params, x, y, network, losses, wanted, seed, about, progress, forward)
        return remarked(rest, subject, reference, mask, answer.arrays | answer.deltas)
    everything = everybody(subject, answer, reference, losses, seed, wanted, progress)
    if contradicted(answer, reference, *everything[:2]):
        reference = description = None
        everything = everybody(subject, answer, reference, losses, seed, wanted, progress)
    witnesses, units, scales, absences = everything
    mine, units, verdicts = _judged(subject, answer, reference, witnesses, units, seed)
    loss = _loss_verdict(subject, answer, reference, witnesses, scales, seed)
    if _stands_still(subject, answer, witnesses):
        warnings.append(
            "the loss your function returns does not move with the parameters: is it rounded, or a constant?"
        )
    explained = explain(subject, reference, mine, witnesses, units, verdicts, loss)
    beside = directions.evidence(subject, answer, witnesses, seed, forward) if "numerical" in wanted else {}
    report = Report(
        schema="threeways/check/1",
        environment=environment(seed),
        ok=all(v.passes for v in explained.verdicts) and explained.loss.status != "wrong",
        diagnosis=explained.diagnosis,
        findings=explained.findings,
        recognised=description,
        loss=explained.loss,
        verdicts=explained.verdicts,
        warnings=warnings + absences + explained.warnings,
        about={
            "network": description or (reference.net_words() if reference else None),
            "function": subject.name,
            "batch": None if reference is None else len(reference.x),
            "dtype": str(subject.dtype),
            "assumed": answer.assumed,
            "paths": subject.paths,
            "see": explained.see,
            "witnesses": [w.name for w in witnesses],
            "parameters": {n: a.shape for n, a in subject.flat.items()},
            "numerical": next((_how(w) for w in witnesses if w.error is not None), None),
            "directions": beside,
        }
        | about,
    )
    return with_local_rules(report, subject, reference, seed)


def _judged(subject, answer, reference, witnesses, units, seed):
    """(the hand as Evidence, {witness: {array: units}}, [Verdict, ...]); deltas too where a reference has them."""
    expected = {n: a.shape for n, a in subject.flat.items()}
    if reference is not None and answer.deltas:
        expected |= {n: a.shape for n, a in witnesses[0].arrays.items() if n.startswith("delta")}
    mine = Evidence("hand", answer.loss, answer.arrays | (answer.deltas if reference is not None else {}))
    zeros = {n: np.zeros(shape) for n, shape in expected.items()}
    full = {
        w.name: {n: units.get(w.name, units["hand"]).get(n, zeros[n]) for n in expected} for w in witnesses
    }
    verdicts = judge(mine, witnesses, full, expected, subject.dtype)
    sampled = full.get("numerical", {})
    return mine, full, directions.judged(verdicts, subject, answer, witnesses, sampled, seed)


def _stands_still(subject, answer, witnesses):
    """Whether every difference of the person's loss is 0, and their gradient is not."""
    seen = next((w for w in witnesses if w.name == "numerical" and subject.function), None)
    return (
        seen is not None
        and not any(np.any(seen.arrays[n][np.isfinite(seen.error[n])]) for n in seen.error)
        and any(np.any(a) for a in answer.arrays.values())
    )


def _known(witnesses):
    """Raise UserError where `witnesses` is no collection of names that are known."""
    if isinstance(witnesses, str):
        raise UserError(f"witnesses is {witnesses!r}: a tuple is needed, ({witnesses!r},)")
    for name in witnesses:
        if name not in WITNESSES:
            raise UserError(f"no witness {name!r}: {nearest(name, WITNESSES)}")


def _how(witness):
    """{"how": "complex step", "entries": 120, "of": 23860}"""
    looked_at = sum(int(np.isfinite(e).sum()) for e in witness.error.values())
    return {"how": witness.how, "entries": looked_at, "of": sum(e.size for e in witness.error.values())}


def assert_gradients_agree(hand, params, x=None, y=None, **options):
    """`check_gradients`, for a test: raises AssertionError, whose text is the report, unless every array passes."""
    return check_gradients(hand, params, x, y, **options).raise_if_wrong()


def _reference(network, subject, answer, seed):
    if network is None:
        return references.recognised(subject, seed)
    reference = references.given(network, subject)
    if answer.loss is not None:
        reference = _scaled(reference, subject, np.finfo(coarsest(subject, answer)).eps, seed)
    return reference, None


def _on_kinks(subject, reference):
    """The mask of the samples on a kink, where there are some, and others to judge by; else None."""
    if reference is None or subject.function is None or not reference.loss_agrees:
        return None
    mask = kinks(reference, reference.params(subject.flat), subject.dtype)
    return mask if mask.any() and not mask.all() else None


def _scaled(reference, subject, eps, seed):
    """How the person's loss stands to the given network's: equal, a constant multiple, or another loss."""
    many = references.big(subject.flat)
    if many and is_manual(subject, reference):
        return reference
    points = [subject.flat, *points_nearby(subject.flat, seed, 1 if many else 3, many)]
    theirs = np.array([float(subject.loss(point)) for point in points])
    with np.errstate(all="ignore"):
        ours = np.array(
            [float(reference.net.loss(reference.params(p), reference.x, reference.y)) for p in points]
        )
    tolerance = 1e3 * eps * max(np.abs(theirs).max(), 1e-3)
    off = np.flatnonzero(~(np.abs(theirs - ours) <= tolerance))
    # Where units saturate or cancel, a loss has fewer digits than its type: how many is measured, if it matters.
    if all(abs(theirs[i] - ours[i]) <= _rounding(subject, points[i], theirs[i], ours[i], seed) for i in off):
        return reference
    scale = float(theirs @ ours / (ours @ ours)) if ours @ ours > 0 else 0.0
    # Against their own size: a constant 1e-18 is no multiple of anything.
    tolerance = 1e3 * eps * max(np.abs(theirs).max(), 1e-3 * scale)
    if scale > 0 and (np.abs(theirs - scale * ours) <= tolerance).all():
        return replace(reference, scale=scale)
    return replace(reference, loss_agrees=False)


def _rounding(subject, point, mine, other, seed):
    """How far the loss `mine` may be from another by its rounding: measured, and at most a hundredth of it."""
    with np.errstate(all="ignore"):
        jitter = loss_jitter(subject.loss, point, mine, seed)
    return min(THRESHOLD * jitter, 0.01 * abs(other)) if np.isfinite(jitter) else 0.0


def _loss_verdict(subject, answer, reference, witnesses, scales, seed):
    """Is that the loss you meant? Asked where a network or a second loss says what was meant."""
    theirs = {w.name: w.loss for w in witnesses}
    if answer.loss is None:
        return LossVerdict("unknown", "no loss was given, only gradients", None, theirs)
    if not np.isfinite(answer.loss):
        return LossVerdict("wrong", f"the loss is {answer.loss}", answer.loss, theirs)
    if reference is not None and reference.given:
        if not reference.loss_agrees:
            with np.errstate(all="ignore"):
                meant = float(reference.net.loss(reference.params(subject.flat), reference.x, reference.y))
            return LossVerdict(
                "wrong",
                f"your loss is {answer.loss:.10g}, the network's {meant:.10g}",
                answer.loss,
                {"network": meant},
            )
        if not np.isclose(reference.scale, 1, rtol=1e-6):
            words = f"your loss is {factor(reference.scale)} times the network's at every point tried: a convention"
            return LossVerdict("convention", words, answer.loss, theirs)
        return LossVerdict("agree", "the same loss", answer.loss, theirs)
    others = [w for w in witnesses if w.name in ("torch", "jax", "numpy_loss")]
    room = 1e3 * np.finfo(coarsest(subject, answer)).eps
    off = [w.name for w in others if not abs(w.loss - answer.loss) <= room * max(abs(w.loss), 1e-3)]
    if off:  # a loss that cancels inside has fewer digits than its type
        off = [
            name
            for name in off
            if not abs(theirs[name] - answer.loss)
            <= _rounding(subject, subject.flat, answer.loss, theirs[name], seed)
        ]
    if off:
        return LossVerdict(
            "wrong", f"your loss is {answer.loss:.10g}, {off[0]}'s {theirs[off[0]]:.10g}", answer.loss, theirs
        )
    if scales:
        said = " and ".join(f"{factor(c)} times {who}'s" for who, c in scales.items())
        return LossVerdict("convention", f"your loss is {said} at every point tried", answer.loss, theirs)
    return LossVerdict(
        "agree" if others else "unknown", "the same loss" if others else "your own", answer.loss, theirs
    )


def _nondeterministic(subject, answer, second, warnings, seed):
    """The Report where a second call gave other arrays: `stale-gradients` where they add up, else a question."""
    reason = "a second call with the same inputs gives other numbers: is something kept between calls, or drawn anew?"
    only_loss = equal(answer.arrays, second)
    if only_loss:
        reason = reason.replace("gives other numbers", "gives another loss")
    verdicts = [
        Verdict(n, "agree", "the same in two calls")
        if not only_loss and equal({n: a}, {n: second.get(n)})
        else Verdict(n, "nondeterministic", reason)
        for n, a in answer.arrays.items()
    ]
    said, findings = f"{reason[0].upper()}{reason[1:]}", []
    third = match(subject.call().grads, subject.flat)[0]
    moving = [v.name for v in verdicts if v.status == "nondeterministic"]
    calls = [
        {n: np.asarray(c[n], np.float64) for n in moving if n in c} for c in (answer.arrays, second, third)
    ]
    zero = {n: np.zeros(a.shape) for n, a in calls[0].items()}
    if calls[0].keys() == calls[1].keys() and accumulates(calls, zero, subject.dtype):
        said = STALE.format(what="gradient")
        findings = [Finding(moving[0], "backward", ("stale-gradients",), True, said)]
    return Report(
        "threeways/check/1",
        environment(seed),
        False,
        said,
        findings,
        None,
        LossVerdict("unknown", "not judged", answer.loss),
        verdicts,
        warnings,
        {
            "function": subject.name,
            "dtype": str(subject.dtype),
            "assumed": answer.assumed,
            "network": None,
            "batch": None,
        },
    )


def compare_network(net, params, x, y, data=None, seed=0, progress=None, forward=False):
    """The hand-written gradients and deltas of a catalogue network against torch, jax and differences: a Report.

    params, x, y as networks.check_inputs gives them.  forward: as in `check_gradients`.
    """
    missing = {who: why for who in ("torch", "jax") if (why := absent(who))}
    about = {"network": net.describe(), "fields": net.fields, "data": data, "absent": missing}
    by_hand = net.build("hand")
    report = check_gradients(
        by_hand, params, x, y, network=by_hand, seed=seed, about=about, progress=progress, forward=forward
    )
    return replace(report, schema="threeways/gradients/1")
