"""Learning-rate schedules: the rate as a function of t, the number of updates already made (0, 1, ...).

Each is optax's own. optax counts in int32, and int32 / int is float32 in jax even where float64 is on:
`t * 1.0` keeps every digit.
"""

from dataclasses import dataclass
from typing import Any

import optax


@dataclass(frozen=True)
class Constant:
    """optax.constant_schedule"""

    rate: float

    def __call__(self, t: Any) -> float:
        return optax.constant_schedule(self.rate)(t)


@dataclass(frozen=True)
class Step:
    """optax.exponential_decay, in steps"""

    rate: float
    every: int = 100
    factor: float = 0.1

    def __call__(self, t: Any) -> float:
        return optax.exponential_decay(self.rate, self.every, self.factor, staircase=True)(t * 1.0)


@dataclass(frozen=True)
class Cosine:
    """optax.cosine_decay_schedule; its alpha is end / rate"""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: Any) -> float:
        return optax.cosine_decay_schedule(self.rate, self.steps, self.end / self.rate)(t * 1.0)


@dataclass(frozen=True)
class Linear:
    """optax.linear_schedule"""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: Any) -> float:
        return optax.linear_schedule(self.rate, self.end, self.steps)(t * 1.0)
