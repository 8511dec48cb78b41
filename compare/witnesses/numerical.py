"""Numerical differentiation as a witness: it needs nothing but the loss itself.

Central differences at h, h/2 and h/4 with one Richardson step (sources.md E8 has the trade-off between
truncation and rounding); both errors are estimated, so that each figure comes with how far to trust it.
"""

import numpy as np

from . import Witness, complex_step
from .rounding.noisy import Rounding

# Tried in turn until the estimated error is small: the first is near the best for a smooth function of
# scale 1 in float64 (eps^(1/5)), the others are for kinks and steep places nearby.
STEPS = (2e-3, 1e-4, 5e-6)
COARSE = (0.05, 0.01)  # where the loss keeps few digits
ENTRY_BY_ENTRY = 2_000  # arrays together; beyond that a sample
SAMPLED = 24  # entries of each array, when sampled
SAMPLED_OF_MANY = 6  # where one loss costs milliseconds
MANY = 200_000
SIDE_STEPS = (1e-6, 1e-5, 1e-4, 1e-3)  # the smallest that rounding leaves something of
MOVED = 50_000  # entries of each array that move to see how the loss scatters, where there are many


def evidence(
    loss, arrays, must_have=(), seed=0, name="numerical", progress=None, many=False, sampled=True, eps=0.0
):
    """The derivative of `loss(arrays)` by each entry, with its estimated error.

    Small problems are differenced entry by entry; of large ones a random sample of each array and the
    entries `must_have` = [(name, index), ...]. What was not differenced has error inf.
    many: millions of entries, of which some are moved to see how the loss scatters.
    loss: where it has `near(arrays)`, that gives (name, index) -> the loss by that entry alone, at less cost.
    sampled: False where others vouch for the rest of a large problem, and `must_have` is enough.
    eps: of the floating type the loss is known to be computed in, where that is coarser than the arrays' own.
    """
    work = {
        key: np.array(a, dtype=np.float64 if a.dtype.kind != "f" else a.dtype) for key, a in arrays.items()
    }
    value = float(loss(work))
    jitter = (_jitter_of_many if many else loss_jitter)(loss, work, value, seed, eps)
    entries = chosen_entries(work, must_have, seed, sampled)
    found = {key: np.zeros(a.shape) for key, a in work.items()}
    error = {key: np.full(a.shape, np.inf) for key, a in work.items()}
    alone = loss.near(work) if many and hasattr(loss, "near") else lambda *entry: lambda: loss(work)
    for key, index in progress(entries) if progress else entries:
        by_entry = alone(key, index)
        found[key][index], error[key][index] = derivative(by_entry, work, key, index, jitter, sampled)
    return Witness(name, value, found, error, "central differences")


def sharpened(evidence, loss, arrays, seed=0):
    """The evidence with the complex step in the place of differences, where `loss` is analytic and both agree.

    loss: {name: complex array} -> complex number.
    """
    entries = [(n, tuple(i)) for n, e in evidence.error.items() for i in np.argwhere(np.isfinite(e)).tolist()]
    found = complex_step.derivatives(loss, arrays, entries, seed)
    if not found:
        return evidence
    exact = {n: np.array(a) for n, a in evidence.arrays.items()}
    error = {n: np.array(e) for n, e in evidence.error.items()}
    for (name, index), (value, room) in found.items():
        if not abs(value - exact[name][index]) <= 10 * (error[name][index] + room):
            return evidence
        exact[name][index], error[name][index] = value, room
    return Witness(evidence.name, evidence.loss, exact, error, "complex step")


def chosen_entries(arrays, must_have=(), seed=0, sampled=True):
    """All entries of a small problem, else a seeded sample of each array."""
    total = sum(a.size for a in arrays.values())
    if total <= ENTRY_BY_ENTRY:
        return [(key, index) for key, a in arrays.items() for index in np.ndindex(a.shape)]
    rng = np.random.default_rng(seed)
    chosen = [(key, tuple(int(i) for i in index)) for key, index in must_have]
    for key, a in arrays.items() if sampled else ():
        flat = rng.choice(a.size, min(SAMPLED if total <= MANY else SAMPLED_OF_MANY, a.size), replace=False)
        chosen += [(key, tuple(int(i) for i in np.unravel_index(f, a.shape))) for f in flat]
    return list(dict.fromkeys(chosen))


def derivative(loss, arrays, key, index, jitter, thorough=True):
    """(derivative, estimated absolute error) of loss(), which reads `arrays`, by one entry; they are put back.

    thorough: False to stop once a smaller step could only make it worse.
    """
    array, kept = arrays[key], arrays[key][index]

    def at(offset):
        array[index] = kept + offset
        moved = float(array[index]) - float(kept)  # the step as it can be represented
        return float(loss()), moved

    try:
        fine_steps = array.dtype == np.float64
        return extrapolated(at, max(abs(float(kept)), 0.1), jitter, fine_steps, thorough)
    finally:
        array[index] = kept


def derivative_along(loss, arrays, key, u, jitter):
    """(derivative, estimated absolute error) of loss(arrays) along `u`, a direction of the array `key`."""
    array = arrays[key].astype(np.float64)
    norm = float(np.linalg.norm(u))
    size = max(float(np.linalg.norm(array)), 0.1)

    def at(offset):
        return float(loss(arrays | {key: array + offset / norm * u})), offset

    value, error = extrapolated(at, min(size, 1.0), jitter, True)
    return value * norm, error * norm


def extrapolated(at, scale, jitter, fine_steps, thorough=True):
    """(derivative, estimated absolute error) by central differences of at(offset) -> (loss, offset as it was).

    thorough: False to stop once a smaller step could only make it worse.
    """
    best, left = (0.0, np.inf), list(STEPS if fine_steps else COARSE)
    while left:
        step = left.pop(0)
        h = step * scale
        coarse, fine, finest = _central(at, h), _central(at, h / 2), _central(at, h / 4)
        value, again = (4 * fine - coarse) / 3, (4 * finest - fine) / 3
        # Richardson removes h^2; what it removed, damped, bounds what is left of a smooth loss. That it is
        # smooth shows in the same at half the step. Rounding of L comes on top.
        error = abs(fine - coarse) * (step if step < 0.01 else 1) + abs(value - again) + 4 * jitter / h
        if error < best[1]:
            best = (value, error)
        settled = not thorough and error <= 8 * jitter / h
        if settled or best[1] <= 1e-8 * abs(best[0]):
            break
        if step == STEPS[0] and error <= 8 * jitter / h:
            left = list(COARSE)  # rounding is most of it, and smaller steps have more
    return best


def _central(at, h):
    (up, right), (down, left) = at(h), at(-h)
    return (up - down) / (right - left)


def sides(loss, arrays, key, index, jitter):
    """(derivative from the left, from the right) by one entry where the loss has a kink, else None.

    The two sides of a kink stay as they are when the step is made smaller; those of a bend draw together, and what
    rounding (`jitter`) makes of a smooth loss scatters.
    """
    array, kept = arrays[key], arrays[key][index]
    middle, scale = float(loss(arrays)), max(abs(float(kept)), 0.1)

    def slope(h):
        array[index] = kept + h
        return (float(loss(arrays)) - middle) / (float(array[index]) - float(kept))

    try:
        for step in SIDE_STEPS:
            h = step * scale
            (left, right), (nearer_left, nearer_right) = ((slope(-g), slope(g)) for g in (h, h / 4))
            apart = abs(right - left)
            steady = max(abs(nearer_left - left), abs(nearer_right - right)) <= 0.1 * apart
            if steady and apart > max(100 * jitter / h, 1e-3 * max(abs(left), abs(right))):
                return left, right
    finally:
        array[index] = kept
    return None


def loss_jitter(loss, arrays, value, seed=0, eps=0.0):
    """The rounding error of the loss itself: how it scatters about a line over steps too small to matter.

    eps: of the floating type it is known to be computed in, where that is coarser than the arrays' own.
    """
    rng = np.random.default_rng(seed)
    steps = np.arange(-3, 4)
    direction = {key: rng.choice([-1.0, 1.0], a.shape) for key, a in arrays.items()}
    eps = max(eps, *(np.finfo(a.dtype).eps for a in arrays.values()))
    # 16 to 48 ulps: large enough to change the digits, small enough that the loss is a straight line.
    values = [
        float(
            loss(
                {
                    key: (a + 16 * s * eps * np.abs(a) * direction[key]).astype(a.dtype)
                    for key, a in arrays.items()
                }
            )
        )
        for s in steps
    ]
    line = np.polyval(np.polyfit(steps, values, 1), steps)
    seen = float(np.std(np.array(values) - line))
    grain = _grain(loss, arrays, value, direction)
    return max(seen, grain, 0.5 * _scatter(loss, arrays, value, seed), float(eps) * abs(value))


def _grain(loss, arrays, value, direction, step=1e-5, count=6, degree=3):
    """How far the loss is from a smooth curve beside here: what is float32 inside moves in jumps.

    On the side where it is nearer, for on the other there may be a kink.
    """
    steps, found = np.arange(count + 1), []
    for side in (-1, 1):
        at = [
            {n: a * (1 + side * s * step * direction[n]).astype(a.dtype) for n, a in arrays.items()}
            for s in steps[1:]
        ]
        values = np.array([value, *(float(loss(moved)) for moved in at)])
        if not np.isfinite(values).all():
            return 0.0
        curve = np.polyval(np.polyfit(steps, values, degree), steps)
        found.append(float(np.sqrt(((values - curve) ** 2).sum() / (count - degree))))
    return min(found)


def _scatter(loss, arrays, value, seed, draws=12):
    """How far the loss moves where the result of every operation of it does, by an ulp; 0 where it cannot be watched.

    Moving the parameters alone is not enough: where p is near 1, log(1 - p) has lost its digits before it sees them.
    """
    rounding = Rounding(seed)
    try:
        with np.errstate(all="ignore"):
            values = [
                float(loss({n: rounding.watched(np.array(a)) for n, a in arrays.items()}))
                for _ in range(draws)
            ]
    except Exception:  # code that leaves NumPy, or asks for the type of what it gets
        return 0.0
    return float(np.abs(np.array(values) - value).max()) if np.isfinite(values).all() else 0.0


def _jitter_of_many(loss, arrays, value, seed=0, eps=0.0):
    """The same for arrays of millions of entries: the first of each move, in place."""
    rng = np.random.default_rng(seed)
    eps = max(eps, *(np.finfo(a.dtype).eps for a in arrays.values()))
    parts = {key: a.reshape(-1)[:MOVED] for key, a in arrays.items()}
    steps, values = np.arange(-2, 3), []
    kept = {key: part.copy() for key, part in parts.items()}
    moves = {key: 16 * eps * np.abs(part) * rng.choice([-1.0, 1.0], part.shape) for key, part in kept.items()}
    for s in steps:
        for key, part in parts.items():
            part[...] = kept[key] + s * moves[key]
        values.append(float(loss(arrays)) if s else value)
    for key, part in parts.items():
        part[...] = kept[key]
    line = np.polyval(np.polyfit(steps, values, 1), steps)
    return max(float(np.std(np.array(values) - line)), float(eps) * abs(value))
