"""The catalogue of operations' mistakes: each yields gradients that it would give, with its id and a sentence.

A name is given only to numbers that it reproduces. Where the mistake has unknowns (a number for each row), they are
fitted, and the rest of the entries must follow.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from ...common.arrays import Array
from .case import Case, Cut

LEAST = 3  # entries that one fitted number has to explain


class Candidate(NamedTuple):
    """The result of one mistake: its id, the gradient, the sentence after 'x ', and how many numbers were fitted."""

    id: str
    model: Array
    words: str
    fitted: int = 0


Pattern = Callable[[Case], Iterator[Candidate]]


def zero(case: Case) -> Iterator[Candidate]:
    yield Candidate(
        "zero-gradient",
        np.zeros_like(case.right),
        "is 0: the backward returns zeros for an input that has a gradient",
    )


def factors(case: Case) -> Iterator[Candidate]:
    """Multiples of the right gradient: a sign, a mean for a sum, a scale once too often or not at all."""
    right = case.right
    yield Candidate("sign-flipped", -right, "has the opposite sign")
    arrays = [*case.inputs.values(), *case.outputs]
    sizes = {n for a in arrays for n in (*a.shape, a.size) if n > 1}
    for n in sorted(sizes):
        yield Candidate(
            "sum-averaged", right / n, f"is 1/{n} of the right one: averaged over {n}, to be summed"
        )
        yield Candidate(
            "mean-summed", right * n, f"is {n} times the right one: summed over {n}, to be averaged"
        )
    scales = {f"1/sqrt({n})": n**-0.5 for n in sorted(sizes)}
    scales |= {name: value for name, value in case.numbers.items() if value not in (0, 1, -1)}
    for name, s in scales.items():
        yield Candidate("scale-twice", right * s, f"has the scale {name} once too often")
        yield Candidate("scale-missing", right / s, f"lacks the scale {name}")
    for r in (2.0, 0.5):
        yield Candidate("factor-two", right * r, f"is {r:g} times the right one")


def of_inputs(case: Case) -> Iterator[Candidate]:
    """Another input left out of the backward, or taken twice; the output in the place of the argument."""
    for name, array in case.inputs.items():
        if name == case.name:
            continue
        without, twice = case.at(**{name: np.ones_like(array)}), case.at(**{name: array * array})
        if without is not None:
            yield Candidate("scale-missing", without, f"lacks {name}: it is the gradient with 1 for {name}")
        if twice is not None:
            yield Candidate(
                "scale-twice",
                twice,
                f"has {name} once too often: it is the gradient with {name}^2 for {name}",
            )
    for what, array in case.same_shape():
        if what not in case.inputs:
            found = case.at(**{case.name: array})
            if found is not None:
                yield Candidate(
                    "output-for-argument",
                    found,
                    f"is the derivative at {what}, to be taken at the argument {case.name}",
                )


def elementwise(case: Case) -> Iterator[Candidate]:
    """The argument in a derivative that is written by the output: tanh, sigmoid, exp, sqrt."""
    if len(case.outputs) != 1 or case.outputs[0].shape != case.mine.shape:
        return
    x, y, c = case.input, case.outputs[0], case.cotangents[0]
    rules: list[tuple[str, Callable[[Array], Array]]] = [
        ("1 - a^2", lambda a: 1 - a * a),
        ("a (1 - a)", lambda a: a * (1 - a)),
        ("a", lambda a: a),
        ("1 / (2 a)", lambda a: 1 / (2 * a)),
    ]
    for words, rule in rules:
        with np.errstate(all="ignore"):
            if _near(c * rule(y), case):
                yield Candidate(
                    "argument-for-output", c * rule(x), f"has the argument for the output a in {words}"
                )
    for axis in range(y.ndim):
        soft = y * (c - (c * y).sum(axis, keepdims=True))
        logs = c - np.exp(np.minimum(y, 0)) * c.sum(axis, keepdims=True)
        if _near(soft, case):
            yield Candidate(
                "softmax-sum-missing", y * c, "lacks the softmax's sum: it is y dy, not y (dy - sum(y dy))"
            )
            yield Candidate(
                "softmax-jacobian-diagonal",
                y * (1 - y) * c,
                "has the softmax's diagonal alone: it is y (1 - y) dy, not y (dy - sum(y dy))",
            )
            yield Candidate(
                "argument-for-output",
                x * (c - (c * x).sum(axis, keepdims=True)),
                "has the argument of the softmax for its output",
            )
            for other in range(y.ndim):
                yield Candidate(
                    "wrong-axis",
                    y * (c - (c * y).sum(other, keepdims=True)),
                    f"sums over axis {other}, to be {axis}",
                )
        if _near(logs, case):
            p = np.exp(np.minimum(y, 0))
            yield Candidate(
                "softmax-sum-missing", c, "lacks the log-softmax's sum: it is dy, not dy - p sum(dy)"
            )
            yield Candidate(
                "argument-for-output",
                c - x * c.sum(axis, keepdims=True),
                "has the argument for the probabilities",
            )
            yield Candidate(
                "output-for-argument",
                c - y * c.sum(axis, keepdims=True),
                "has the logarithm for the probabilities",
            )
            for other in range(y.ndim):
                yield Candidate(
                    "wrong-axis", c - p * c.sum(other, keepdims=True), f"sums over axis {other}, to be {axis}"
                )


def operands(case: Case) -> Iterator[Candidate]:
    """Products of the cotangent with an input in another order, the transpose, another input's gradient."""
    for name, other in case.rights.items():
        if name != case.name and other.shape == case.mine.shape:
            yield Candidate("operands-swapped", other, f"is the gradient of {name}")
    if case.mine.ndim >= 2 and case.mine.shape[-1] == case.mine.shape[-2]:
        yield Candidate(
            "operands-swapped",
            np.swapaxes(case.right, -1, -2),
            "is the right one transposed: its operands are swapped",
        )
    found = []
    for c, (name, b) in product(case.cotangents, case.inputs.items()):
        if c.ndim < 2 or b.ndim < 2:
            continue
        for left, right in ((c, b), (b, c)):
            for turned, again in product((False, True), repeat=2):
                p = np.swapaxes(left, -1, -2) if turned else left
                q = np.swapaxes(right, -1, -2) if again else right
                if p.shape[-1] == q.shape[-2] and _product_shape(p, q) == case.mine.shape:
                    found.append((name, p @ q))
    if any(_near(p, case) for _, p in found):
        for name, p in found:
            yield Candidate(
                "operands-swapped", p, f"has the operands of its product with {name} swapped or transposed"
            )


def _product_shape(p: Array, q: Array) -> tuple[int, ...] | None:
    """Return the shape of p @ q; None where the axes before the last two do not go together."""
    try:
        return (*np.broadcast_shapes(p.shape[:-2], q.shape[:-2]), p.shape[-2], q.shape[-1])
    except ValueError:
        return None


def paths(case: Case) -> Iterator[Candidate]:
    """The path through a statistic: known where the reference was run without it, fitted where it cannot be.

    Fitted, what is missing is one number a row, times something known.
    """
    if case.cuts is not None:
        yield from map(_without, case.cuts)
        return
    if case.mine.ndim < 1 or case.mine.size < 2 * LEAST:
        return
    x, error = case.input, case.error
    for axis in range(case.mine.ndim):
        if case.mine.shape[axis] < LEAST or (case.mine.size == case.mine.shape[axis] and case.mine.ndim > 1):
            continue
        centred = x - x.mean(axis, keepdims=True)
        ones = np.ones_like(x)
        which = f"along axis {axis}"
        bases = [
            ("mean-path-missing", [ones], f"lacks the path through the mean {which}"),
            ("variance-path-missing", [x], f"lacks the path through the mean square {which}"),
            ("variance-path-missing", [centred], f"lacks the path through the variance {which}"),
            (
                "mean-path-missing",
                [ones, centred],
                f"lacks the paths through the mean and the variance {which}",
            ),
        ]
        for id_, basis, words in bases:
            rows = case.mine.size // case.mine.shape[axis]
            if rows > 1 and _shared(error, basis):
                continue  # one number for all rows is a term of the formula, and no statistic of each
            if case.mine.shape[axis] >= 2 * LEAST * len(basis) - 2:
                yield Candidate(id_, case.right + _fitted(error, basis, axis), words, len(basis) * rows)


def _without(cut: Cut) -> Candidate:
    """Return what a backward gives that treats these statistics as constants."""
    statistics, model = cut
    kinds = {s.kind for s in statistics}
    if kinds == {"softmax"}:
        words = "lacks the softmax's sum: it takes the sum of exp for a constant"
        return Candidate("softmax-sum-missing", model, words)
    id_ = "variance-path-missing" if kinds == {"mean square"} else "mean-path-missing"
    each = dict.fromkeys(f"the {s.kind}{_along(s.axes)}".replace("softmax", "sum of exp") for s in statistics)
    return Candidate(id_, model, f"lacks the path{'s' * (len(each) > 1)} through {' and '.join(each)}")


def _along(axes: tuple[int, ...]) -> str:
    return f" along ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}" if axes else ""


def contributions(case: Case) -> Iterator[Candidate]:
    """Sums of what each slice of the cotangent adds: over the wrong axis, of one slice alone, without a carry."""
    for axis, parts in case.slices.items():
        length = len(parts)
        for first, order in (("last", parts), ("first", parts[::-1])):
            model = np.zeros_like(case.right)
            for part in order:
                model = np.where(part == 0, model, part)
            words = (
                f"keeps the {first} of the values that slices of axis {axis} add to one entry; add them up"
            )
            yield Candidate("duplicates-overwritten", model, words)
        for k, what in ((0, "first"), (length - 1, "last")):
            yield Candidate(
                "broadcast-not-summed",
                parts[k],
                f"is what the {what} slice of axis {axis} adds, to be summed over all {length}",
            )
        for own in range(case.mine.ndim):
            if case.mine.shape[own] != length:
                continue
            if case.mine.ndim == 1:
                yield Candidate(
                    "wrong-axis",
                    parts.sum(axis=1),
                    f"is summed over the wrong axis of the output, not over axis {axis}",
                )
            yield from _carries(case, parts, own)


def _carries(case: Case, parts: Array, own: int) -> Iterator[Candidate]:
    """Lose what crosses the edges of blocks of each size, or one edge, along an axis that both sides have."""
    length, along = (
        len(parts),
        np.moveaxis(parts, own + 1, 1),
    )  # [slice of the output, place of the input, ...]
    s, t = np.arange(length)[:, None], np.arange(length)[None, :]
    reach = np.abs(along).sum(axis=tuple(range(2, along.ndim))) != 0
    before, after = bool((reach & (s > t)).any()), bool((reach & (s < t)).any())
    if before and after and int(np.abs(s - t)[reach].max(initial=0)) * 2 >= length:
        return  # neither a scan nor a window: nothing is carried
    ways = [(f"at the edges of blocks of {b}", s // b == t // b) for b in range(1, length)]
    ways += [(f"at the edge before {e}", (s < e) == (t < e)) for e in range(1, length)]
    for words, kept in ways:
        total = np.einsum("st,st...->t...", kept.astype(float), along)
        yield Candidate("carry-lost", np.moveaxis(total, 0, own), f"loses the carry {words} of axis {own}")


def masks(case: Case) -> Iterator[Candidate]:
    """Entries that are exactly 0 in the right gradient, and go on as the others do in this one."""
    if len(case.cotangents) != 1 or case.cotangents[0].shape != case.mine.shape:
        return
    c, hidden = case.cotangents[0], case.right == 0
    if not 2 <= hidden.sum() <= hidden.size - LEAST:
        return
    ratio = case.right[~hidden] / c[~hidden]
    f = float(np.median(ratio))
    yield Candidate(
        "mask-missing", f * c, "lacks the mask: entries that are 0 in the right one go on as the others do"
    )


PATTERNS: tuple[Pattern, ...] = (zero, factors, of_inputs, elementwise, operands, paths, contributions, masks)


def _near(model: Array, case: Case) -> bool:
    """Return whether a formula is that of the right gradient: to 1e-6, for what is right is known in float64."""
    with np.errstate(all="ignore"):
        return bool(np.linalg.norm(model - case.right) <= 1e-6 * np.linalg.norm(case.right))


def _shared(error: Array, basis: list[Array]) -> bool:
    """Whether the basis explains the error with the same numbers in all rows: to a twentieth."""
    vectors = np.stack([b.ravel() for b in basis], axis=-1)
    left = error.ravel() - vectors @ np.linalg.lstsq(vectors, error.ravel(), rcond=None)[0]
    return bool(np.linalg.norm(left) <= 0.05 * np.linalg.norm(error))


def _fitted(error: Array, basis: list[Array], axis: int) -> Array:
    """Return the fit of `error` by numbers that are the same along `axis`, times the basis: each half by the other's.

    Where one entry of a row outweighs the rest any pattern would fit it; by the other half's numbers none does.
    """
    vectors = np.stack([np.moveaxis(b, axis, -1) for b in basis], axis=-1)
    e = np.moveaxis(error, axis, -1)[..., None]
    found = np.empty_like(e)
    with np.errstate(all="ignore"):
        for half, other in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))):
            coefficients = np.linalg.pinv(vectors[..., half, :]) @ e[..., half, :]
            found[..., other, :] = vectors[..., other, :] @ coefficients
    return np.moveaxis(found[..., 0], -1, axis)
