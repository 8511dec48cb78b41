"""The catalogue of networks: each is one dataclass in three packages, and the inputs it is checked on."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from ..common.errors import UserError, nearest
from .cnn import Convolutional
from .data import Dataset
from .kind import Fields, Kind, require
from .mlp import Multilayer
from .recurrent import CELLS, Recurrence
from .transformer import Attention

PACKAGES = {"hand": "manual", "torch": "torch_ref", "jax": "jax_ref"}
NETWORKS: dict[str, Kind] = {
    "mlp": Multilayer(),
    "cnn": Convolutional(),
    **{cell: Recurrence(cell) for cell in CELLS},
    "transformer": Attention(),
}
DEEPEST, LARGEST = 1000, 1 << 30  # layers and weights of an mlp


@dataclass(frozen=True)
class Network:
    """A network by name: the class in each package and its fields there."""

    name: str
    class_name: str
    fields: Fields

    @property
    def exchangeable(self) -> bool:
        """Return whether a batch in another order has the same loss: not where each row has its own dropout mask."""
        return not self.fields.get("dropout")

    @property
    def kind(self) -> Kind:
        """The Kind of networks of this name."""
        return NETWORKS[self.name]

    def build(self, who: str) -> Any:
        """Return the instance of `who`: "hand", "torch" or "jax". Imports that package's framework."""
        package = import_module(PACKAGES[who])
        return getattr(package, self.class_name)(**self.fields)

    def saved(self) -> dict[str, Any]:
        """Return what `Network(**...)` makes it of again, plain."""
        return vars(self)

    def product_flops(self, batch: int) -> int | None:
        """Return the operations in the matrix products of one gradient, or None where they are not counted."""
        return self.kind.product_flops(self.fields, batch)

    def shadowed(self) -> Any:
        """Return the instance that a training run's shadows perturb: the hand-written one."""
        return self.build("hand")

    def describe(self) -> str:
        """Return '64-30-10, sigmoid, softmax, cross_entropy'."""
        return self.kind.describe(self.fields)

    def load(self, source: str | None = None) -> Dataset:
        """Return the Dataset named `source`, by default the one this kind of network is checked on."""
        return self.kind.load(source, self.fields)


def network(name: str = "mlp", **fields: Any) -> Network:
    """Return the network `name` with `fields` over its defaults.

    Raises UserError where a name or field is unknown (with the nearest known one) or the fields do not fit.
    """
    require("network", name, NETWORKS)
    kind = NETWORKS[name]
    fields = kind.defaults | {key: value for key, value in fields.items() if value is not None}
    kind.known(fields)
    if len(fields.get("sizes", ())) > DEEPEST:
        raise UserError(f"sizes has {len(fields['sizes'])} layers; at most {DEEPEST} can be")
    built = Network(name, kind.class_name, fields)
    try:
        built.build("hand")
    except (TypeError, ValueError) as error:
        raise UserError(str(error)) from error
    weights = sum(int(a) * int(b) for a, b in pairwise(fields.get("sizes", ())))
    if weights > LARGEST:
        raise UserError(f"sizes make {weights} weights; at most {LARGEST} can be")
    return built


def settings(name: str, texts: Iterable[str]) -> Fields:
    """Return {"channels": (4, 8)} from ["channels=4,8"], each value of the type of the field's default."""
    defaults = NETWORKS[name].defaults if name in NETWORKS else {}
    found: Fields = {}
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals or (defaults and field not in defaults):
            known = nearest(field, defaults) if equals else "FIELD=VALUE is needed, like hidden=32"
            raise UserError(f"--set {text}: {known}")
        found[field] = _read(text, value, defaults.get(field))
    return found


def _read(text: str, value: str, default: Any) -> Any:
    kind = type(default[0] if isinstance(default, tuple) else default)
    if kind is bool:
        readers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if value.lower() not in readers:
            raise UserError(f"--set {text}: yes or no is needed")
        return readers[value.lower()]
    try:
        if isinstance(default, tuple):
            return tuple(kind(part) for part in value.split(","))
        return value if default is None else kind(value)
    except ValueError as error:
        needed = "whole numbers are" if kind is int else "numbers are"
        needed = needed if isinstance(default, tuple) else f"a {needed[:-5]} is"
        raise UserError(f"--set {text}: {needed} needed, as in {field_words(default)}") from error


def field_words(value: Any) -> str:
    """Return a field's value as `--set` takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def named(instance: Any) -> Network:
    """Return the Network of an instance of `manual`, torch_ref or jax_ref.

    Raises UserError where its class is unknown.
    """
    fields = {name: getattr(instance, name) for name in getattr(instance, "__dataclass_fields__", ())}
    for cls in type(instance).__mro__:  # a planted mistake is a subclass
        for name, kind in NETWORKS.items():
            if kind.class_name == cls.__name__ and all(
                fields[f] == kind.defaults[f] for f in kind.fixed if f in fields
            ):
                return Network(name, kind.class_name, fields)
    raise UserError(f"{type(instance).__name__} is none of the networks: {', '.join(NETWORKS)}")


def require_fit(net: Network, dataset: Dataset) -> None:
    """Raise UserError where the network does not fit the data."""
    net.kind.require_fit(net, dataset)


def inputs(x: np.ndarray, dtype: Any) -> np.ndarray:
    """Return samples in the floating type of a run; integers (tokens) stay as they are."""
    x = np.asarray(x)
    return x.astype(dtype) if x.dtype.kind == "f" else x


def targets(net: Network, labels: np.ndarray, dtype: str = "float64") -> np.ndarray:
    """Return integer labels as the network's criterion takes them."""
    return net.kind.targets(net, labels, dtype)


def initial(
    net: Network, seed: int, dtype: str = "float64", scheme: str = "xavier", biases: float = 0.0
) -> dict[str, np.ndarray]:
    """Return parameters from one seed.

    biases: the scale of normal draws that are added to vectors; zero biases would hide wrong gradients.
    """
    rng = np.random.default_rng(seed)
    params = net.build("hand").init(rng, dtype, scheme)
    return {
        name: (p + biases * rng.standard_normal(p.shape)).astype(dtype) if p.ndim == 1 and biases else p
        for name, p in params.items()
    }


def check_inputs(
    net: Network, dataset: Dataset, batch: int = 32, seed: int = 0, dtype: str = "float64"
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return (params, x, y) on which no gradient is 0 by chance: non-zero biases, N > 1, real samples."""
    require_fit(net, dataset)
    if batch < 1:
        raise UserError(f"--batch {batch}: at least one sample is needed")
    if batch > len(dataset.x_train):
        raise UserError(f"--batch {batch}: {dataset.name} has {len(dataset.x_train)} training samples")
    params = initial(net, seed, dtype, biases=0.1)
    rows = np.random.default_rng([seed, 1]).choice(len(dataset.x_train), batch, replace=False)
    return params, inputs(dataset.x_train[rows], dtype), targets(net, dataset.y_train[rows], dtype)
