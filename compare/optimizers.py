"""The catalogue of optimisers: each is one dataclass in three packages."""

import math
from dataclasses import dataclass
from importlib import import_module

from .errors import UserError, nearest
from .networks import PACKAGES

OPTIMIZERS = {"sgd": "SGD"}


@dataclass(frozen=True)
class Optimizer:
    """An optimiser by name: the class in each package and its fields there."""

    name: str
    class_name: str
    fields: dict

    def build(self, who):
        """The instance of `who`: "hand", "torch" or "jax". Imports that package's framework."""
        module = import_module(f"{PACKAGES[who]}.optimizers")
        return getattr(module, self.class_name)(**self.fields)

    def describe(self):
        """'sgd, rate 0.5'"""
        return ", ".join([self.name, *(f"{key} {value:g}" for key, value in self.fields.items())])


def optimizer(name="sgd", rate=0.1):
    """The optimiser `name`. Raises UserError where it is unknown or its rate unusable."""
    if name not in OPTIMIZERS:
        raise UserError(f"no optimizer {name!r}: {nearest(name, OPTIMIZERS)}")
    if not (math.isfinite(rate) and rate > 0):
        raise UserError(f"--rate {rate}: a finite number above 0 is needed")
    return Optimizer(name, OPTIMIZERS[name], {"rate": rate})
