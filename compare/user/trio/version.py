"""A version of a Trio as a witness of `check_gradients`, which binds it to the arrays in question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ...witnesses import Arrays
from ...witnesses.reference import draws_for
from ...witnesses.rounding.units import units
from ..raised import reported
from .trio import OnNumpy, Trio


@dataclass(frozen=True)
class Version:
    """The torch or jax version, in the place of `torch_loss` or `jax_loss`."""

    trio: Trio
    who: str

    def bound(
        self, subject: Any = None, expected: float | None = None
    ) -> tuple[Callable[..., Any], list[str]]:
        """Return (function of ({name: leaf}, x, y) -> scalar, what was paired)."""
        side = self.trio.build(self.who)
        said = [f"{self.who}: {'; '.join(side.said)}"] if side.said else []
        return lambda leaves, x, y: side.loss(dict(leaves), x, y), said

    def rounding(self, params: Arrays, batch: Sequence[np.ndarray], dtype: Any, seed: int = 0) -> Arrays:
        """Return the rounding units of the version's gradients in `dtype`."""
        module = import_module(f"compare.witnesses.{self.who}")
        loss = self.bound()[0]
        with reported(f"the {self.who} version"):
            centre = module.evidence(loss, params, batch).arrays
            draws = module.noise(loss, params, batch, dtype, draws_for(params), seed)
            return units(draws, centre, dtype)


def candidate(trio: Trio) -> tuple[Callable[..., Any], Any]:
    """Return (function (params, x, y) -> (loss, grads), params) of the first version that is here."""
    first = trio.here[0]
    if first == "hand" and trio.state is None:
        assert trio.given["hand"] is not None
        return trio.given["hand"], trio.like
    version = OnNumpy(trio, first)

    def whole(params: Any, x: Any, y: Any) -> tuple[float, Any]:
        loss, grads = version.loss_and_grads(params, x, y)
        return loss, {n: grads[n] for n in params}

    whole.__name__ = first
    return whole, dict(trio.params)
