"""The ways in which a backward may be called: read off its signature, and off what the forward returns."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .inputs import Inputs, as_numbers

COTANGENT = re.compile(r"d_?[a-z]+|grad|delta|up", re.IGNORECASE)


@dataclass(frozen=True)
class Way:
    """One way to call a backward.

    outputs: the places of the outputs, in what the forward returns, whose cotangents it takes; together: as one
    tuple.  rest: what follows: "inputs", "nothing", or the place where the cache begins.
    """

    outputs: tuple[int, ...]
    together: bool
    rest: str | int


def cotangents_named(backward: Callable[..., Any], inputs: Inputs) -> int:
    """Return how many of the first arguments of a backward are named as cotangents: 2 for (dh, dc, cache)."""
    try:
        names = list(inspect.signature(backward).parameters)
    except (TypeError, ValueError):
        return 0
    short = names[:1] if names[:1] in (["d"], ["g"]) else []  # of the first: later ones may be a difference
    like = [name not in inputs.values and bool(COTANGENT.match(name)) for name in names]
    like[: len(short)] = [name not in inputs.values for name in short]
    return [*like, False].index(False)


def named_as_inputs(backward: Callable[..., Any], given: int, inputs: Inputs) -> bool:
    """Return whether what a backward takes after its `given` cotangents has the names of inputs."""
    try:
        names = list(inspect.signature(backward).parameters)[given:]
    except (TypeError, ValueError):
        return True
    return bool(names) and all(name in inputs.values for name in names)


def ways_of(backward: Callable[..., Any], values: list[Any], inputs: int) -> Iterator[Way]:
    """Yield the ways that a backward's signature allows, the likeliest first."""
    try:
        signature = inspect.signature(backward)
    except (TypeError, ValueError):
        signature = None
    cached = signature is not None and any("cache" in name.lower() for name in signature.parameters)
    numeric = next((k for k, v in enumerate(values) if not _floats(v)), len(values))
    whole, m = numeric == len(values), len(values)
    # (out, cache) of one input: a second array may be an output as well.
    second = m == 2 and inputs == 1 and whole and not cached
    order = [m, *range(m - 1, 0, -1)] if second else [*range(m - 1, 0, -1), m]
    if signature is not None and any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        order = [m] if whole else order
    for k in order:
        if k > numeric:
            continue
        rests: list[tuple[str | int, int]] = [(k, m - k)] if k < m else [("inputs", inputs), ("nothing", 0)]
        for rest, count in [*rests, *([("inputs", inputs)] if k < m else [])]:
            every = tuple(range(k))
            for way in (
                Way(every, False, rest),
                Way(every, k > 1, rest),
                *(Way((j,), False, rest) for j in every),
            ):
                given = 1 if way.together else len(way.outputs)
                if _takes(signature, given + count) and (k > 1 or way.outputs == every):
                    yield way


def _takes(signature: inspect.Signature | None, count: int) -> bool:
    try:
        return signature is None or bool(signature.bind(*range(count)))
    except TypeError:
        return False


def _floats(value: Any) -> bool:
    array = np.asarray(value) if isinstance(value, (float, int)) else as_numbers(value)
    return array is not None
