"""The multilayer perceptron in the catalogue."""

import itertools
from collections.abc import Sequence

import numpy as np

from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

from ..common.errors import UserError
from .data import Dataset
from .draws import Draw, Rng, suited, suited_draw
from .kind import Fields, Kind, Named, require


class Multilayer(Kind):
    class_name = "MLP"
    defaults = {
        "sizes": (64, 30, 10),
        "activations": ("sigmoid", "softmax"),
        "criterion": "cross_entropy",
        "l2": 0.0,
        "l2_biases": False,
    }

    def known(self, fields: Fields) -> None:
        super().known(fields)
        for activation in fields["activations"]:
            require("activation", activation, ACTIVATIONS)
        require("criterion", fields["criterion"], CRITERIA)

    def describe(self, fields: Fields) -> str:
        """Return '64-30-10, sigmoid, softmax, cross_entropy'."""
        parts = ["-".join(map(str, fields["sizes"])), *fields["activations"], fields["criterion"]]
        return ", ".join(parts + ([f"l2={fields['l2']:g}"] if fields.get("l2") else []))

    def features(self, fields: Fields) -> int:
        return fields["sizes"][0]

    def outputs(self, fields: Fields) -> int:
        return fields["sizes"][-1]

    def classes(self, fields: Fields) -> int:
        """Return two for a single output that tells two classes apart."""
        return 2 if _one_output_for_two(fields) else self.outputs(fields)

    def draw(self, rng: Rng, scale: float = 1.0) -> Draw:
        net, samples = suited(rng)
        return suited_draw(net, samples, rng, "float64", scale)

    def require_fit(self, net: Named, dataset: Dataset) -> None:
        sizes = net.fields["sizes"]
        if sizes[0] != dataset.features:
            raise UserError(
                f"--sizes starts with {sizes[0]}, but {dataset.name} has {dataset.features} features a sample"
            )
        if dataset.classes > self.classes(net.fields):
            raise UserError(
                f"--sizes ends with {sizes[-1]}, but {dataset.name} has labels up to {dataset.classes - 1}: "
                f"{dataset.classes} outputs are needed"
            )

    def targets(self, net: Named, labels: np.ndarray, dtype: str) -> np.ndarray:
        """Return classes, one-hot rows, or -1 / +1, as the criterion takes them."""
        criterion = CRITERIA[net.fields["criterion"]]
        if criterion.classes:
            return labels
        if _one_output_for_two(net.fields):
            onehot = labels[:, None].astype(dtype)
        else:
            onehot = np.eye(net.fields["sizes"][-1], dtype=dtype)[labels]
        return 2 * onehot - 1 if criterion.targets == "signs" else onehot

    def product_flops(self, fields: Fields, batch: int) -> int:
        return product_flops(fields["sizes"], batch)


def product_flops(sizes: Sequence[int], batch: int) -> int:
    """Return 2 N M_l M_{l-1} for each of: z^l, dW^l, and (but for the first layer) the delta passed down."""
    products = [2 * batch * m * n for n, m in itertools.pairwise(sizes)]
    return 3 * sum(products) - products[0]


def _one_output_for_two(fields: Fields) -> bool:
    """Return whether the network has a single output for two classes."""
    return fields["sizes"][-1] == 1 and CRITERIA[fields["criterion"]].mean_over_outputs
