"""Find the rule of a user's steps: a published variant, or a rule with other constants, fitted and then verified."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from ...mistakes.variants import RULES, VARIANTS, settled
from ...witnesses import Arrays
from .steps import Walk

EPSILONS = (1e-8, 1e-7, 1e-10, 1e-6, 1e-5, 1e-12, 1e-4, 1e-3)
AVERAGES = ("momentum", "beta1", "beta2")  # and RMSProp's decay: between 0 and 1
ENTRIES = 40  # of each array that constants are fitted to
TINY = 1e-15  # a small epsilon moves the steps by a millionth
CLOSE = 1e-3  # relative to the largest step: a fit that leaves more is none
Passes = Callable[[Any], bool]


def variant_of(rule: Any, walk: Sequence[Walk], passes: Passes) -> str | None:
    """Name the published variant of `rule`, with the constants given, that makes these steps; or None."""
    some = _some(walk)
    for variant in VARIANTS:
        if variant.of != type(rule).__name__:
            continue
        base = settled(variant, rule)
        free = "epsilon" in variant.own
        ways = [replace(base, epsilon=e) for e in EPSILONS] if free else [base]
        nearest = min(ways, key=lambda way: _distance(way, some))
        found = nearest if passes(nearest) else _fitted(nearest, ("epsilon",), some, passes) if free else None
        if found is not None:
            said = f" = {found.epsilon:g}" if free else ""
            return f"The update is {variant.words}{said}: a published form of {variant.of}."
    return None


def identified(rule: Any, walk: Sequence[Walk], passes: Passes) -> str | None:
    """Say which rule, with which constants, makes these steps; None where none does."""
    some, own = _some(walk), type(rule).__name__
    given = [v for v in (*RULES, *VARIANTS) if v.of == own]
    for count in (1, 2, 3):
        for variant in given:
            base = settled(variant, rule)
            for names in combinations(_constants(base), count):
                found = _fitted(base, names, some, passes)
                if found is not None:
                    pairs = [(n, getattr(found, n), getattr(rule, n, None)) for n in names]
                    changed = [(n, new, old) for n, new, old in pairs if n not in variant.own]
                    if not changed:
                        continue
                    news = " and ".join(f"{n} {new:.6g}" for n, new, _ in changed)
                    olds = " and ".join(f"{old:.6g}" for *_, old in changed)
                    return f"It is {variant.words} with {news}, not {olds}."
    for variant in (v for v in RULES if v.of != own):
        base = settled(variant, rule)
        for names in ((), ("rate",), _constants(base)):
            found = _fitted(base, names, some, passes)
            if found is not None:
                constants = ", ".join(f"{n} {getattr(found, n):.6g}" for n in _constants(found))
                return f"It is {variant.words} with {constants}."
    return None


def _constants(rule: Any) -> tuple[str, ...]:
    names = [n for n in rule.__dataclass_fields__ if n not in ("clip", "initial")]
    return tuple(n for n in names if isinstance(getattr(rule, n), (int, float)))


def _some(walk: Sequence[Walk]) -> list[Walk]:
    """Return the steps of some entries of each array: rules are entry by entry."""
    rng = np.random.default_rng(0)
    where = {n: rng.permutation(a.size)[:ENTRIES] for n, a in walk[0].before.items()}

    def taken(flat: Arrays) -> Arrays:
        return {n: np.asarray(flat[n], np.float64).reshape(-1)[w] for n, w in where.items()}

    return [Walk(taken(w.before), taken(w.after), taken(w.grads), {}) for w in walk]


def _residuals(rule: Any, walk: Sequence[Walk]) -> np.ndarray:
    """Return by how much the rule's steps differ from the user's, relative to the largest step of each array."""
    state, parts = rule.init(walk[0].before), []
    with np.errstate(all="ignore"):
        for step in walk:
            expected, state = rule.update(step.before, step.grads, state)
            for name, after in step.after.items():
                size = np.abs(after - step.before[name]).max(initial=0) or 1.0
                parts.append((after - expected[name]) / size)
    return np.nan_to_num(np.concatenate(parts), nan=1e6, posinf=1e6, neginf=-1e6)


def _distance(rule: Any, walk: Sequence[Walk]) -> float:
    return float(np.abs(_residuals(rule, walk)).max(initial=0))


def _fitted(base: Any, names: tuple[str, ...], walk: Sequence[Walk], passes: Passes) -> Any:
    """Return `base` with the constants `names` fitted to the steps, where it then passes; else None."""
    if not names:
        return base if _distance(base, walk) <= CLOSE and passes(base) else None
    from scipy.optimize import least_squares

    weight_decay = hasattr(base, "beta1")
    averages = {n: n in AVERAGES or (n == "decay" and not weight_decay) for n in names}

    bounds = [(-16.0, 0.0) if averages[n] else (-30.0, 5.0) for n in names]  # of the logarithms

    def at(point: np.ndarray) -> Any:
        values = {
            n: float(1 - np.exp(p) if averages[n] else np.exp(p)) for n, p in zip(names, point, strict=True)
        }
        return replace(base, **values)

    for start in _starts(base, names, averages):
        limits = [np.array([b[side] for b in bounds]) for side in (0, 1)]
        found = least_squares(
            lambda p: _residuals(at(p), walk),
            np.clip(start, limits[0] + 0.1, limits[1] - 0.1),
            bounds=limits,
            x_scale="jac",
            ftol=TINY,
            xtol=TINY,
            gtol=TINY,
            max_nfev=40,
        )
        if not np.abs(found.fun).max() <= CLOSE:
            continue
        fit = at(found.x)
        for digits in (1, 2, 3, 12):
            near = replace(fit, **{n: _round(getattr(fit, n), averages[n], digits) for n in names})
            if _distance(near, walk) <= CLOSE and passes(near):
                return near
    return None


def _starts(base: Any, names: tuple[str, ...], averages: dict[str, bool]) -> Iterator[list[float]]:
    """Yield points to fit from: the constants as they are, and averages of longer and shorter memory."""
    for memory in (None, 0.01, 0.5):
        point = []
        for name in names:
            value = float(getattr(base, name))
            if averages[name]:
                point.append(float(np.log(memory or max(1 - value, 1e-6))))
            else:
                point.append(
                    float(np.log(max(value, 1e-8))) + (0 if memory is None or name == "rate" else 2.0)
                )
        yield point


def _round(value: float, average: bool, digits: int) -> float:
    """Round a constant as people write it: an average's distance from 1, other numbers themselves."""
    return float(f"{1 - float(f'{1 - value:.{digits}g}'):.12g}") if average else float(f"{value:.{digits}g}")
