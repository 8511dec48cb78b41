"""The evidence of a check: who is asked for the gradient, and how far each can be trusted."""

from dataclasses import replace
from importlib import import_module

import numpy as np

import manual

from .. import networks
from ..common.arrays import unflatten
from ..common.errors import UserError
from ..judge.comparison import worst_index
from ..networks.passes import LossOfMLP
from ..user.rounding import both, own_units, with_own
from ..witnesses import numerical
from ..witnesses import reference as references
from ..witnesses.rounding.units import THRESHOLD, combined
from ..witnesses.rounding.units import units as all_units
from .kinks import calm

# Relative: a loss that is another's to 1e-9 at a few points may have a gradient that is as near as this.
RECOGNISED = 1e-7
ROUNDED = 1e-13  # relative: losses that are nearer differ by their rounding


def everybody(subject, answer, reference, losses, seed, wanted, progress=None):
    """(witnesses, {witness: units}, {witness: scale}, what is absent), differences last.

    losses: (torch_loss, jax_loss, numpy_loss), each a function or None.
    """
    *framework_losses, numpy_loss = losses
    witnesses, units, scales, absences = gathered(subject, answer, reference, *framework_losses, seed, wanted)
    if numpy_loss is not None:
        found, c = _numpy_witness(numpy_loss, subject, answer, witnesses, units, seed)
        witnesses.append(found)
        scales |= {"numpy_loss": c} if c != 1 else {}
    if subject.function and subject.has_loss and ("numerical" in wanted or not witnesses):
        loss = differenced_loss(subject, reference)
        witnesses.append(differenced(loss, subject, answer, witnesses, units, seed, progress, reference))
    if not witnesses:
        raise UserError(
            "nothing to compare these gradients with: "
            + (
                "what the function returned holds no loss, one number before the gradients: return (loss, gradients)"
                if subject.function
                else "give a function that returns the loss, or network=..."
            )
        )
    return witnesses, units, scales, absences


def _numpy_witness(loss, subject, answer, witnesses, units, seed):
    """(Evidence, scale) of a second loss in NumPy, differenced."""

    def value(flat):
        return called(loss, subject, flat)

    found = replace(differenced(value, subject, answer, witnesses, units, seed), name="numpy_loss")
    c = _scale(subject, answer, found.loss, value, seed)
    if c == 1:
        return found, c
    arrays = {n: c * a for n, a in found.arrays.items()}
    error = {n: c * e for n, e in found.error.items()}
    return replace(found, loss=c * found.loss, arrays=arrays, error=error), c


def contradicted(answer, reference, witnesses, units):
    """Whether differences of the person's own loss side with the hand against a network that was only recognised.

    Where z is small a tanh and an arctan have one loss to ten digits, and two gradients; and log(p + 1e-12) is no
    log(p), though differences cannot tell: what is nearer to the network than RECOGNISED is not held against it.
    """
    by_name = {w.name: w for w in witnesses}
    if reference is None or reference.given or not {"manual", "numerical"} <= by_name.keys():
        return False
    by_hand, numerical_one = by_name["manual"], by_name["numerical"]
    doubtful = []
    for name, error in numerical_one.error.items():
        mine = answer.arrays.get(name)
        if mine is None or np.shape(mine) != error.shape or name not in by_hand.arrays:
            continue
        right, theirs, unit = by_hand.arrays[name], numerical_one.arrays[name], units["manual"][name]
        room = THRESHOLD * combined([unit, error])
        backs_mine = np.abs(mine - theirs) <= room
        if ((np.abs(right - theirs) > room) & backs_mine).any():
            return True
        if not (np.abs(mine - right) <= THRESHOLD * unit).all():
            near = np.linalg.norm(mine - right) <= RECOGNISED * np.linalg.norm(right)
            doubtful.append(bool(near and backs_mine[np.isfinite(error)].all()))
    return bool(doubtful) and all(doubtful)


def gathered(subject, answer, reference, torch_loss, jax_loss, seed, wanted):
    """(witnesses, {witness: units}, {witness: scale}, what is absent): all but differences.

    A scale is how many times a framework's loss the person's is, where that is not 1; the witness is at theirs.
    """
    flat, shapes = subject.flat, {n: a.shape for n, a in subject.flat.items()}
    dtype = coarsest(subject, answer)
    usable = reference is not None and (reference.loss_agrees or answer.loss is None)
    many = references.big(flat)
    ours = usable and many and is_manual(subject, reference)  # their rounding is that of `by_hand`
    own = {} if ours else own_units(subject, answer, dtype, seed)
    witnesses, units, scales, absences = [], {"hand": own}, {}, []
    if usable:
        # Where no function is there to be called without them, samples on a kink are kept out of the noise alone.
        quiet = reference if subject.function else calm(reference, reference.params(flat), dtype)
        frameworks, absences = references.present(
            [who for who in ("torch", "jax") if who in wanted and reference.given]
        )
        # Measured once where it is the same: by their own code, beside a framework's, for large arrays.
        known = many and frameworks and own.keys() >= answer.arrays.keys() | answer.deltas.keys()
        by_hand, rounding = reference.by_hand(flat, shapes, dtype, noise=not known)
        if is_manual(subject, reference):
            by_hand = None  # no witness beside itself: let go before the others are asked
        if quiet is not reference and not known:
            rounding = quiet.by_hand(flat, shapes, dtype)[1]
        for who in frameworks:
            witnesses.append(reference.by_framework(who, flat, shapes))
        if frameworks:
            centre = witnesses[0] if quiet is reference else quiet.by_framework(frameworks[0], flat, shapes)
            graph = quiet.framework_units(frameworks[0], flat, shapes, centre, dtype)
            rounding = both(rounding, graph, many)
        if by_hand is not None and reference.residual > ROUNDED:
            near = 10 * reference.residual
            rounding = {n: u + near * np.abs(by_hand.arrays[n]).max(initial=0) for n, u in rounding.items()}
        if ours:
            units["hand"] = rounding
        if by_hand is not None:
            witnesses.append(by_hand)
        units |= {w.name: rounding for w in witnesses}
    for who, loss in (("torch", torch_loss), ("jax", jax_loss)):
        if loss is not None:
            witness, rounding, scales[who] = _framework_loss(who, loss, subject, answer, dtype, seed)
            witnesses.append(witness)
            units[witness.name] = rounding
    shared = {id(table): with_own(own, table, many) for table in units.values()}
    units = {w: shared[id(table)] for w, table in units.items()}
    return witnesses, units, {who: c for who, c in scales.items() if c != 1}, absences


def _framework_loss(who, loss, subject, answer, dtype, seed):
    """(Evidence, units, scale) of a loss the person wrote for torch or jax, or of a torch module."""
    if references.absent(who):
        raise UserError(f"{who}_loss cannot be used: {references.absent(who)}")
    witness = import_module(f"compare.witnesses.{who}")
    inputs = [a for a in (subject.x, subject.y) if a is not None]
    if not callable(loss) and not hasattr(loss, "bound"):
        raise UserError(f"{who}_loss is {type(loss).__name__}: a function (params, x, y) -> scalar is needed")
    of_leaves = _bound(who, loss, subject, answer)
    try:
        found = witness.evidence(of_leaves, subject.flat, inputs)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{who}_loss raised {type(error).__name__}: {_first_line(error)}") from error
    draws, many = references.draws_for(subject.flat), references.big(subject.flat)
    noise = witness.one_by_one(of_leaves, subject.flat, inputs, dtype, draws, seed, many)
    rounding = all_units(noise, found.arrays, dtype, many)
    scale = _scale(subject, answer, found.loss, lambda at: witness.evidence(of_leaves, at, inputs).loss, seed)
    if scale != 1:
        forward, arrays = found.forward, {n: scale * a for n, a in found.arrays.items()}
        found = replace(found, loss=scale * found.loss, arrays=arrays, forward=lambda u: scale * forward(u))
        rounding = {n: abs(scale) * u for n, u in rounding.items()}
    return found, rounding, scale


def _bound(who, loss, subject, answer):
    """loss as a function of ({name: leaf}, x, y)."""
    if who == "torch" and hasattr(loss, "named_parameters"):
        from ..user.modules import module_loss

        loss = module_loss(loss)
    if hasattr(loss, "bound"):
        of_leaves, said = loss.bound(subject, answer.loss)
        answer.assumed.extend(s for s in said if s not in answer.assumed)
        return of_leaves

    def of_leaves(leaves, *inputs):
        value = loss(unflatten(leaves, subject.like), *inputs)
        if who == "torch" and (not hasattr(value, "backward") or value.numel() != 1):
            raise UserError(f"torch_loss returned {_what(value)}: a tensor of one number is needed")
        return value.reshape(()) if who == "torch" else value

    return of_leaves


def _scale(subject, answer, theirs, value, seed):
    """c with the person's loss c times this one, here and at two more points; 1 where it is not one number."""
    if (
        not subject.function
        or answer.loss is None
        or not theirs
        or not np.isfinite([theirs, answer.loss]).all()
    ):
        return 1.0
    room, c = 1e3 * np.finfo(coarsest(subject, answer)).eps, answer.loss / theirs
    if abs(c - 1) <= room or c <= 0:
        return 1.0
    for point in points_nearby(subject.flat, seed, 2):
        mine, other = float(subject.loss(point)), value(point)
        if not abs(mine - c * other) <= room * max(abs(mine), 1e-3):
            return 1.0
    return c


def points_nearby(flat, seed, count, many=False):
    """`count` other parameters, each a tenth away at random; of many entries some share their random numbers."""
    rng = np.random.default_rng(seed)

    def factors(shape):
        drawn = rng.standard_normal((numerical.MOVED,) if many else shape)
        return np.resize(drawn, shape) if many else drawn

    return [
        {n: (a * (1 + 0.1 * factors(a.shape))).astype(a.dtype) for n, a in flat.items()} for _ in range(count)
    ]


def differenced_loss(subject, reference):
    """The function to be differenced: theirs or, where the hand is a network of ours, its loss with deltas."""
    if reference is None or not is_manual(subject, reference):
        return subject.loss
    net, x, y = reference.net, networks.inputs(reference.x, np.float64), reference.y
    if type(net) is manual.MLP:
        return LossOfMLP(net, x, y)
    return lambda flat: net.loss(flat, x, y, lambda name, z: z + flat[name])


def differenced(loss, subject, answer, witnesses, units, seed, progress=None, reference=None):
    arrays, eps = dict(subject.flat), 0.0
    if loss == subject.loss and coarsest(subject, answer) != np.float64:
        if keeps_digits(loss, arrays, seed):
            arrays = {n: a.astype(np.float64) for n, a in arrays.items()}
        else:
            eps = float(np.finfo(coarsest(subject, answer)).eps)
    if reference is not None and is_manual(subject, reference):
        arrays |= {n: np.zeros(a.shape) for n, a in answer.deltas.items()}
        arrays = {n: np.asarray(a, np.float64) for n, a in arrays.items()}
    must, many = [], references.big(subject.flat)
    exact = [w for w in witnesses if w.error is None]
    for w in exact[:1] if many else exact:
        for name, theirs in w.arrays.items():
            if many and name not in subject.flat:
                continue  # frameworks vouch for the deltas
            mine = np.asarray((answer.arrays | answer.deltas).get(name, np.nan))
            if name in arrays and mine.shape == theirs.shape and np.isfinite(mine).all():
                must.append((name, worst_index(mine, theirs, units[w.name][name])))
    sampled = not (many and must)
    found = numerical.evidence(
        loss, arrays, must, seed, progress=progress, many=many, sampled=sampled, eps=eps
    )
    # Where nobody else is exact. The hand's own rounding must be known: it is what is left to differ by.
    if not witnesses and units["hand"].keys() >= arrays.keys() and loss == subject.loss:
        return numerical.sharpened(found, subject.complex_loss, arrays, seed)
    return found


def keeps_digits(loss, arrays, seed=0):
    """Whether `loss` computes in float64 where its parameters are float64: it answers to steps float32 cannot show."""
    rng = np.random.default_rng(seed)
    at = {n: a.astype(np.float64) for n, a in arrays.items()}
    moved = {n: a * (1 + 1e-11 * rng.standard_normal(a.shape)) for n, a in at.items()}
    with np.errstate(all="ignore"):
        here, there = float(loss(at)), float(loss(moved))
    return 0 < abs(there - here) < 1e-9 * abs(here)


def is_manual(subject, reference):
    return (
        subject.owner is not None
        and type(subject.owner) is type(reference.net)
        and subject.owner == reference.net
    )


def called(loss, subject, flat):
    """The value of numpy_loss. Raises UserError where it gives none."""
    try:
        found = loss(unflatten(flat, subject.like), *[a for a in (subject.x, subject.y) if a is not None])
    except Exception as error:
        raise UserError(f"numpy_loss raised {type(error).__name__}: {_first_line(error)}") from error
    if np.size(found) != 1 or np.asarray(found).dtype.kind not in "fiub":
        raise UserError(f"numpy_loss returned {_what(found)}: one number is needed")
    return float(np.reshape(found, ()))


def _what(value):
    """'float', or 'a Tensor of shape (8,)'"""
    kind = type(value).__name__
    return f"{kind} of shape {tuple(value.shape)}" if hasattr(value, "shape") else kind


def _first_line(error):
    return (str(error).splitlines() or [""])[0]


def coarsest(subject, answer):
    """The floating type with the fewest digits among the parameters and the gradients that were given."""
    types = [subject.dtype, *(a.dtype for a in answer.arrays.values() if a.dtype.kind == "f")]
    return max(types, key=lambda dtype: np.finfo(dtype).eps)
