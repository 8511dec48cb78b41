"""The rules of a derivation whose arrays are right, each on its own."""

from typing import TYPE_CHECKING

import numpy as np

from ...judge.report import Finding
from ...judge.verdicts import Verdict
from ...witnesses import Arrays
from ...witnesses.reference import Reference
from ..check import C, Check

if TYPE_CHECKING:
    from ...mistakes.mistake import Mistake
    from ..rules import Right, RuleCheck


def rules_apart(check: C) -> C:
    """Check the rules one by one where all arrays are right: two mistakes that cancel are two mistakes."""
    owner, reference = check.subject.owner, check.reference
    if reference is None or not reference.layered or not check.ok or owner is None:
        return check
    from ..rules import Right, compared_rules, has_rules

    if not has_rules(owner) or type(owner) is type(reference.net):
        return check
    params = reference.params(check.subject.flat)
    known = Right(owner, params, reference.x, reference.y, check.seed)
    checks = compared_rules(owner, known, reference.scale)
    check = check.warned(
        f"{c.name} could not be checked on its own: {c.reason}" for c in checks if c.ok is None
    )
    failed = [c for c in checks if c.ok is False]
    if not failed or _only_moved(failed, check):
        return check
    finding = _finding(params, reference, failed, check.seed)
    return check.but(
        diagnosis=finding.sentence,
        findings=[*check.findings, finding],
        verdicts=[*check.verdicts, *map(_verdict, failed)],
    )


def _only_moved(failed: "list[RuleCheck]", check: Check) -> bool:
    """Return whether a constant such as 1/N is in dW and db, not in the criterion: a convention, not a mistake."""
    if not all(c.factor for c in failed):
        return False
    sources = [c for c in failed if c.rule in ("criterion_gradient", "output_delta")]
    sinks = [c for c in failed if c.rule in ("weight_gradient", "bias_gradient")]
    layers = {v.name for v in check.verdicts if v.name[:1] in "Wb"}
    return (
        bool(sources)
        and len(sources) + len(sinks) == len(failed)
        and len(sinks) >= len(layers)
        and all(np.isclose((s.factor or 0) * (sources[0].factor or 0), 1, rtol=1e-6) for s in sinks)
    )


def _finding(params: Arrays, reference: Reference, failed: "list[RuleCheck]", seed: int) -> Finding:
    """Return the Finding of all that failed, by its name where the catalogue has these very rules."""
    from ...mistakes.catalogue import catalogue
    from ..rules import Right

    told = "; ".join(map(_told, failed))
    cancel = "mistakes cancel in" if len(failed) > 1 else "a rule is wrong that nothing shows in"
    sentence = f"All arrays are right, and yet {cancel} this network: {told}."
    known = Right(reference.net, params, reference.x, reference.y, seed)
    named = [m for m in catalogue().values() if _gives(m, reference, params, failed, known)]
    if named:
        wrong, right, why = named[0].lines(failed[0].layer)
        sentence += f" Likely line: {wrong}. Make it: {right}. Why: {why}."
    ids = tuple(dict.fromkeys(m.name for m in named))
    array = reference.layout.name(f"W{failed[0].layer}")
    return Finding(array, " + ".join(dict.fromkeys(c.rule for c in failed)), ids, True, sentence)


def _told(check: "RuleCheck") -> str:
    if check.values is None:
        return f"{check.name}: {check.reason}"
    where = str(list(check.worst_index or ())).replace(" ", "")
    mine, right = check.values["hand"], check.values["right"]
    return f"{check.name}{where} gives {mine:.8g}, {check.against} {right:.8g}"


def _gives(
    mistake: "Mistake", reference: Reference, params: Arrays, failed: "list[RuleCheck]", known: "Right"
) -> bool:
    """Return whether the mistake, planted, has rules that give the very answers of all that failed."""
    from ..rules import compared_rules

    net, case = reference.net, (params, reference.x, reference.y)
    if mistake.loss or mistake.constant or not mistake.concerns(net):
        return False
    layers = frozenset(c.layer for c in failed)
    if not layers <= frozenset().union(*mistake.layers(net.depth)):
        return False
    if mistake.needs(net, *case, layers):
        return False
    checks = compared_rules(mistake.planted(net, layers), known, reference.scale)
    planted = {c.name: c for c in checks if c.ok is False}
    return planted.keys() == {c.name for c in failed} and all(c.answers_as(planted[c.name]) for c in failed)


def _verdict(check: "RuleCheck") -> Verdict:
    values = check.values or {}
    return Verdict(
        check.name,
        "wrong",
        check.reason or f"wrong by itself: differs from {check.against}",
        error=check.error,
        worst_index=check.worst_index,
        values={"hand": values["hand"], "numerical": values["right"]} if values else {},
    )
