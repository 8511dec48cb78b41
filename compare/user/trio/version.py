"""A version of a Trio as a witness of `check_gradients`, which binds it to the arrays in question."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
