"""Optimisers, each update rule optax's own.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled.
"""

from dataclasses import dataclass

import optax


@dataclass(frozen=True)
class SGD:
    """optax.sgd."""

    rate: float = 0.1

    def init(self, params):
        """optax's state for these parameters."""
        return optax.sgd(self.rate).init(params)

    def update(self, params, grads, state):
        """The parameters one step later, and the state."""
        updates, state = optax.sgd(self.rate).update(grads, state, params)
        return optax.apply_updates(params, updates), state
