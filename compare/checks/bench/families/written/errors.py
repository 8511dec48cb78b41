"""Changes of a returned gradient."""

from collections.abc import Callable
from typing import Any

Change = Callable[[Any, dict[str, Any]], Any]


def scaled(index: Any, factor: float) -> Change:
    """Return the change that multiplies the entries at an index."""

    def change(g: Any, grads: dict[str, Any]) -> Any:
        g[index] *= factor
        return g

    return change


def opposite(one: Any, other: Any, size: float) -> Change:
    """Return the change that makes one entry larger and another one smaller."""

    def change(g: Any, grads: dict[str, Any]) -> Any:
        g[one] *= 1 + size
        g[other] *= 1 - size
        return g

    return change


def swapped(one: Any, other: Any) -> Change:
    """Return the change that swaps two entries."""

    def change(g: Any, grads: dict[str, Any]) -> Any:
        kept = g[one].copy()
        g[one] = g[other]
        g[other] = kept
        return g

    return change


def added(name: str, share: float) -> Change:
    """Return the change that adds a share of another gradient."""

    def change(g: Any, grads: dict[str, Any]) -> Any:
        g += share * grads[name]
        return g

    return change
