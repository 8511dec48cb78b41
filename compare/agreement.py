"""One network, three ways: gathers the evidence of all who are here, and has it judged."""

import numpy as np

from .judge.noise import combined, unit
from .judge.report import LossVerdict, Report
from .judge.verdicts import judge
from .results import environment
from .witnesses import Evidence, absent, numerical
from .witnesses.rounding import noisy

DRAWS = 8


def compare_network(net, params, x, y, data=None, seed=0, progress=None):
    """The hand-written gradients and deltas of `net` (a networks.Network) against torch, jax and differences.

    params, x, y as networks.check_inputs gives them. Returns a judge.report.Report.
    """
    by_hand = net.build("hand")
    dtype = params[next(iter(params))].dtype
    hand = hand_evidence(by_hand, params, x, y)
    shapes = {name: np.shape(p) for name, p in params.items()}
    shapes |= {name: np.shape(d) for name, d in hand.arrays.items() if name not in params}
    arrays = params | {name: np.zeros(shape) for name, shape in shapes.items() if name not in params}

    witnesses, warnings = [], []
    for who in ("torch", "jax"):
        why_not = absent(who)
        if why_not:
            warnings.append(f"{who} takes no part: {why_not}")
        else:
            witnesses.append(framework_evidence(who, net, arrays, x, y))
    # The hand's own operations are perturbed in its own dtype, a framework's in float64 at that dtype's size.
    own = hand_unit(by_hand, hand, params, x, y, seed)
    units = {w.name: own for w in witnesses}
    if witnesses:
        first = witnesses[0]
        draws = framework_noise(first.name, net, arrays, x, y, dtype, seed)
        theirs = {name: unit([d[name] for d in draws], first.arrays[name], dtype) for name in shapes}
        units = {w.name: {name: combined([own[name], theirs[name]]) for name in shapes} for w in witnesses}
    units["numerical"] = own
    witnesses.append(
        numerical_evidence(by_hand, arrays, x, y, worst_entries(hand, witnesses, units), seed, progress)
    )
    verdicts = judge(hand, witnesses, units, shapes, dtype)
    loss = loss_verdict(hand, witnesses, dtype)
    return Report(
        schema="threeways/gradients/1",
        environment=environment(seed),
        ok=all(v.passes for v in verdicts) and loss.status in ("agree", "unknown", "convention"),
        diagnosis=None,
        findings=[],
        recognised=None,
        loss=loss,
        verdicts=verdicts,
        warnings=warnings,
        about={
            "network": net.describe(),
            "fields": net.fields,
            "data": data,
            "batch": len(x),
            "dtype": str(dtype),
            "absent": {who: absent(who) for who in ("torch", "jax") if absent(who)},
        },
    )


def hand_evidence(net, params, x, y):
    """What a network of `manual` says, deltas among the arrays."""
    loss, grads = net.loss_and_grads(params, x, y)
    return Evidence("hand", float(loss), grads | net.deltas(params, x, y))


def hand_unit(net, hand, params, x, y, seed=0, draws=DRAWS):
    """The rounding unit of a NumPy network's own arrays."""
    from .witnesses.rounding import Noisy

    Noisy.rng = np.random.default_rng(seed)
    dtype = params[next(iter(params))].dtype
    runs = [hand_evidence(net, noisy(params), noisy(x), noisy(y)).arrays for _ in range(draws)]
    return {name: unit([r[name] for r in runs], array, dtype) for name, array in hand.arrays.items()}


def framework_evidence(who, net, arrays, x, y):
    """torch's or jax's gradients and deltas of the same network, in float64."""
    witness = _module(who)
    return witness.evidence(witness.network(net.build(who)), arrays, [x, y])


def framework_noise(who, net, arrays, x, y, dtype, seed=0):
    witness = _module(who)
    return witness.noise(witness.network(net.build(who)), arrays, [x, y], dtype, DRAWS, seed)


def _module(who):
    from importlib import import_module

    return import_module(f"{__package__}.witnesses.{who}")


def numerical_evidence(net, arrays, x, y, must_have=(), seed=0, progress=None):
    """Differences of the hand-written loss, in float64: zeros named delta... are added to z."""
    doubles = {name: np.asarray(a, np.float64) for name, a in arrays.items()}
    x = np.asarray(x, np.float64)
    y = np.asarray(y, np.float64) if np.asarray(y).dtype.kind == "f" else y

    def loss(moved):
        return net._loss(moved, x, y, lambda name, z: z + moved[name])

    return numerical.evidence(loss, doubles, must_have, seed, progress=progress)


def worst_entries(hand, witnesses, units):
    """[(name, index)]: for each array and witness the entry that differs most, so that differences are taken there."""
    entries = []
    for w in witnesses:
        for name, theirs in w.arrays.items():
            mine = np.asarray(hand.arrays.get(name, np.nan))
            if mine.shape == theirs.shape:
                ratio = np.abs(mine - theirs) / units[w.name][name]
                entries.append(
                    (name, tuple(int(i) for i in np.unravel_index(np.argmax(ratio), theirs.shape)))
                )
    return entries


def loss_verdict(hand, witnesses, dtype):
    """Whether the losses are equal to rounding; any nan is not."""
    losses = {w.name: w.loss for w in witnesses}
    tolerance = 1e3 * np.finfo(dtype).eps
    off = [
        name
        for name, value in losses.items()
        if not abs(hand.loss - value) <= tolerance * max(abs(value), 1e-3)
    ]
    if off:
        return LossVerdict("wrong", f"the loss differs from {' and '.join(off)}", hand.loss, losses)
    return LossVerdict("agree", "the same loss", hand.loss, losses)
