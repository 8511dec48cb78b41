"""Choose the loss that belongs to a gradient: the file or the user says it, or it has most words of its name."""

import ast
import re
from collections.abc import Iterable

from .roles import is_gradient

GENERIC = (
    "compute calc calculate get loss losses cost costs backward forward propagation prop backprop function fn fun grad "
    "grads gradient gradients prime derivative deriv der jac the and of for d df np"
)
PASSED = ("jac", "fprime", "gradient", "grad")  # the arguments of optimisers that take a gradient
_GENERIC = frozenset(GENERIC.split())


def declared(tree: ast.AST) -> dict[str, str]:
    """Return {gradient: loss} of the calls that name both, `minimize(fun, x0, jac=score)`."""
    found = {}
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.args]:
        for given in call.keywords:
            loss, gradient = call.args[0], given.value
            if given.arg in PASSED and isinstance(loss, ast.Name) and isinstance(gradient, ast.Name):
                found[gradient.id] = loss.id
    return found


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


def namesakes(functions: Iterable[str], gradient: str) -> list[str]:
    """Return the functions that a gradient is named after: ridge for ridge_grad, logposterior for logpost_deriv."""
    stem = _stem(gradient)
    others = {n: _stem(n) for n in functions if n != gradient and not is_gradient(n)}
    return [
        n
        for n, other in others.items()
        if stem and other and (other.startswith(stem) or stem.startswith(other))
    ]


def _stem(name: str) -> str:
    parts = re.split(r"[_.\W]+", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower())
    return "".join(part for part in parts if part not in _GENERIC)
