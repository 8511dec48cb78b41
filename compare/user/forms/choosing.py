"""Which of several losses belongs to a gradient: the one with the most words of its name, or the user says which."""

import re
from collections.abc import Iterable

GENERIC = (
    "compute calc calculate get loss losses cost costs backward forward propagation prop backprop function fn fun grad "
    "grads gradient gradients prime derivative deriv der jac the and of for d df np"
)
_GENERIC = frozenset(GENERIC.split())


def words(name: str) -> frozenset[str]:
    """Return what a name says beside that it is a loss or a gradient: {'mse'} of mse_prime and mseLoss."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return frozenset(re.split(r"[_.\W]+", split)) - _GENERIC - {""}


def nearest(losses: Iterable[str], gradient: str) -> list[str]:
    """Return the losses whose names fit a gradient's best: several where their names do not tell."""
    of = words(gradient)
    scored = {n: len(words(n) & of) * 2 - len(words(n) ^ of) for n in losses}
    best = max(scored.values(), default=0)
    return [n for n, score in scored.items() if score == best]
