"""The loss of a user's function of jax, compiled: op by op a call takes milliseconds, and differences need many."""

from typing import Any

import numpy as np

from ..common.arrays import Arrays, unflatten

ROUNDINGS = 100  # eps: what another order of operations may lose


class CompiledLoss:
    """Gives the loss of a subject and of its copies on other batches.

    For each kind of argument the first value is compared with the function's own: code that cannot be traced, or gives
    another value when it is, is called as it stands.
    """

    def __init__(self) -> None:
        self.compiled: Any = None
        self.same: dict[tuple, bool] = {}

    def __call__(self, subject: Any, flat: Arrays) -> float:
        """Return the subject's loss at `flat`."""
        kinds = tuple((a.dtype.str, a.shape) for a in (*flat.values(), *subject.batch) if hasattr(a, "dtype"))
        if not self.same.get(kinds, True):
            return subject.call(flat).loss
        try:
            value = float(self._function(subject)(flat, subject.batch))
        except Exception:  # it branches on a value, prints one, or takes what is no array
            self.same[kinds] = False
            return subject.call(flat).loss
        if kinds not in self.same:
            own = subject.call(flat).loss
            eps = float(np.finfo(np.result_type(*flat.values())).eps)
            self.same[kinds] = bool(abs(value - own) <= ROUNDINGS * eps * abs(own))
            return value if self.same[kinds] else own
        return value

    def _function(self, subject: Any) -> Any:
        if self.compiled is None:
            import jax

            function, like, at = subject.function, subject.like, subject.loss_at

            def loss(leaves: Any, batch: Any) -> Any:
                return function(unflatten(leaves, like), *batch)[at]

            self.compiled = jax.jit(loss)
        return self.compiled
