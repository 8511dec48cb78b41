"""The rounding units of a check: whose are measured, and how those of two sides are put together."""

import numpy as np

from ..witnesses import reference as references
from ..witnesses.rounding.units import combined
from ..witnesses.rounding.units import units as all_units


def own_units(subject, answer, dtype, seed):
    """The rounding units of the person's own code, as far as it can be watched."""
    if not subject.function:
        return {}
    many, arrays = references.big(subject.flat), answer.arrays | answer.deltas
    draws = subject.noisy_arrays(references.draws_for(subject.flat), seed, many)
    return all_units(draws, {n: a for n, a in arrays.items() if _usable(draws, n, a)}, dtype, many)


def _usable(draws, name, array):
    return (
        bool(draws)
        and array.dtype.kind == "f"
        and all(name in d and np.shape(d[name]) == array.shape and np.isfinite(d[name]).all() for d in draws)
    )


def both(hand, graph, many):
    """The units of hand - witness from the hand's rounding and the graph's; hand: None where it is added later."""
    if hand is None:
        return graph
    if many:
        for name, size in graph.items():
            size += hand[name]  # never below the root of the squares' sum, and ten times as fast
        return graph
    return {n: combined([u, graph[n]]) for n, u in hand.items()}


def with_own(own, table, many):
    """The units with those of the person's own code combined in."""
    if many and table is own:
        return own
    fitting = {n: u for n, u in table.items() if n in own and own[n].shape == u.shape}
    return table | both({n: own[n] for n in fitting}, fitting, many)
