"""Optimisers, each update rule the formula it is known by.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SGD:
    """W -= rate * dW (sources.md B6)."""

    rate: float = 0.1

    def init(self, params):
        """No state to keep."""
        return {}

    def update(self, params, grads, state):
        """The parameters one step later, and the state."""
        return {name: p - self.rate * grads[name] for name, p in params.items()}, state
