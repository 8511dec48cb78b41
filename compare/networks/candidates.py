"""The networks a loss may belong to: activations and criteria from the tables of `manual`, and the forms of y."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA, FUSED

# Of activations that fit equally the first is taken.
HIDDEN = tuple(name for name, f in ACTIVATIONS.items() if f.entrywise)
FAMILIAR = ("identity", "sigmoid", "softmax")
LAST = (*FAMILIAR, *(name for name in ACTIVATIONS if name not in FAMILIAR))
TARGETS = ("classes", "probabilities", "values", "signs")


class Head(NamedTuple):
    """A criterion with a last activation, and y as the criterion takes it."""

    criterion: str
    last: str
    y: np.ndarray

    def loss(self, z: np.ndarray) -> float:
        """Return the criterion's mean over the batch, from the net inputs z^L."""
        fused = FUSED.get((self.last, self.criterion))
        return float(
            fused(z, self.y) if fused else CRITERIA[self.criterion](ACTIVATIONS[self.last](z), self.y)
        )


def targets(y: np.ndarray, samples: int, outputs: int) -> dict[str, np.ndarray]:
    """Return the forms y can have: "classes" (N,), "values" and "signs" (-1 or 1), both (N, M)."""
    y = np.asarray(y)
    forms: dict[str, np.ndarray] = {}
    if y.size == samples * outputs:
        table = y.reshape(samples, outputs) if y.ndim < 2 or y.shape[0] == samples else y.T
        forms["values"] = table.astype(np.float64)
        onehot = outputs > 1 and np.isin(table, (0, 1)).all() and (table.sum(axis=1) == 1).all()
        if onehot:
            forms["classes"] = table.argmax(axis=1)
            forms["signs"] = 2.0 * table - 1
    if y.size == samples and outputs > 1 and (y == np.floor(y)).all() and y.min() >= 0 and y.max() < outputs:
        forms["classes"] = y.reshape(samples).astype(np.int64)
        forms["values"] = np.eye(outputs)[forms["classes"]]
        forms["signs"] = 2 * forms["values"] - 1
    return forms


def hidden(depth: int) -> Iterator[tuple[str, ...]]:
    """Yield the activations of the hidden layers: one throughout, and of two layers every pair."""
    same = [(f,) * (depth - 1) for f in HIDDEN]
    mixed = itertools.product(HIDDEN, repeat=2) if depth == 3 else ()
    yield from dict.fromkeys([*same, *mixed])


def heads(y: np.ndarray, samples: int, outputs: int) -> list[Head]:
    """Return the heads that fit the form of y: classes first, and a usual last activation before an unusual one."""
    forms = targets(y, samples, outputs)
    found = [
        Head(name, last, form)
        for name in CRITERIA
        for form in _forms(CRITERIA[name].targets, forms)
        for last in lasts(name)
    ]

    def order(head: Head) -> tuple[int, bool]:
        record = CRITERIA[head.criterion]
        return TARGETS.index(record.targets), record.domain != "real" and head.last != lasts(head.criterion)[
            0
        ]

    return sorted(found, key=order)


def lasts(criterion: str) -> tuple[str, ...]:
    """Return the last activations that make sense with a criterion."""
    domain = CRITERIA[criterion].domain
    if domain != "real":
        return ("sigmoid", "softmax") if domain == "probability" else ("softmax", "sigmoid")
    if (
        criterion == "softmax_cross_entropy"
    ):  # softmax and cross-entropy by another name, or a softmax taken twice
        return tuple(f for f in LAST if f not in FAMILIAR)
    return LAST


def _forms(wanted: str, forms: dict[str, np.ndarray]) -> list[np.ndarray]:
    values = forms.get("values")
    if wanted == "signs":
        return [forms[f] for f in ("values", "signs") if f in forms and np.isin(forms[f], (-1, 1)).all()]
    if wanted == "probabilities":
        return [values] if values is not None and ((values >= 0) & (values <= 1)).all() else []
    return [forms[wanted]] if wanted in forms else []
