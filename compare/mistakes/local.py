"""Two mistakes that cancel: each rule's own derivative, held against the right one by itself.

Only a derivation written as rules can be asked this (a subclass of a network of `manual`). Its gradient may be
right to the last digit, and change as soon as one of the two lines is put right.
"""

import numpy as np

from manual import MLP

from ..judge.report import Finding
from .catalogue import catalogue

# Rules are a few operations in float64; cancellation costs digits beside what went in, not more than half of them.
TOLERANCE = 1e-8


def off_alone(owner, reference, flat):
    """([(rule, layer), ...], [Finding, ...]): the rules of `owner` that are off by themselves, and their names."""
    if not isinstance(owner, MLP) or type(owner) is type(reference.net):
        return [], []
    params = reference.params(flat)
    case = params, np.asarray(reference.x, np.float64), reference.y
    with np.errstate(all="ignore"):
        right, mine = _answers(reference.net, owner, *case), _answers(owner, owner, *case)
        off = [rule for rule in right if not _close(mine[rule], right[rule])]
        if not off:
            return [], []
        same = [m for m in catalogue().values() if m.local and _same(m, reference, owner, case, off, mine)]
    l = owner.depth
    findings = [_finding(m, l, same) for m in same[:1]]
    return off, findings


def _answers(net, owner, params, x, y):
    """{(rule, layer): (what went in, what came out)} for the rules that `owner` goes through."""
    p = net._forward(params, x)
    p.y, rng, found = y, np.random.default_rng(0), {}
    top = owner.depth
    if not owner.fused:
        found["criterion_gradient", top] = np.ones(1), net.criterion_gradient(p.a[top], y)
    for l in range(1, top + 1 if not owner.fused else top):
        da = rng.standard_normal(p.z[l].shape)
        found["through_activation", l] = da, net.through_activation(l, da, p)
    return found


def _close(mine, right):
    (size, mine), (_, right) = mine, right
    scale = max(np.abs(right).max(initial=0), np.abs(size).max() / len(right))
    return mine.shape == right.shape and bool((np.abs(mine - right) <= TOLERANCE * scale).all())


def _same(mistake, reference, owner, case, off, mine):
    net, layers = reference.net, frozenset([owner.depth])
    if mistake.needs and mistake.needs(net, *case, layers):
        return False
    planted = _answers(mistake.planted(net, layers), owner, *case)
    return all(_close(mine[rule], planted[rule]) for rule in off)


def _finding(mistake, l, same):
    wrong, right, why = mistake.lines(l)
    return Finding(
        array=mistake.array([l]),
        rule=mistake.rule,
        one_of=tuple(dict.fromkeys(m.id.split(":")[0] for m in same)),
        exact=True,
        sentence=f"Likely line: {wrong}. Make it: {right}. Why: {why}.",
    )
