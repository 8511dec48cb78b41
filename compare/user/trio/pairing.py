"""Pair the arrays of two versions of a network: by name, by order, by shape, transposes recognised."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from ...common.errors import UserError

Shapes = Mapping[str, tuple[int, ...]]
# What frameworks call one thing. A scale is the weight of a norm.
WORDS = {
    "kernel": "weight",
    "w": "weight",
    "b": "bias",
    "beta": "bias",
    "offset": "bias",
    "shift": "bias",
    "scale": "weight",
    "gamma": "weight",
    "embedding": "weight",
    "embeddings": "weight",
    "mean": "running_mean",
    "var": "running_var",
    "dense": "linear",
    "fc": "linear",
    "emb": "embed",
    "wte": "embed",
    "attn": "attention",
    "bn": "norm",
    "ln": "norm",
    "batchnorm": "norm",
    "layernorm": "norm",
}
IGNORED = {"params", "value", "model", "module", "layers", "raw"}
# (out, in, ...) of torch as (..., in, out) of flax, by the number of axes; any other order is tried after it.
USUAL = {2: (1, 0), 3: (2, 1, 0), 4: (2, 3, 1, 0), 5: (2, 3, 4, 1, 0)}


@dataclass(frozen=True)
class Pair:
    """One array of a version: `name` there, of `shape`; the common array with its axes in the order `axes` is it."""

    name: str
    shape: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def turned(self) -> bool:
        """Return whether the axes are in another order."""
        return self.axes != tuple(range(len(self.axes)))

    def out(self, array: Any, transposed: Any) -> Any:
        """Return the common array as the version has it; transposed(array, axes) is the framework's."""
        return (transposed(array, self.axes) if self.turned else array).reshape(self.shape)


Pairing = dict[str, Pair]  # by the common name


def pairings(
    common: Shapes, there: Shapes, who: str, names: Mapping[str, str] | None = None
) -> Iterator[Pairing]:
    """Yield the pairings of arrays of these shapes, the likeliest first. Raises UserError where there is none.

    names: {common name: name there}, where name, order and shape do not tell.
    """
    for paired in _named(common, there, who, dict(names or {})):
        square = [n for n, m in paired.items() if _ways(common[n], there[m])[1:]]
        # Arrays of one kind are alike (every "kernel", no "embedding"): square ones are turned as the others are.
        known = {
            (_kind(m), _ways(common[n], there[m])[0] != tuple(range(len(common[n]))))
            for n, m in paired.items()
            if n not in square and len(common[n]) > 1
        }
        for second in (False, True):
            yield {
                n: Pair(m, there[m], _ways(common[n], there[m])[_way(m, known, second) if n in square else 0])
                for n, m in paired.items()
            }
            if all(len({t for kind, t in known if kind == _kind(paired[n])}) == 1 for n in square):
                break


def _kind(name: str) -> str:
    return name.rpartition(".")[2].rstrip("0123456789")


def _way(name: str, known: set[tuple[str, bool]], second: bool) -> bool:
    turned = {t for kind, t in known if kind == _kind(name)}
    return turned.pop() if len(turned) == 1 else second


def words(paired: Pairing) -> list[str]:
    """Say what was paired with what, where names or axes differ."""
    return [
        f"{name} is {pair.name}{_order(pair)}"
        for name, pair in paired.items()
        if pair.turned or pair.name != name
    ]


def _order(pair: Pair) -> str:
    if not pair.turned:
        return ""
    return ", transposed" if len(pair.axes) == 2 else f" with axes {', '.join(map(str, pair.axes))}"


def _ways(common: tuple[int, ...], there: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the orders of axes that make one shape the other, at most two: as it is, and turned as is usual."""
    same = tuple(range(len(common)))
    if len(common) != len(there):
        fits = sorted(a for a in common if a > 1) == sorted(a for a in there if a > 1)
        return [same] if fits and sum(a > 1 for a in common) < 2 else []
    usual = USUAL.get(len(common), same)
    back = tuple(np.argsort(usual).tolist())
    ways = [w for w in dict.fromkeys((same, usual, back)) if tuple(common[a] for a in w) == there]
    if not ways:
        every = itertools.permutations(same)
        ways = [w for w in every if tuple(common[a] for a in w) == there]
    return ways[:2] if len(common) == 2 else ways[:1]


def _named(common: Shapes, there: Shapes, who: str, names: dict[str, str]) -> Iterator[dict[str, str]]:
    for mine, other in names.items():
        if mine not in common or other not in there:
            raise UserError(
                f"names of {who}: {mine!r}: {other!r} is no pair of {', '.join(common)} and {', '.join(there)}"
            )
        if not _ways(common[mine], there[other]):
            raise UserError(f"{mine} has shape {common[mine]}; {other} of {who} has {there[other]}")
    left, free = [n for n in common if n not in names], [m for m in there if m not in names.values()]
    if len(left) != len(free):
        raise UserError(
            f"{who} has {len(there)} arrays ({', '.join(there)}), the parameters are {len(common)} "
            f"({', '.join(common)}): they do not pair"
        )
    found = []
    for way in (_by_name, _by_order):
        paired = way(left, free, common, there)
        if paired is not None and paired not in found:
            found.append(paired)
            yield names | paired
    if not found:
        lone = next((n for n in left if not any(_ways(common[n], there[m]) for m in free)), left[0])
        raise UserError(
            f"no array of {who} pairs with {lone} {common[lone]}: it has "
            + ", ".join(f"{m} {there[m]}" for m in free)
            + f"; give names={{{who!r}: {{yours: the other's}}}}"
        )


def _by_name(
    left: Sequence[str], free: Sequence[str], common: Shapes, there: Shapes
) -> dict[str, str] | None:
    """Pair what has the most words of its name in common, as far as shapes allow.

    Equals go by the order of their words (block1.conv2 is not block2.conv1), then by their own.
    """
    scores = []
    for i, n in enumerate(_natural(left)):
        for j, m in enumerate(_natural(free)):
            if _ways(common[n], there[m]):
                mine, other = _tokens(n), _tokens(m)
                alike = len({*mine} & {*other}) / max(len({*mine, *other}), 1)
                ordered = SequenceMatcher(None, mine, other, autojunk=False).ratio()
                scores.append((-(n == m), -alike, -ordered, abs(i - j), i, n, m))
    paired: dict[str, str] = {}
    for *_, n, m in sorted(scores):
        if n not in paired and m not in paired.values():
            paired[n] = m
    return {n: paired[n] for n in left} if len(paired) == len(left) else None


def _by_order(
    left: Sequence[str], free: Sequence[str], common: Shapes, there: Shapes
) -> dict[str, str] | None:
    """Pair the arrays of each number of axes in their order."""
    paired: dict[str, str] = {}
    for axes in {len(common[n]) for n in left}:
        mine = [n for n in left if len(common[n]) == axes]
        other = [m for m in free if len(there[m]) == axes]
        if len(mine) != len(other) or not all(
            _ways(common[n], there[m]) for n, m in zip(mine, other, strict=True)
        ):
            return None
        paired |= dict(zip(mine, other, strict=True))
    return {n: paired[n] for n in left}


def _natural(names: Sequence[str]) -> list[str]:
    """Sort names as people count: layer10 behind layer9; names without numbers keep their order."""
    return sorted(names, key=lambda n: [int(p) for p in re.findall(r"\d+", n)])


def _tokens(name: str) -> list[str]:
    parts = [p.lower() for p in re.findall(r"\d+|[A-Za-z]+", name.replace("running_", ""))]
    return [WORDS.get(p, p) for p in parts if p not in IGNORED]
