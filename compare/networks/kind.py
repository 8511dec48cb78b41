"""Describe a kind of network beyond its contract: names, sizes, and the data and options that fit it."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from ..common.errors import UserError, nearest
from . import data
from .data import Dataset
from .draws import Draw, Rng

Fields = dict[str, Any]


class Named(Protocol):
    """A network by name and fields."""

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> Fields: ...


class Unbuilt(NamedTuple):
    """A network of which the name and the fields are known."""

    name: str
    fields: Fields


class Kind(ABC):
    """One entry of the catalogue: a class of that name in each of the three packages.

    class_name: of the dataclass in manual, torch_ref and jax_ref.  defaults: its fields, where none are given.
    data: the data set it is checked on by default.
    fixed: fields that the name itself decides, as "lstm" decides the cell.
    choices: for each field that takes one of a few words, these words.
    """

    class_name: ClassVar[str]
    defaults: Fields
    data: ClassVar[str] = "digits"
    fixed: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}

    def known(self, fields: Fields) -> None:
        """Raise UserError where a field, or a name in one, does not exist."""
        for name in fields:
            if name not in self.defaults:
                raise UserError(f"{self.class_name} has no field {name!r}: {nearest(name, self.defaults)}")
        for name, words in self.choices.items():
            require(name, fields[name], words)

    @abstractmethod
    def describe(self, fields: Fields) -> str:
        """Return the network in a few words."""

    @abstractmethod
    def features(self, fields: Fields) -> int:
        """Return how many numbers a sample has."""

    @abstractmethod
    def outputs(self, fields: Fields) -> int:
        """Return the number of classes."""

    @abstractmethod
    def draw(self, rng: Rng, scale: float = 1.0) -> Draw:
        """Draw a small float64 network to plant mistakes in: sizes differ, N > 1, no parameter is 0."""

    def load(self, source: str | None, fields: Fields) -> Dataset:
        """Return the Dataset named `source`; by default this kind's own where it is installed and fits, else drawn."""
        if source is not None:
            return data.load(source)
        try:
            found = data.load(self.data)
            self.require_fit(Unbuilt(self.class_name, fields), found)
        except UserError:
            return data.drawn(self.features(fields), self.classes(fields))
        return found

    def classes(self, fields: Fields) -> int:
        """Return how many classes samples for the network may have."""
        return self.outputs(fields)

    def require_fit(self, net: Named, dataset: Dataset) -> None:
        """Raise UserError where the network does not fit the data."""
        features, outputs = self.features(net.fields), self.outputs(net.fields)
        if features != dataset.features:
            raise UserError(
                f"{net.name} takes {features} numbers a sample, {dataset.name} has {dataset.features}"
            )
        if dataset.classes > outputs:
            raise UserError(
                f"{net.name} has {outputs} outputs, but {dataset.name} has labels up to {dataset.classes - 1}"
            )

    def targets(self, net: Named, labels: np.ndarray, dtype: str) -> np.ndarray:
        """Return integer labels as the network's criterion takes them."""
        return labels

    def product_flops(self, fields: Fields, batch: int) -> int | None:
        """Return the operations in the matrix products of one gradient, or None where they are not counted."""
        return None


def require(what: str, name: Any, known: Any) -> None:
    """Raise UserError, with the nearest known name, where `name` is unknown."""
    if not isinstance(name, str) or name not in known:
        raise UserError(f"no {what} {name!r}: {nearest(name, known)}")
