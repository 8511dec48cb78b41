"""check_vjp over other shapes, layouts, types and cotangents: the smallest case that fails, and what they share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..judge.report import Report
from ..user.inputs import Typed, typed
from ..user.operation import Given, Operation

LENGTHS = (0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 257)
SMALL = 4  # of the other lengths, where one is varied
MOST = 6  # axes of one length that may be told apart
TYPES = ("float64", "float32", "bfloat16", "float16")
Axis = tuple[int, int]  # of an input
Judge = Callable[..., Report]


@dataclass(frozen=True)
class Case:
    """A variation of the call: in words; what was varied ("length", "layout", ...).

    value: of the `symbol` varied; at: the case with another value.
    beside: a call that must pass for this one to count.
    """

    words: str
    kind: str
    given: Given
    symbol: str = ""
    value: int = 0
    at: "Callable[[int], Case] | None" = None
    beside: Given | None = None


def swept(given: Given, judge: Judge) -> Report:
    """Judge the call and its variations; return the Report of the smallest that fails, else of the call itself.

    about["sweep"]: {"cases": [{"case", "kind", "ok", "statuses"}], "refused", "unknown", "common"}.
    """
    own = Case("your inputs", "own", given)
    rows, failed, refused, unknown = list[dict[str, Any]](), list[Case](), 0, list[str]()
    lengths, ways = dict[str, dict[int, bool]](), dict[str, Callable[[int], Case]]()
    for case in [own, *cases(given)]:
        ok, statuses = _outcome(case, judge)
        if ok is None:
            refused += not statuses
            unknown += [case.words] * bool(statuses)
            continue
        rows.append({"case": case.words, "kind": case.kind, "ok": ok, "statuses": statuses})
        if case.at is not None:
            lengths.setdefault(case.symbol, {})[case.value] = ok
            ways[case.symbol] = case.at
        if not ok:
            failed.append(case)
    for symbol, outcomes in lengths.items():
        failed += _edge(outcomes, ways[symbol], judge)
    common = _common(failed, lengths)
    about = {"sweep": {"cases": rows, "refused": refused, "unknown": unknown, "common": common}}
    if not failed or failed[0].kind == "own":
        return judge(given, about)
    where = f": {common}" if common else ""
    here = "At your own inputs rounding hides the answer" if own.words in unknown else "Your own inputs pass"
    said = f"{here}; {len(failed)} of {len(rows)} cases fail{where}."
    refusals = list[str]()
    for case in sorted(failed, key=lambda c: sum(np.size(_plain(i)) for i in c.given.inputs)):
        try:
            return judge(case.given, about, f"{said} Shown: {case.words}.")
        except UserError as error:
            refusals.append(f"{said} With {case.words}: {error}")
    raise UserError(refusals[0])


def _edge(outcomes: dict[int, bool], at: Callable[[int], Case], judge: Judge) -> list[Case]:
    """Bisect to the shortest length that fails where all longer ones do; return the failing cases met on the way."""
    good, bad, met = [n for n, ok in outcomes.items() if ok], [n for n, ok in outcomes.items() if not ok], []
    while good and bad and max(good) + 1 < min(bad):
        case = at((max(good) + min(bad)) // 2)
        ok, _ = _outcome(case, judge)
        if ok is None:
            break
        outcomes[case.value] = ok
        (good if ok else bad).append(case.value)
        met += [] if ok else [case]
    return met


def _outcome(case: Case, judge: Judge) -> tuple[bool | None, dict[str, str]]:
    """Return (ok, statuses); (None, {}) where the forward refuses the case, or has no finite value there.

    ok is None too where rounding hides an array, and no other is wrong.
    """
    try:
        case.given.operation()
        if case.beside is not None and not judge(case.beside).ok:
            return None, {}
    except UserError:
        return None, {}
    try:
        report = judge(case.given)
    except UserError as error:
        return False, {"raised": str(error)}
    unknown = all(v.passes or v.status == "inconclusive" for v in report.verdicts)
    return (None if unknown and not report.ok else report.ok), {v.name: v.status for v in report.verdicts}


def cases(given: Given) -> Iterator[Case]:
    """Yield the variations of a call: lengths, squares, layouts, inputs without a gradient, cotangents, types."""
    operation = given.operation()
    framework, names = operation.op.framework, list(operation.inputs.values)
    free = replace(given, cotangent=None)
    symbols = _symbols(free)
    base = {tuple(s): _length(given.inputs, s) for s in symbols}
    for axes in symbols:
        words = ", ".join(f"axis {a} of {names[i]}" for i, a in axes)
        others = {tuple(s): min(base[tuple(s)], SMALL) for s in symbols if s != axes}

        def at(length: int, axes: list[Axis] = axes, words: str = words, others: Any = others) -> Case:
            inputs = _resized(given.inputs, others | {tuple(axes): length}, given.seed)
            return Case(f"{words} {length} long", "length", replace(free, inputs=inputs), words, length, at)

        yield from map(at, LENGTHS)
        for other in symbols:
            if other != axes and base[tuple(other)] != base[tuple(axes)]:
                inputs = _resized(given.inputs, {tuple(axes): base[tuple(other)]}, given.seed)
                said = f"{words} as long as axis {other[0][1]} of {names[other[0][0]]}"
                yield Case(said, "square", replace(free, inputs=inputs))
    shapes = [o.shape for o in operation.outputs]
    rng = np.random.default_rng([given.seed, 5])
    drawn = [rng.standard_normal(s) for s in shapes]
    ones = [np.ones(s) for s in shapes]
    plain = {"all ones": ones, "of one entry": [_one(s) for s in shapes], "of zeros": [0 * o for o in ones]}
    whole = "c" not in {a.dtype.kind for a in map(_plain, given.inputs) if isinstance(a, np.ndarray)}
    for words, c in plain.items() if whole else ():
        yield Case(f"a cotangent {words}", "cotangent", replace(free, cotangent=_as_given(c)))
    if framework != "jax" and whole:
        turned = [np.asfortranarray(d) for d in drawn]
        yield Case("a transposed cotangent", "layout", replace(free, cotangent=_as_given(turned)))
    if framework == "torch":
        for layout in ("strided", "transposed"):
            yield Case(f"{layout} inputs", "layout", replace(free, layouts=(layout, "")))
        yield Case("a strided cotangent", "layout", replace(free, layouts=("", "strided")))
        if whole:
            given_ones = replace(free, cotangent=_as_given(ones), layouts=("", "expanded"))
            yield Case("an expanded cotangent, as out.sum() passes it back", "layout", given_ones)
        alike = replace(free, inputs=[_alike(i) for i in given.inputs])
        # Equal rows may make ties, where any subgradient is right: not the layout's doing.
        yield Case("expanded inputs", "layout", replace(alike, layouts=("expanded", "")), beside=alike)
        own = [n for n in operation.inputs.types if n in operation.flat]
        for n in range(1, len(own)):
            for left in combinations(own, n) if len(own) <= 4 else [(m,) for m in own]:
                words = f"no gradient needed for {', '.join(left)}"
                yield Case(words, "subset", replace(free, frozen=frozenset(left)))
    for dtype in TYPES if framework != "numpy" and whole else ():
        yield Case(
            f"inputs in {dtype}", "type", replace(free, inputs=[_cast(i, dtype) for i in given.inputs])
        )


def _symbols(given: Given) -> list[list[Axis]]:
    """Return groups of axes that can be given another length together: the smallest that the forward takes and uses.

    Logits of one row more than there are labels are taken by a forward that picks, and the row is not used: their rows
    go with the labels'. Where no group is used (a table from which few rows are picked) the backward must run too.
    """
    arrays = [(i, _plain(value)) for i, value in enumerate(given.inputs)]
    by_length: dict[int, list[Axis]] = {}
    for i, array in arrays:
        for axis, n in enumerate(np.shape(array) if isinstance(array, np.ndarray) else ()):
            by_length.setdefault(n, []).append((i, axis))
    found: list[list[Axis]] = []
    for n, axes in by_length.items():
        left = list(axes)
        while left:
            groups = (list(g) for k in range(1, len(left) + 1) for g in combinations(left, k))
            tried = groups if len(left) <= MOST else iter([left])
            group: list[Axis] | None = None
            for g in tried:
                taken = _taken(given, g, n + 1) if left[0] in g else None
                if taken is not None and _used(taken, g):
                    group = g
                    break
                if group is None and taken is not None and _runs(taken):
                    group = g
            if group is None:
                break
            found.append(group)
            left = [a for a in left if a not in group]
    return found


def _taken(given: Given, axes: list[Axis], length: int) -> Operation | None:
    """Return the operation with these axes of another length; None where its forward refuses them."""
    try:
        return replace(given, inputs=_resized(given.inputs, {tuple(axes): length}, 0)).operation()
    except UserError:
        return None


def _used(operation: Operation, axes: list[Axis]) -> bool:
    """Whether the outputs change with the last slice along each of these axes, of floating inputs."""
    names = list(operation.inputs.values)
    for i, axis in axes:
        if names[i] not in operation.flat:
            continue
        moved = {n: np.array(a) for n, a in operation.flat.items()}
        last = np.moveaxis(moved[names[i]], axis, 0)[-1:]
        last *= -1.5
        last += 0.5
        try:
            with np.errstate(all="ignore"):
                found = operation.op.outputs(moved)
        except Exception:  # these entries may have no value
            continue
        if all(np.array_equal(f, o, equal_nan=True) for f, o in zip(found, operation.outputs, strict=True)):
            return False
    return True


def _runs(operation: Operation) -> bool:
    try:
        operation.answer()
    except UserError:
        return False
    return True


def _resized(inputs: Any, lengths: dict[tuple[Axis, ...], int], seed: int) -> list[Any]:
    """Return inputs of other lengths: floating ones drawn at the scale of the given, others from their entries."""
    of = {axis: n for axes, n in lengths.items() for axis in axes}
    return [
        _drawn(value, {a: n for (k, a), n in of.items() if k == i}, [seed, i])
        for i, value in enumerate(inputs)
    ]


def _drawn(value: Any, lengths: dict[int, int], seed: list[int]) -> Any:
    array = _plain(value)
    if not lengths or not isinstance(array, np.ndarray):
        return value
    shape = tuple(lengths.get(a, n) for a, n in enumerate(array.shape))
    rng = np.random.default_rng(seed)
    if not array.size:
        return value
    picked = rng.choice(array.reshape(-1), shape)  # from its entries: positive ones stay positive
    if array.dtype.kind in "fc":
        picked = picked * rng.uniform(0.8, 1.2, shape)
    return _like(picked.astype(array.dtype), value)


def _length(inputs: Any, axes: list[Axis]) -> int:
    i, axis = axes[0]
    return int(np.shape(_plain(inputs[i]))[axis])


def _plain(value: Any) -> Any:
    """Return an input as a NumPy array where it is an array of numbers, those of 16 bits in float32."""
    own: Typed | None = typed(value)
    if own is not None:
        return own.array
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    return np.asarray(value) if hasattr(value, "shape") and hasattr(value, "dtype") else value


def _like(array: np.ndarray, value: Any) -> Any:
    """Return an array as one of the framework and the type of `value`."""
    if hasattr(value, "detach"):
        import torch

        return torch.from_numpy(array).to(value.dtype)
    return array.astype(value.dtype)


def _cast(value: Any, dtype: str) -> Any:
    if typed(value) is None:
        return value
    if hasattr(value, "detach"):
        import torch

        return value.detach().to(getattr(torch, dtype))
    import jax.numpy as jnp

    return np.asarray(value).astype(jnp.dtype(dtype))


def _as_given(cotangents: list[np.ndarray]) -> Any:
    return cotangents[0] if len(cotangents) == 1 else cotangents


def _alike(value: Any) -> Any:
    """Return an input whose entries are alike along its first axis."""
    array = _plain(value)
    if typed(value) is None or not array.ndim or not array.size:
        return value
    return _like(np.broadcast_to(array[:1], array.shape).copy(), value)


def _one(shape: tuple[int, ...]) -> np.ndarray:
    found = np.zeros(shape)
    found.reshape(-1)[:1] = 1
    return found


def _common(failed: list[Case], lengths: dict[str, dict[int, bool]]) -> str | None:
    """Say what the failing cases have in common and the passing ones have not; None where nothing simple is."""
    if not failed or failed[0].kind == "own":
        return None
    said = []
    for symbol, outcomes in lengths.items():
        found = _of_lengths(outcomes)
        if found:
            said.append(f"whenever {symbol} {found}")
    said += [f"with {c.words}" for c in failed if c.kind != "length"]
    return "; ".join(said) or None


def _of_lengths(outcomes: dict[int, bool]) -> str | None:
    """Describe the lengths that fail by the simplest rule that the others keep."""
    bad = {n for n, ok in outcomes.items() if not ok}
    good = {n for n, ok in outcomes.items() if ok}
    if not bad:
        return None
    if len(bad) == 1:
        return f"is {min(bad)} long"
    if not good or min(bad) > max(good):
        return f"is longer than {max(good)}" if good else "changes"
    if max(bad) < min(good):
        return f"is shorter than {min(good)}"
    for b in (128, 64, 32, 16, 8, 4, 2):  # the largest block that the others leave
        if all(n % b for n in bad) and not any(n % b for n in good):
            return f"is no multiple of {b}"
        if not any(n % b for n in bad) and all(n % b for n in good):
            return f"is a multiple of {b}"
        above = {n for n in good if n > b}
        if min(bad) > b and all(n % b for n in bad) and not any(n % b for n in above):
            return f"is longer than {b} and no multiple of it"
    return f"is {', '.join(map(str, sorted(bad)))} long"
