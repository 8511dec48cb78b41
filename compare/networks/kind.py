"""What the harness must know of a kind of network beyond its contract: names, sizes, and what fits what."""

from abc import ABC, abstractmethod

from ..common.errors import UserError, nearest


class Kind(ABC):
    """One entry of the catalogue: a class of that name in each of the three packages.

    class_name: of the dataclass in manual, torch_ref and jax_ref.  defaults: its fields, where none are given.
    data: what it is checked on where no data is named.
    fixed: fields that the name itself decides, as "lstm" decides the cell.
    choices: of a field that takes one of a few words, these words.
    """

    class_name = ""
    defaults: dict = {}
    data = "digits"
    fixed: tuple = ()
    choices: dict = {}

    def known(self, fields):
        """Raise UserError where a field, or a name in one, does not exist."""
        for name in fields:
            if name not in self.defaults:
                raise UserError(f"{self.class_name} has no field {name!r}: {nearest(name, self.defaults)}")
        for name, words in self.choices.items():
            if fields[name] not in words:
                raise UserError(f"no {name} {fields[name]!r}: {nearest(fields[name], words)}")

    @abstractmethod
    def describe(self, fields):
        """The network in a few words."""

    @abstractmethod
    def features(self, fields):
        """How many numbers a sample has."""

    @abstractmethod
    def outputs(self, fields):
        """How many classes can be told apart."""

    @abstractmethod
    def suited(self, rng):
        """(instance of `manual`, params, x, y), float64: a small random network to plant mistakes in.

        rng: a NumPy generator. Sizes differ, N > 1, no parameter is 0 (see `drawn`).
        """

    def load(self, source, fields):
        """The Dataset named `source`, or this kind's own where that is None."""
        from . import data

        return data.load(source or self.data)

    def require_fit(self, net, dataset):
        """Raise UserError where the network does not fit the data."""
        if self.features(net.fields) != dataset.features:
            raise UserError(
                f"{net.name} takes {self.features(net.fields)} numbers a sample, {dataset.name} has {dataset.features}"
            )
        if dataset.classes > self.outputs(net.fields):
            raise UserError(
                f"{net.name} has {self.outputs(net.fields)} outputs, but {dataset.name} has labels up to "
                f"{dataset.classes - 1}"
            )

    def targets(self, net, labels, dtype):
        """Integer labels as the network's criterion wants them."""
        return labels

    def product_flops(self, fields, batch):
        """Operations in the matrix products of one gradient, or None where they are not counted."""
        return None


def drawn(net, rng, scale=1.0):
    """Well-conditioned float64 parameters of an instance of `manual`, none of them 0."""
    return {n: scale * (p + 0.3 * rng.standard_normal(p.shape)) for n, p in net.init(rng).items()}
