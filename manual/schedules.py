"""Learning-rate schedules: the rate as a function of t, the number of updates already made (0, 1, ...)."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Constant:
    """rate"""

    rate: float

    def __call__(self, t: int) -> float:
        return self.rate


@dataclass(frozen=True)
class Step:
    """rate * factor^floor(t / every)"""

    rate: float
    every: int = 100
    factor: float = 0.1

    def __call__(self, t: int) -> float:
        return self.rate * self.factor ** (t // self.every)


@dataclass(frozen=True)
class Cosine:
    """end + (rate - end) (1 + cos(pi t / steps)) / 2, then end (Loshchilov and Hutter 2017, one period)"""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: int) -> float:
        return self.end + (self.rate - self.end) * (1 + math.cos(math.pi * min(t / self.steps, 1))) / 2


@dataclass(frozen=True)
class Linear:
    """rate + (end - rate) t / steps, then end"""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: int) -> float:
        return self.rate + (self.end - self.rate) * min(t / self.steps, 1)
