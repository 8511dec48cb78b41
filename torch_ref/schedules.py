"""Learning-rate schedules: the rate as a function of t, the number of updates already made (0, 1, ...).

Each is torch.optim.lr_scheduler's own, run on a dummy optimiser and cached, since torch's keep a
state and are no functions of t.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch.optim import lr_scheduler


@dataclass(frozen=True)
class Constant:
    """rate"""

    rate: float

    def __call__(self, t: Any) -> float:
        return self.rate


@dataclass(frozen=True)
class Step:
    """lr_scheduler.StepLR"""

    rate: float
    every: int = 100
    factor: float = 0.1

    def __call__(self, t: Any) -> float:
        return _remembered(self)(int(t))

    def _scheduler(self, optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.StepLR(optimizer, self.every, self.factor)


@dataclass(frozen=True)
class Cosine:
    """lr_scheduler.CosineAnnealingLR, held at its end: torch's own would rise again after `steps`."""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: Any) -> float:
        return _remembered(self)(min(int(t), self.steps))

    def _scheduler(self, optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.CosineAnnealingLR(optimizer, self.steps, self.end)


@dataclass(frozen=True)
class Linear:
    """lr_scheduler.LinearLR"""

    rate: float
    steps: int = 100
    end: float = 0.0

    def __call__(self, t: Any) -> float:
        return _remembered(self)(min(int(t), self.steps))

    def _scheduler(self, optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.LinearLR(optimizer, 1.0, self.end / self.rate, self.steps)


@lru_cache(maxsize=64)
def _remembered(schedule: Any) -> Callable[[int], float]:
    """Return torch's scheduler as a function of t, stepped as far as the largest t so far."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=schedule.rate)
    scheduler = schedule._scheduler(optimizer)
    rates = [schedule.rate]

    def rate(t: Any) -> float:
        while len(rates) <= t:
            optimizer.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr()[0])
        return rates[t]

    return rate
