"""The catalogue of networks: each is one dataclass in three packages, and the inputs it is checked on."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from .errors import UserError, nearest

PACKAGES = {"hand": "manual", "torch": "torch_ref", "jax": "jax_ref"}


@dataclass(frozen=True)
class Network:
    """A network by name: the class in each package and its fields there."""

    name: str
    class_name: str
    fields: dict

    def build(self, who):
        """The instance of `who`: "hand", "torch" or "jax". Imports that package's framework."""
        package = import_module(PACKAGES[who])
        return getattr(package, self.class_name)(**self.fields)

    def describe(self):
        """'64-30-10, sigmoid, softmax, cross_entropy'"""
        f = self.fields
        parts = ["-".join(map(str, f["sizes"])), *f["activations"], f["criterion"]]
        return ", ".join(parts + ([f"l2={f['l2']:g}"] if f.get("l2") else []))


NETWORKS = {"mlp": "MLP"}
DEFAULTS = {
    "mlp": {"sizes": (64, 30, 10), "activations": ("sigmoid", "softmax"), "criterion": "cross_entropy"}
}


def network(name="mlp", **fields):
    """The network `name` with `fields` over its defaults. Raises UserError, with the nearest name, where unknown."""
    if name not in NETWORKS:
        raise UserError(f"no network {name!r}: {nearest(name, NETWORKS)}")
    fields = DEFAULTS[name] | {key: value for key, value in fields.items() if value is not None}
    _known_names(fields)
    built = Network(name, NETWORKS[name], fields)
    try:
        built.build("hand")
    except ValueError as error:
        raise UserError(str(error)) from error
    return built


def _known_names(fields):
    from manual.activations import ACTIVATIONS
    from manual.criteria import CRITERIA

    for activation in fields["activations"]:
        if activation not in ACTIVATIONS:
            raise UserError(f"no activation {activation!r}: {nearest(activation, ACTIVATIONS)}")
    if fields["criterion"] not in CRITERIA:
        raise UserError(f"no criterion {fields['criterion']!r}: {nearest(fields['criterion'], CRITERIA)}")


def fit(net, dataset):
    """Raise UserError where the first or last layer does not fit the data."""
    sizes = net.fields["sizes"]
    if sizes[0] != dataset.features:
        raise UserError(
            f"--sizes starts with {sizes[0]}, but {dataset.name} has {dataset.features} features a sample"
        )
    if dataset.classes > (2 if one_output_for_two(net) else sizes[-1]):
        raise UserError(
            f"--sizes ends with {sizes[-1]}, but {dataset.name} has labels up to {dataset.classes - 1}: "
            f"{dataset.classes} outputs are needed"
        )


def one_output_for_two(net):
    """Whether the net has a single output that stands for two classes."""
    return net.fields["sizes"][-1] == 1 and net.fields["criterion"] in (
        "hinge",
        "binary_cross_entropy",
        "mse",
    )


def targets(net, labels, dtype="float64"):
    """Integer labels as the network's criterion wants them: classes, one-hot, or -1 / +1 for hinge."""
    from manual.criteria import CRITERIA

    criterion = net.fields["criterion"]
    if CRITERIA[criterion].classes:
        return labels
    if one_output_for_two(net):
        onehot = labels[:, None].astype(dtype)
    else:
        onehot = np.eye(net.fields["sizes"][-1], dtype=dtype)[labels]
    return 2 * onehot - 1 if criterion == "hinge" else onehot


def initial(net, seed, dtype="float64", scheme="xavier", biases=0.0):
    """Parameters from one seed. `biases` scales normal draws for them: zero biases would hide wrong ones."""
    rng = np.random.default_rng(seed)
    params = net.build("hand").init(rng, dtype, scheme)
    return {
        name: (biases * rng.standard_normal(p.shape)).astype(dtype) if p.ndim == 1 and biases else p
        for name, p in params.items()
    }


def check_inputs(net, dataset, batch=32, seed=0, dtype="float64"):
    """(params, x, y) on which a gradient hides nothing: non-zero biases, N > 1, real samples."""
    fit(net, dataset)
    if batch < 1:
        raise UserError(f"--batch {batch}: at least one sample is needed")
    if batch > len(dataset.x_train):
        raise UserError(f"--batch {batch}: {dataset.name} has {len(dataset.x_train)} training samples")
    params = initial(net, seed, dtype, biases=0.1)
    rows = np.random.default_rng([seed, 1]).choice(len(dataset.x_train), batch, replace=False)
    return params, dataset.x_train[rows].astype(dtype), targets(net, dataset.y_train[rows], dtype)
