"""The catalogue of optimisers and schedules: each is one dataclass in three packages."""

import dataclasses
import math
from dataclasses import dataclass, field
from importlib import import_module

from ..common.errors import UserError, nearest
from . import PACKAGES

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
    schedule_fields: dict = field(default_factory=dict)
    fields: dict = field(default_factory=dict)

    def build(self, who):
        """The instance of `who`: "hand", "torch" or "jax". Imports that package's framework."""
        return getattr(_module(who, "optimizers"), self.class_name)(**self.settings(who))

    def settings(self, who):
        """What its class is built from in `who`'s package."""
        rate = self.rate
        if self.schedule != "constant":
            rate = getattr(_module(who, "schedules"), SCHEDULES[self.schedule])(rate, **self.schedule_fields)
        return {"rate": rate, **self.fields}

    def describe(self):
        """'adam, rate 0.01, cosine (steps 300), clip 1'"""
        parts = [self.name, f"rate {self.rate:g}"]
        if self.schedule != "constant":
            inner = ", ".join(f"{key} {value:g}" for key, value in self.schedule_fields.items())
            parts.append(f"{self.schedule} ({inner})")
        return ", ".join(parts + [f"{key} {value:g}" for key, value in self.fields.items()])


def optimizer(name="sgd", rate=0.1, schedule="constant", schedule_fields=None, **fields):
    """The optimiser `name`; a field that is None keeps its default.

    Raises UserError, with the nearest name where one is unknown, and where a value is unusable.
    """
    if name not in OPTIMIZERS:
        raise UserError(f"no optimizer {name!r}: {nearest(name, OPTIMIZERS)}")
    if schedule not in SCHEDULES:
        raise UserError(f"no schedule {schedule!r}: {nearest(schedule, SCHEDULES)}")
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


def over_a_run(schedule, steps):
    """Fields that fit a run of so many steps: down to 0 at its end, or by 10 after each third."""
    return {
        "step": {"every": max(1, -(-steps // 3)), "factor": 0.1},
        "cosine": {"steps": steps, "end": 0.0},
        "linear": {"steps": steps, "end": 0.0},
    }.get(schedule, {})


def _module(who, name):
    return import_module(f"{PACKAGES[who]}.{name}")


def _known(name, class_name, module, fields):
    known = [
        f.name for f in dataclasses.fields(getattr(_module("hand", module), class_name)) if f.name != "rate"
    ]
    for key in fields:
        if key not in known:
            raise UserError(
                f"{name} has no setting {key!r}: {nearest(key, known) if known else 'it has none'}"
            )


def _positive(key, value):
    if isinstance(value, bool) or not (math.isfinite(value) and value > 0):
        option = f"--{key}" if key in ("rate", "clip") else key
        raise UserError(f"{option} {value}: a finite number above 0 is needed")


def _share(key, value):
    if not 0 <= value < 1:
        raise UserError(f"{key} is {value}: 0 <= {key} < 1 is needed")
