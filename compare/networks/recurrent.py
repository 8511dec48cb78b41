"""The recurrent networks in the catalogue: one class, three cells."""

import numpy as np

from manual import Recurrent

from ..common.errors import UserError
from .data import Dataset
from .draws import Draw, Rng, parameters
from .kind import Fields, Kind, Named

CELLS = ("rnn", "lstm", "gru")


class Recurrence(Kind):
    class_name = "Recurrent"
    fixed = ("cell",)

    def __init__(self, cell: str):
        self.cell = cell
        self.defaults = {"cell": cell, "inputs": 8, "hidden": 16, "classes": 10, "steps": 8}

    def known(self, fields: Fields) -> None:
        super().known(fields)
        if fields["cell"] != self.cell:
            raise UserError(f"{self.cell} has the cell {self.cell}; for another: --network {fields['cell']}")

    def describe(self, fields: Fields) -> str:
        """Describe the network in words: 'lstm, 8 steps of 8, hidden 16, 10 classes'."""
        steps = f"{fields['steps']} steps of {fields['inputs']}"
        return f"{fields['cell']}, {steps}, hidden {fields['hidden']}, {fields['classes']} classes"

    def features(self, fields: Fields) -> int:
        return fields["steps"] * fields["inputs"]

    def outputs(self, fields: Fields) -> int:
        return fields["classes"]

    def require_fit(self, net: Named, dataset: Dataset) -> None:
        """Accept one column more: the sequences' lengths."""
        if dataset.features != self.features(net.fields) + 1:
            super().require_fit(net, dataset)

    def draw(self, rng: Rng, scale: float = 1.0) -> Draw:
        """Draw any of the cells, sequences of different lengths in every other one."""
        inputs, hidden, classes, steps, samples = (int(n) for n in rng.permutation(range(2, 7)))
        net = Recurrent(str(rng.choice(CELLS)), inputs, hidden, classes, steps)
        x = rng.standard_normal((samples, steps * inputs))
        if rng.random() < 0.5:
            x = np.column_stack([x, rng.integers(1, steps + 1, samples)])
        return Draw(net, parameters(net, rng, scale), x, rng.integers(0, classes, samples))

    def product_flops(self, fields: Fields, batch: int) -> int:
        """Count all steps' net inputs and dW from x, the same and the carry from h; the output layer's three."""
        gates = {"rnn": 1, "lstm": 4, "gru": 3}[fields["cell"]]
        I, H = fields["inputs"], fields["hidden"]
        return 2 * batch * (fields["steps"] * gates * H * (2 * I + 3 * H) + 3 * H * fields["classes"])
