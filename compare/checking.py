"""check_gradients: gather the evidence, have it judged, name what is wrong."""

from dataclasses import replace

import numpy as np

from . import reference as references
from .errors import UserError
from .explain import explain
from .judge.comparison import Comparison
from .judge.noise import units as all_units
from .judge.report import LossVerdict, Report
from .judge.verdicts import Verdict, judge
from .local_rules import with_local_rules
from .results import environment
from .sides import both, own_units, with_own
from .subject import Subject
from .witnesses import Evidence, absent, numerical
from .witnesses.numerical import MOVED


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
    witnesses=("torch", "jax", "numerical"),
):
    """Is this the gradient of its loss, and if not, which line is wrong?

    hand: a function (params, x, y) -> (loss, grads) or (loss, grads, deltas); an object with `loss_and_grads`;
        or the gradients as values (then a network or another loss is needed).
    params: arrays in any nest of dicts, lists and tuples.  x, y: the batch, samples as rows or columns.
    network: a network of `manual` (or of the catalogue) that is meant: torch and jax take part, the loss is
        judged too, and mistakes are named exactly.
    torch_loss, jax_loss, numpy_loss: (params, x, y) -> scalar, further witnesses, in that framework's arrays.
    witnesses: which may be asked where a network is given; fewer are faster.

    Without any of these the hand's own loss is differentiated numerically, and no framework is imported.
    Returns a Report. Raises UserError (a ValueError) with one line where the input is unusable.
    """
    subject = Subject(hand, params, x, y)
    answer = subject.answer(hand)
    warnings = [f"your function changes {' and '.join(subject.mutated)} in place"] if subject.mutated else []
    if subject.function and not subject.repeats(answer):
        return _nondeterministic(subject, answer, warnings, seed)
    reference, description = _reference(network, subject, answer, seed)
    shapes = {n: a.shape for n, a in subject.flat.items()}
    wanted = set(witnesses)
    witnesses, units, absences = _witnesses(subject, answer, reference, torch_loss, jax_loss, seed, wanted)
    if numpy_loss is not None:
        witnesses.append(
            _numerical(lambda flat: _call(numpy_loss, subject, flat), subject, answer, witnesses, units, seed)
        )
        witnesses[-1] = replace(witnesses[-1], name="numpy_loss")
    loss = _loss_verdict(subject, answer, reference, witnesses)
    if subject.function and subject.has_loss and ("numerical" in wanted or not witnesses):
        witnesses.append(
            _numerical(
                _numerical_loss(subject, reference),
                subject,
                answer,
                witnesses,
                units,
                seed,
                progress,
                reference,
            )
        )
    if not witnesses:
        raise UserError(
            "nothing to compare these gradients with: give a function that returns the loss, or network=..."
        )
    expected = dict(shapes)
    if reference is not None and answer.deltas:
        expected |= {n: a.shape for n, a in witnesses[0].arrays.items() if n.startswith("delta")}
    mine = Evidence("hand", answer.loss, answer.arrays | (answer.deltas if reference is not None else {}))
    zeros = {n: np.zeros(s) for n, s in expected.items()}
    full = {
        w.name: {n: units.get(w.name, units["hand"]).get(n, zeros[n]) for n in expected} for w in witnesses
    }
    verdicts = judge(mine, witnesses, full, expected, subject.dtype)
    explained = explain(subject, answer, reference, mine, witnesses, full, verdicts, loss)
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
            "see": explained.see,
            "witnesses": [w.name for w in witnesses],
        }
        | (about or {}),
    )
    return with_local_rules(report, subject, reference, seed)


def assert_gradients_agree(hand, params, x=None, y=None, **options):
    """`check_gradients`, for a test: raises AssertionError, whose text is the report, unless every array passes."""
    return check_gradients(hand, params, x, y, **options).raise_if_wrong()


def _reference(network, subject, answer, seed):
    if network is None:
        return references.recognised(subject, seed)
    reference = references.given(network, subject)
    if answer.loss is not None:
        reference = _scaled(reference, subject, seed)
    return reference, None


def _scaled(reference, subject, seed):
    """How the person's loss stands to the given network's: equal, a constant multiple, or another loss."""
    many = references.big(subject.flat)
    if many and _is_manual(subject, reference):
        return reference
    points = [subject.flat, *_nearby(subject.flat, 1 if many else 3, seed, many)]
    theirs = np.array([float(subject.loss(point)) for point in points])
    with np.errstate(all="ignore"):
        ours = np.array(
            [float(reference.net.loss(reference.params(p), reference.x, reference.y)) for p in points]
        )
    tolerance = 1e3 * np.finfo(subject.dtype).eps * max(np.abs(theirs).max(), 1e-3)
    if (np.abs(theirs - ours) <= tolerance).all():
        return reference
    scale = float(theirs @ ours / (ours @ ours)) if ours @ ours > 0 else 0.0
    if scale > 0 and (np.abs(theirs - scale * ours) <= tolerance).all():
        return replace(reference, scale=scale)
    return replace(reference, loss_agrees=False)


def _nearby(flat, count, seed, many):
    """Other parameters, each entry off by about a tenth; of many entries some share their random numbers."""
    rng = np.random.default_rng(seed)

    def factors(shape):
        drawn = rng.standard_normal((MOVED,) if many else shape)
        return np.resize(drawn, shape) if many else drawn

    return [
        {n: (a * (1 + 0.1 * factors(a.shape))).astype(a.dtype) for n, a in flat.items()} for _ in range(count)
    ]


def _witnesses(subject, answer, reference, torch_loss, jax_loss, seed, wanted):
    """(witnesses, {witness: units}, what is absent): all but differences."""
    flat, shapes = subject.flat, {n: a.shape for n, a in subject.flat.items()}
    dtype = min(
        [subject.dtype, *(a.dtype for a in answer.arrays.values() if a.dtype.kind == "f")], key=_digits
    )
    usable = reference is not None and (reference.loss_agrees or answer.loss is None)
    many = references.big(flat)
    ours = usable and many and _is_manual(subject, reference)  # their rounding is that of `by_hand`
    own = {} if ours else own_units(subject, answer, dtype, seed)
    witnesses, units, absences = [], {"hand": own}, []
    if usable:
        frameworks, absences = references.present(
            [who for who in ("torch", "jax") if who in wanted and reference.given]
        )
        # Measured once where it is the same: by their own code, beside a framework's, for large arrays.
        known = many and frameworks and own.keys() >= answer.arrays.keys() | answer.deltas.keys()
        manual, rounding = reference.by_hand(flat, shapes, dtype, noise=not known)
        for who in frameworks:
            witnesses.append(reference.by_framework(who, flat, shapes))
        if frameworks:
            graph = reference.framework_units(frameworks[0], flat, shapes, witnesses[0], dtype)
            rounding = both(rounding, graph, many)
        if ours:
            units["hand"] = rounding
        if not _is_manual(subject, reference):
            witnesses.append(manual)
        units |= {w.name: rounding for w in witnesses}
    for who, loss in (("torch", torch_loss), ("jax", jax_loss)):
        if loss is not None:
            witness, rounding = _framework_loss(who, loss, subject, dtype, seed)
            witnesses.append(witness)
            units[witness.name] = rounding
    shared = {id(table): with_own(own, table, many) for table in units.values()}
    return witnesses, {w: shared[id(table)] for w, table in units.items()}, absences


def _framework_loss(who, loss, subject, dtype, seed):
    """(Evidence, units) of a loss the person wrote for torch or jax."""
    from importlib import import_module

    from .inputs import unflatten

    if references.absent(who):
        raise UserError(f"{who}_loss cannot be used: {references.absent(who)}")
    witness = import_module(f"{__package__}.witnesses.{who}")
    inputs = [a for a in (subject.x, subject.y) if a is not None]

    def of_leaves(leaves, *inputs):
        return loss(unflatten(leaves, subject.like), *inputs)

    try:
        found = witness.evidence(of_leaves, subject.flat, inputs)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{who}_loss raised {type(error).__name__}: {str(error).splitlines()[0]}") from error
    draws, many = references.draws_for(subject.flat), references.big(subject.flat)
    noise = witness.one_by_one(of_leaves, subject.flat, inputs, dtype, draws, seed, many)
    return found, all_units(noise, found.arrays, dtype, many)


def _numerical_loss(subject, reference):
    """The function to be differenced: theirs or, where the hand is a network of ours, its loss with deltas."""
    if reference is None or not _is_manual(subject, reference):
        return subject.loss
    net, x, y = reference.net, reference.x.astype(np.float64), reference.y
    return lambda flat: net._loss(flat, x, y, lambda name, z: z + flat[name])


def _numerical(loss, subject, answer, witnesses, units, seed, progress=None, reference=None):
    arrays = dict(subject.flat)
    if reference is not None and _is_manual(subject, reference):
        arrays |= {n: np.zeros(a.shape) for n, a in answer.deltas.items()}
        arrays = {n: np.asarray(a, np.float64) for n, a in arrays.items()}
    must, many = [], references.big(subject.flat)
    for w in witnesses[:1] if many else witnesses:
        for name, theirs in w.arrays.items():
            if many and name not in subject.flat:
                continue  # frameworks vouch for the deltas
            mine = np.asarray((answer.arrays | answer.deltas).get(name, np.nan))
            if name in arrays and mine.shape == theirs.shape and np.isfinite(mine).all():
                must.append((name, Comparison(mine, w, name, units[w.name][name]).worst_index))
    sampled = not (many and must)
    return numerical.evidence(loss, arrays, must, seed, progress=progress, many=many, sampled=sampled)


def _loss_verdict(subject, answer, reference, witnesses):
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
            words = (
                f"your loss is {reference.scale:.6g} times the network's at every point tried: a convention"
            )
            return LossVerdict("convention", words, answer.loss, theirs)
        return LossVerdict("agree", "the same loss", answer.loss, theirs)
    others = [w for w in witnesses if w.name in ("torch", "jax", "numpy_loss")]
    off = [
        w.name
        for w in others
        if not abs(w.loss - answer.loss) <= 1e3 * np.finfo(subject.dtype).eps * max(abs(w.loss), 1e-3)
    ]
    if off:
        return LossVerdict(
            "wrong", f"your loss is {answer.loss:.10g}, {off[0]}'s {theirs[off[0]]:.10g}", answer.loss, theirs
        )
    return LossVerdict(
        "agree" if others else "unknown", "the same loss" if others else "your own", answer.loss, theirs
    )


def _nondeterministic(subject, answer, warnings, seed):
    reason = "a second call with the same inputs gives other numbers: is something kept between calls, or drawn anew?"
    again = subject.call()
    from .inputs import equal, match

    second = match(again.grads, subject.flat)[0]
    verdicts = [
        Verdict(n, "agree", "the same in two calls")
        if equal({n: a}, {n: second.get(n)})
        else Verdict(n, "nondeterministic", reason)
        for n, a in answer.arrays.items()
    ]
    return Report(
        "threeways/check/1",
        environment(seed),
        False,
        f"Two calls with the same inputs differ: {reason}",
        [],
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


def _is_manual(subject, reference):
    return (
        subject.owner is not None
        and type(subject.owner) is type(reference.net)
        and subject.owner == reference.net
    )


def _call(loss, subject, flat):
    from .inputs import unflatten

    return float(loss(unflatten(flat, subject.like), *[a for a in (subject.x, subject.y) if a is not None]))


def _digits(dtype):
    return -np.finfo(dtype).eps


def compare_network(net, params, x, y, data=None, seed=0, progress=None):
    """The hand-written gradients and deltas of a catalogue network against torch, jax and differences: a Report.

    params, x, y as networks.check_inputs gives them.
    """
    missing = {who: why for who in ("torch", "jax") if (why := absent(who))}
    about = {"network": net.describe(), "fields": net.fields, "data": data, "absent": missing}
    by_hand = net.build("hand")
    report = check_gradients(
        by_hand, params, x, y, network=by_hand, seed=seed, about=about, progress=progress
    )
    return replace(report, schema="threeways/gradients/1")
