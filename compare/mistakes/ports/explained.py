"""Find the convention in which two versions of a network differ: try each until one gives the other's numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations, islice
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...user.trio.trio import OnNumpy, Trio, as_floating, in_doubles
from .conventions import Change

Values = tuple[float, Arrays]
# Relative, of a loss and of the norm of each gradient, in units of the type's rounding.
NEAR = 1e5
MOST = 1_000  # pairs of changes that are tried


@dataclass(frozen=True)
class Explanation:
    """Conventions in which a version gives another one's numbers.

    ids: one, or two together.  who: whose run was changed; other: the other one.
    """

    ids: tuple[str, ...]
    who: str
    other: str
    sentence: str


def explained(
    trio: Trio,
    params: Arrays,
    x: np.ndarray,
    y: np.ndarray,
    odd: str,
    others: Sequence[str],
    carried: bool = False,
) -> Explanation | None:
    """Return what the version `odd` differs in from `others` on this batch, or None where no change explains it.

    params: the common arrays, what is carried among them.  carried: whether its next values are to be explained, too.
    """
    dtype = np.result_type(*params.values())
    given = as_floating((x, y), dtype)
    values = {who: OnNumpy(trio, who).loss_and_grads(params, *given) for who in (odd, *others)}
    if not carried:
        values = {
            who: (v, {n: g for n, g in grads.items() if n in trio.params})
            for who, (v, grads) in values.items()
        }
    room = NEAR * float(np.finfo(dtype).eps)
    pairs = [(odd, other) for other in others] + [(other, odd) for other in others]
    pairs.sort(key=lambda pair: pair[0] != "torch")  # a change costs milliseconds there, seconds in jax
    for mine, its in pairs:
        said = _scaled(mine, values[mine], its, values[its], x, room)
        said = said or _penalised(mine, values[mine], its, values[its], params, room)
        if said is not None:
            return said
    for mine, its in pairs:
        for change, run in _tried(trio, mine, params, given):
            try:
                found = run()
            except Exception:  # a change that does not fit these shapes
                continue
            if _same(found, values[its], room):
                return Explanation((change.id,), mine, its, change.sentence(mine, its))
    for mine, its in pairs:
        if mine == "torch" and (two := _two(trio, params, given, values[its], room)):
            both = "; ".join(change.sentence(mine, its) for change in two)
            return Explanation(tuple(change.id for change in two), mine, its, both)
    return None


def _two(
    trio: Trio, params: Arrays, given: Sequence[np.ndarray], wanted: Values, room: float
) -> tuple[Change, Change] | None:
    """Return two changes that explain a difference together, in torch, where one is tried in milliseconds."""
    module = import_module(f"{__package__}.in_torch")
    version = OnNumpy(trio, "torch")
    possible = [change for change, _ in _in_torch(trio, params, given)]
    pairs = ((a, b) for a, b in combinations(possible, 2) if a.id != b.id)
    for one, two in islice(pairs, MOST):
        try:
            with module.Changed(one), module.Changed(two):
                found = version.loss_and_grads(params, *given)
        except Exception:  # changes that do not fit these shapes
            continue
        if _same(found, wanted, room):
            return one, two
    return None


def _same(found: Values, wanted: Values, room: float) -> bool:
    if not abs(found[0] - wanted[0]) <= room * max(abs(wanted[0]), 1e-300):
        return False
    whole = max((float(np.linalg.norm(g)) for g in wanted[1].values()), default=0.0)
    return all(
        float(np.linalg.norm(found[1][n] - g)) <= room * max(float(np.linalg.norm(g)), 1e-3 * whole)
        for n, g in wanted[1].items()
    )


def _scaled(
    mine: str, found: Values, its: str, wanted: Values, x: np.ndarray, room: float
) -> Explanation | None:
    """Explain a loss that is a multiple of the other one: a sum for a mean."""
    if not wanted[0] or not np.isfinite([found[0], wanted[0]]).all():
        return None
    c = found[0] / wanted[0]
    if abs(c - 1) <= room or not _same((found[0] / c, {n: g / c for n, g in found[1].items()}), wanted, room):
        return None
    whole = round(c)
    if abs(c - whole) > room * c or whole < 2:
        return None
    what = "a sum over the batch where that takes the mean" if whole == len(x) else "another reduction"
    said = f"{mine}'s loss and gradients are {whole} times {its}'s, at N={len(x)}: {what}"
    return Explanation(("reduction",), mine, its, said)


def _penalised(
    mine: str, found: Values, its: str, wanted: Values, params: Arrays, room: float
) -> Explanation | None:
    """Explain gradients that differ by a multiple of the parameters: a penalty in one of the losses."""
    for what in ("all parameters", "weights alone"):
        held = [n for n in wanted[1] if what == "all parameters" or params[n].ndim > 1]
        size = sum(float((params[n].astype(np.float64) ** 2).sum()) for n in held)
        apart = sum(float((params[n] * (found[1][n] - wanted[1][n])).sum()) for n in held)
        decay = apart / size if size else 0.0
        more = {n: decay * params[n] if n in held else 0 * params[n] for n in wanted[1]}
        less = found[0] - decay * size / 2, {n: g - more[n] for n, g in found[1].items()}
        if decay > 0 and _same(less, wanted, max(room, 1e-9)):
            said = f"{mine}'s loss has the penalty 1/2 {decay:.6g} ||w||^2 on {what}, {its}'s has none"
            return Explanation(("decay-missing",), mine, its, said)
    return None


def _tried(
    trio: Trio, who: str, params: Arrays, given: Sequence[np.ndarray]
) -> Iterator[tuple[Change, Callable[[], Values]]]:
    if who == "torch":
        yield from _in_torch(trio, params, given)
    elif who == "jax":
        yield from _in_jax(trio, params, given)


def _in_torch(trio: Trio, params: Arrays, given: Sequence[np.ndarray]) -> Iterator[Any]:
    module = import_module(f"{__package__}.in_torch")
    version = OnNumpy(trio, "torch")
    with module.Changed() as noted:
        version.loss_and_grads(params, *given)

    def changed(change: Change) -> Values:
        with module.Changed(change):
            return version.loss_and_grads(params, *given)

    for change in module.changes(noted.seen):
        yield change, lambda change=change: changed(change)


def _in_jax(trio: Trio, params: Arrays, given: Sequence[np.ndarray]) -> Iterator[Any]:
    import jax

    module = import_module(f"{__package__}.in_jax")
    version = OnNumpy(trio, "jax")
    side, dtype = version.side, np.result_type(*params.values())
    with in_doubles("jax", dtype):
        trained, carried = side.split(version.into(dict(params)))
        batch = version.into(list(given))
        closed, shapes = jax.make_jaxpr(side.call, return_shape=True)(trained, carried, *batch)
        form = jax.tree.structure(shapes)

    def changed(change: Change) -> Values:
        def call(trained: Any, carried: Any) -> Any:
            leaves = jax.tree.leaves((trained, carried, *batch))
            return jax.tree.unflatten(form, module.run(closed.jaxpr, closed.consts, leaves, change.run))

        with in_doubles("jax", dtype):
            (loss, after), grads = jax.value_and_grad(call, has_aux=True)(trained, carried)
            return float(loss), version.back(grads | {n: after[n] for n in params if n in side.start})

    for change in module.changes(closed.jaxpr):
        yield change, lambda change=change: changed(change)
