"""The catalogue of optimisers and schedules: each is one dataclass in three packages."""

import dataclasses
import math
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

from ..common.errors import UserError, nearest
from . import PACKAGES
from .kind import Fields, require

OPTIMIZERS = {
    "sgd": "SGD",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSProp",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamw": "AdamW",
}
# Rates at which the default network learns the digits well in a few hundred steps.
RATES = {
    "sgd": 0.5,
    "momentum": 0.1,
    "nesterov": 0.1,
    "rmsprop": 0.01,
    "adagrad": 0.1,
    "adam": 0.01,
    "adamw": 0.01,
}
SCHEDULES = {"constant": "Constant", "step": "Step", "cosine": "Cosine", "linear": "Linear"}


@dataclass(frozen=True)
class Optimizer:
    """An optimiser by name: the class in each package and its fields there; the rate is a schedule's."""

    name: str
    class_name: str
    rate: float
    schedule: str = "constant"
    schedule_fields: Fields = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)

    def build(self, who: str) -> Any:
        """Return the instance of `who`: "hand", "torch" or "jax". Imports that package's framework."""
        return getattr(_module(who, "optimizers"), self.class_name)(**self.settings(who))

    def shadowed(self) -> Any:
        """Return the instance that a training run's shadows round: the hand-written one."""
        return self.build("hand")

    def settings(self, who: str) -> Fields:
        """Return the arguments of its class in `who`'s package."""
        rate: Any = self.rate
        if self.schedule != "constant":
            rate = getattr(_module(who, "schedules"), SCHEDULES[self.schedule])(rate, **self.schedule_fields)
        return {"rate": rate, **self.fields}

    def describe(self) -> str:
        """Return 'adam, rate 0.01, cosine (steps 300), clip 1'."""
        parts = [self.name, f"rate {self.rate:g}"]
        if self.schedule != "constant":
            inner = ", ".join(f"{key} {value:g}" for key, value in self.schedule_fields.items())
            parts.append(f"{self.schedule} ({inner})")
        return ", ".join(parts + [f"{key} {value:g}" for key, value in self.fields.items()])


def optimizer(
    name: str = "sgd",
    rate: float = 0.1,
    schedule: str = "constant",
    schedule_fields: Fields | None = None,
    **fields: Any,
) -> Optimizer:
    """Return the optimiser `name`; a field that is None keeps its default.

    Raises UserError, with the nearest name where one is unknown, and where a value is unusable.
    """
    require("optimizer", name, OPTIMIZERS)
    require("schedule", schedule, SCHEDULES)
    _positive("rate", rate)
    fields = {key: value for key, value in fields.items() if value is not None}
    schedule_fields = dict(schedule_fields or {})
    _known(name, OPTIMIZERS[name], "optimizers", fields)
    _known(schedule, SCHEDULES[schedule], "schedules", schedule_fields)
    for key, value in fields.items():
        if key in ("momentum", "decay", "beta1", "beta2"):
            _share(key, value)
        else:
            _positive(key, value)
    for key, value in schedule_fields.items():
        if key in ("steps", "every") and (value != int(value) or value < 1):
            raise UserError(f"{key} is {value}: a whole number of steps, 1 or more, is needed")
        if key in ("end", "factor") and not (math.isfinite(value) and value >= 0):
            raise UserError(f"{key} is {value}: a finite number, 0 or more, is needed")
    return Optimizer(name, OPTIMIZERS[name], rate, schedule, schedule_fields, fields)


def over_a_run(schedule: str, steps: int) -> Fields:
    """Return fields for a run of so many steps: the rate falls to 0 at its end, or by 10 after each third."""
    known: dict[str, Fields] = {
        "step": {"every": max(1, -(-steps // 3)), "factor": 0.1},
        "cosine": {"steps": steps, "end": 0.0},
        "linear": {"steps": steps, "end": 0.0},
    }
    return known.get(schedule, {})


def _module(who: str, name: str) -> ModuleType:
    return import_module(f"{PACKAGES[who]}.{name}")


def _known(name: str, class_name: str, module: str, fields: Fields) -> None:
    known = [
        f.name for f in dataclasses.fields(getattr(_module("hand", module), class_name)) if f.name != "rate"
    ]
    for key in fields:
        if key not in known:
            raise UserError(
                f"{name} has no setting {key!r}: {nearest(key, known) if known else 'it has none'}"
            )


def _positive(key: str, value: float) -> None:
    if isinstance(value, bool) or not (math.isfinite(value) and value > 0):
        option = f"--{key}" if key in ("rate", "clip") else key
        raise UserError(f"{option} {value}: a finite number above 0 is needed")


def _share(key: str, value: float) -> None:
    if not 0 <= value < 1:
        raise UserError(f"{key} is {value}: 0 <= {key} < 1 is needed")
