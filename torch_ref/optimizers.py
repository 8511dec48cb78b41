"""Optimisers, each update rule torch.optim's own.

Each has `init(params) -> state` and `update(params, grads, state) -> (params, state)`; nothing is
changed in place, so that a step can be repeated, compared and compiled.
"""

from dataclasses import dataclass

from torch.optim.sgd import sgd


@dataclass(frozen=True)
class SGD:
    """torch.optim.SGD."""

    rate: float = 0.1

    def init(self, params):
        """No state to keep."""
        return {}

    def update(self, params, grads, state):
        """The parameters one step later, and the state."""
        new = {name: p.clone() for name, p in params.items()}
        sgd(
            list(new.values()),
            [grads[name] for name in new],
            [None] * len(new),
            lr=self.rate,
            momentum=0.0,
            dampening=0.0,
            weight_decay=0.0,
            nesterov=False,
            maximize=False,
        )
        return new, state
