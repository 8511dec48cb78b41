"""Witnesses: each turns a loss into its gradient, and says how far that can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

INSTALL = {"torch": "pip install torch", "jax": "pip install jax jaxlib optax"}


def absent(who):
    """Why `who` ("hand", "torch", "jax") cannot take part here, or None where it can."""
    if who not in INSTALL:
        return None
    if find_spec(who) is None:
        return f"{who} is not installed: {INSTALL[who]}"
    if who == "jax" and find_spec("optax") is None:
        return "jax is here, optax is not: pip install optax"
    return None


@dataclass(frozen=True)
class Evidence:
    """What one witness says: the loss, an array for each name (gradients, and deltas where it has them), and
    where it measures it itself the absolute error of each entry (inf: not looked at), and how it was got.

    forward: {name: direction} -> the loss's derivative along it by forward mode, where the witness has that.
    """

    name: str
    loss: float
    arrays: dict
    error: dict | None = None
    how: str | None = None
    forward: Callable | None = None
