"""The multilayer perceptron in the catalogue."""

import itertools

import numpy as np

from ..common.errors import UserError, nearest
from .kind import Kind


class Multilayer(Kind):
    class_name = "MLP"
    defaults = {
        "sizes": (64, 30, 10),
        "activations": ("sigmoid", "softmax"),
        "criterion": "cross_entropy",
        "l2": 0.0,
        "l2_biases": False,
    }

    def known(self, fields):
        from manual.activations import ACTIVATIONS
        from manual.criteria import CRITERIA

        super().known(fields)
        for activation in fields["activations"]:
            if activation not in ACTIVATIONS:
                raise UserError(f"no activation {activation!r}: {nearest(activation, ACTIVATIONS)}")
        if fields["criterion"] not in CRITERIA:
            raise UserError(f"no criterion {fields['criterion']!r}: {nearest(fields['criterion'], CRITERIA)}")

    def describe(self, fields):
        """'64-30-10, sigmoid, softmax, cross_entropy'"""
        parts = ["-".join(map(str, fields["sizes"])), *fields["activations"], fields["criterion"]]
        return ", ".join(parts + ([f"l2={fields['l2']:g}"] if fields.get("l2") else []))

    def features(self, fields):
        return fields["sizes"][0]

    def outputs(self, fields):
        return fields["sizes"][-1]

    def suited(self, rng):
        from . import draws

        net, samples = draws.suited(rng)
        d = draws.suited_draw(net, samples, rng, "float64")
        return d.net, d.params, d.x, d.y

    def require_fit(self, net, dataset):
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

    def targets(self, net, labels, dtype):
        """Classes, one-hot, or -1 / +1 for hinge."""
        from manual.criteria import CRITERIA

        criterion = net.fields["criterion"]
        if CRITERIA[criterion].classes:
            return labels
        if one_output_for_two(net):
            onehot = labels[:, None].astype(dtype)
        else:
            onehot = np.eye(net.fields["sizes"][-1], dtype=dtype)[labels]
        return 2 * onehot - 1 if criterion == "hinge" else onehot

    def product_flops(self, fields, batch):
        return product_flops(fields["sizes"], batch)


def product_flops(sizes, batch):
    """2 N M_l M_{l-1} for each of: z^l, dW^l, and (but for the first layer) the delta handed down."""
    products = [2 * batch * m * n for n, m in itertools.pairwise(sizes)]
    return 3 * sum(products) - products[0]


def one_output_for_two(net):
    """Whether the net has a single output that stands for two classes."""
    return net.fields["sizes"][-1] == 1 and net.fields["criterion"] in (
        "hinge",
        "binary_cross_entropy",
        "mse",
    )
