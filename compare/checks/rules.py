"""Each rule of a hand-written backward pass on its own: two mistakes that cancel are two mistakes all the same.

A rule is fed with what it should get (a right forward pass, right deltas, a random cotangent) and its answer held
against differences of the forward formula where there is one, and against the rule of `manual`.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

from ..judge import facts
from ..judge.report import Finding
from ..judge.verdicts import Verdict
from ..witnesses import numerical
from ..witnesses.rounding.noisy import Rounding, noisy
from ..witnesses.rounding.units import THRESHOLD, combined, unit
from .kinks import KINKED, kinks

RULES = ("output_delta", "hidden_delta", "through_activation", "weight_gradient", "bias_gradient")
DRAWS = 4


@dataclass(frozen=True)
class RuleCheck:
    """One rule in one layer: its answer beside the right one.

    ok is None where the rule could not be fed on its own.  factor: the answer is this many times the right one
    in every entry, or None.  against: "differences of f" or "the rule of manual".
    """

    rule: str
    layer: int
    ok: bool | None
    against: str
    reason: str = ""
    error: float | None = None
    worst_index: tuple | None = None
    values: dict | None = None
    factor: float | None = None
    hand: np.ndarray | None = None

    @property
    def name(self):
        return f"{self.rule}({self.layer})"


def has_rules(net):
    """Whether `net` is written in the named rules of `manual.MLP`."""
    return all(callable(getattr(net, rule, None)) for rule in RULES) and hasattr(net, "__dataclass_fields__")


def check_rules(net, params, x, y, seed=0, scale=1.0, apart=False):
    """A RuleCheck for each rule of `net`, an object with the rules and fields of `manual.MLP`, in each layer.

    params: {"W1": (M_1, M_0), "b1": (M_1,), ...}; x: (N, M_0); y as the criterion takes it.  scale: the person's
    loss is this many times the criterion.  apart: the decay rules are judged by themselves, and a rule that calls a
    wrong one is told too.  Samples on a kink are left out. Arithmetic is float64.
    """
    fields = {name: getattr(net, name) for name in MLP.__dataclass_fields__ if hasattr(net, name)}
    right = MLP(**fields)
    params = {name: np.asarray(a, np.float64) for name, a in params.items()}
    off = kinks(SimpleNamespace(net=right, x=x, y=y, layered=True), params)
    if off.all():
        return []
    x, y = np.asarray(x, np.float64)[~off], np.asarray(y)[~off]
    with np.errstate(all="ignore"):
        p = right.backward_pass(right.forward_pass(params, x), y)
        found = [*_output_rules(net, right, p, scale, seed)]
        for l in range(right.depth, 0, -1):
            if l < right.depth or not net.fused:
                found.append(_through_activation(net, right, l, p, seed))
            if l < right.depth:
                found.append(_fed(net, right, "hidden_delta", l, p))
            for rule, decay in (("weight_gradient", "weight_decay"), ("bias_gradient", "bias_decay")):
                found.append(_fed(net, right, rule, l, p, None if apart else decay))
                if apart and (right.l2_biases if decay == "bias_decay" else right.l2):
                    found.append(_fed(net, right, decay, l, p))
    return found if apart else _without_repetition(found)


def with_local_rules(report, subject, reference, seed=0):
    """The report of a derivation whose arrays are right, with the rules that are not right by themselves."""
    owner = subject.owner
    if (
        reference is None
        or not reference.layered
        or not has_rules(owner)
        or type(owner) is type(reference.net)
        or not report.ok
    ):
        return report
    params = reference.params(subject.flat)
    checks = check_rules(owner, params, reference.x, reference.y, seed, reference.scale)
    warnings = [f"{c.name} could not be checked on its own: {c.reason}" for c in checks if c.ok is None]
    failed = [c for c in checks if c.ok is False]
    if not failed or _only_moved(failed, report):
        return replace(report, warnings=report.warnings + warnings)
    finding = _finding(params, reference, failed)
    return replace(
        report,
        ok=False,
        diagnosis=finding.sentence,
        findings=[*report.findings, finding],
        verdicts=[*report.verdicts, *(_verdict(c) for c in failed)],
        warnings=report.warnings + warnings,
    )


def _output_rules(net, right, p, scale, seed):
    L = right.depth
    if not net.fused:
        criterion, a = CRITERIA[right.criterion], p.a[L]
        witness = numerical.evidence(lambda at: criterion(at["a"], p.y), {"a": a.copy()}, seed=seed)
        off = np.zeros(a.shape, bool)
        if right.criterion == "hinge":
            off = np.abs(1 - p.y * a) <= 4e-3 * np.maximum(np.abs(a), 1)
        hand = _answer(lambda: net.criterion_gradient(a.copy(), deepcopy(p.y)))
        yield _by_differences("criterion_gradient", L, hand, witness, "a", off, scale)
    yield _fed(net, right, "output_delta", None, p, scale=scale)


def cotangent(l, z, seed=0):
    """The random dL/da^l, of the shape of z, that is taken through the activation of layer l."""
    return np.random.default_rng([seed, l]).standard_normal(z.shape)


def _through_activation(net, right, l, p, seed):
    """A random cotangent taken through f_l, against differences of the sum of cotangent * f_l(z)."""
    f, z = ACTIVATIONS[right.activations[l - 1]], p.z[l]
    da = cotangent(l, z, seed)
    witness = numerical.evidence(lambda at: (da * f(at["z"])).sum(), {"z": z.copy()}, seed=seed)
    kinked = right.activations[l - 1] in KINKED
    off = (np.abs(z) <= 1e-3) if kinked else np.zeros(z.shape, bool)  # a difference across the kink
    hand = _answer(lambda: net.through_activation(l, da.copy(), deepcopy(p)))
    return _by_differences("through_activation", l, hand, witness, "z", off)


def _by_differences(rule, layer, hand, witness, key, off, scale=1.0):
    theirs, error = scale * witness.arrays[key], abs(scale) * witness.error[key]
    # The derivative of f may cancel (1 - a^2): a rounding of 1 in the middle is no mistake.
    room = np.where(off, np.inf, THRESHOLD * error + 1e3 * np.finfo(float).eps * (1 + np.abs(theirs)))
    return _compared(rule, layer, hand, theirs, room, "differences of the forward formula")


def _fed(net, right, rule, l, p, decay=None, scale=1.0):
    """A rule with a right pass as its argument; a penalty counts with the gradient it is added to."""
    layer = right.depth if l is None else l

    def run(who, p):
        arguments = (p,) if l is None else (l, p)
        found = getattr(who, rule)(*arguments)
        if decay and right.l2 and hasattr(who, decay):
            found = found + getattr(who, decay)(l, p)
        return found

    theirs = scale * run(right, deepcopy(p))
    rounding = Rounding(0)
    draws = [scale * np.asarray(run(right, _noisy_pass(p, rounding))) for _ in range(DRAWS)]
    hand = _answer(lambda: run(net, deepcopy(p)))
    dtype = getattr(hand, "dtype", np.dtype(float))
    # A rule that casts to float32 has the rounding of that.
    grain = np.finfo(dtype).eps / np.finfo(float).eps if dtype.kind == "f" and dtype.itemsize < 8 else 1
    room = THRESHOLD * grain * combined([unit(draws, theirs, np.float64)] * 2)
    return _compared(rule, layer, hand, theirs, room, "the rule of manual")


def _noisy_pass(p, rounding):
    moved = deepcopy(p)
    for name in ("W", "b", "z", "a", "delta", "dW", "db"):
        setattr(moved, name, noisy(getattr(moved, name), rounding))
    return moved


def _answer(rule):
    try:
        return np.asarray(rule())
    except Exception as error:  # their code, their exceptions
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _compared(rule, layer, hand, right, room, against):
    if isinstance(hand, str):
        return RuleCheck(rule, layer, None, against, hand)
    if hand.shape != right.shape:
        reason = f"its answer has shape {hand.shape}; {right.shape} is right"
        return RuleCheck(rule, layer, False, against, reason, hand=hand)
    known = np.isfinite(right) & np.isfinite(room)
    if not known.any():
        return RuleCheck(rule, layer, None, against, "no entry can be judged at these parameters")
    difference = np.where(known, np.abs(hand - right), 0.0)
    ratio = np.where(known, difference / np.where(known, room, 1), 0.0)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
    size = np.linalg.norm(right[known])
    return RuleCheck(
        rule,
        layer,
        bool((difference <= np.where(known, room, np.inf)).all()),
        against,
        error=float(np.linalg.norm(difference) / size) if size > 0 else float(np.linalg.norm(difference)),
        worst_index=index,
        values={"hand": float(hand[index]), "right": float(right[index])},
        factor=facts.constant_ratio(hand[known], right[known], room[known] / THRESHOLD),
        hand=hand,
    )


def _without_repetition(checks):
    """A delta is made of the rules below it: what is wrong there is not told twice."""
    off = {(c.rule, c.layer) for c in checks if c.ok is False}
    inner = {l for rule, l in off if rule in ("through_activation", "criterion_gradient")}
    return [c for c in checks if not (c.rule in ("hidden_delta", "output_delta") and c.layer in inner)]


def _only_moved(failed, report):
    """1/N (or another constant) standing in dW and db instead of in the criterion: a convention, not a mistake."""
    if any(c.factor is None or c.factor == 0 for c in failed):
        return False
    sources = [c for c in failed if c.rule in ("criterion_gradient", "output_delta")]
    sinks = [c for c in failed if c.rule in ("weight_gradient", "bias_gradient")]
    layers = {v.name for v in report.verdicts if v.name[:1] in "Wb"}
    return (
        bool(sources)
        and len(sources) + len(sinks) == len(failed)
        and len(sinks) >= len(layers)
        and all(np.isclose(s.factor * sources[0].factor, 1, rtol=1e-6) for s in sinks)
    )


def _finding(params, reference, failed):
    """The Finding of all that failed, by its name where the catalogue has these very rules."""
    told = "; ".join(_told(c) for c in failed)
    cancel = "mistakes cancel in" if len(failed) > 1 else "a rule is wrong that nothing shows in"
    sentence = f"All arrays are right, and yet {cancel} this network: {told}."
    named = _named(reference, params, failed)
    if named:
        wrong, right, why = named[0].lines(failed[0].layer)
        sentence += f" Likely line: {wrong}. Make it: {right}. Why: {why}."
    ids = tuple(dict.fromkeys(m.id.split(":")[0] for m in named))
    array = reference.layout.name(f"W{failed[0].layer}")
    return Finding(array, " + ".join(dict.fromkeys(c.rule for c in failed)), ids, True, sentence)


def _told(check):
    if check.values is None:
        return f"{check.name}: {check.reason}"
    where = str(list(check.worst_index)).replace(" ", "")
    mine, right = check.values["hand"], check.values["right"]
    return f"{check.name}{where} gives {mine:.8g}, {check.against} {right:.8g}"


def _named(reference, params, failed):
    """The catalogue's mistakes whose planted rules give the very answers of all that failed."""
    from ..mistakes.catalogue import catalogue

    found = []
    for m in catalogue().values():
        if not m.concerns(reference.net):
            continue
        layers = frozenset(c.layer for c in failed)
        possible = frozenset().union(*m.layers(reference.net.depth))
        if m.loss or m.constant or not m.concerns(reference.net) or not layers <= possible:
            continue
        if m.needs and m.needs(reference.net, params, reference.x, reference.y, layers):
            continue
        planted = m.planted(reference.net, layers)
        theirs = {
            c.name: c
            for c in check_rules(planted, params, reference.x, reference.y, scale=reference.scale)
            if c.ok is False
        }
        if theirs.keys() == {c.name for c in failed} and all(_same(c, theirs[c.name]) for c in failed):
            found.append(m)
    return found


def _same(a, b):
    return (
        a.hand is not None
        and b.hand is not None
        and a.hand.shape == b.hand.shape
        and np.allclose(a.hand, b.hand, rtol=1e-9, atol=1e-12, equal_nan=True)
    )


def _verdict(check):
    reason = check.reason or f"wrong by itself: differs from {check.against}"
    values = check.values or {}
    return Verdict(
        check.name,
        "wrong",
        reason,
        error=check.error,
        worst_index=check.worst_index,
        values={"hand": values.get("hand"), "numerical": values.get("right")} if values else {},
    )
