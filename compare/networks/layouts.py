"""Map a user's parameter arrays to those of `manual.MLP`, by their names and shapes."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Layout:
    """The user's arrays by layer: W [in, out] or [out, in], samples as columns or rows.

    weights, biases: the user's names, first layer first; a bias is None where the layer has none.
    transposed: W is [in, out].  columns: a sample is a column of x.
    """

    weights: tuple[str, ...]
    biases: tuple[str | None, ...]
    transposed: bool
    columns: bool

    def params(self, flat: Mapping[str, np.ndarray]) -> Arrays:
        """Return the user's arrays by the names and in the shapes of `manual`; missing biases are zeros."""
        found = {}
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            array = np.asarray(flat[W])
            found[f"W{l}"] = array.T if self.transposed else array
            out = found[f"W{l}"].shape[0]
            found[f"b{l}"] = np.zeros(out, array.dtype) if b is None else np.asarray(flat[b]).reshape(out)
        return found

    def theirs(self, arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
        """Return the arrays of `manual` by the user's names and in the user's shapes."""
        found = {}
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            found[W] = arrays[f"W{l}"].T if self.transposed else arrays[f"W{l}"]
            if b is not None:
                found[b] = np.asarray(arrays[f"b{l}"]).reshape(shapes[b])
        return found

    def name(self, ours: str) -> str | None:
        """Return the user's name of an array of `manual`: 'W1' -> 'weights.0'."""
        l = int(ours[1:]) - 1
        return self.weights[l] if ours[0] == "W" else self.biases[l]

    def ours(self, theirs: str) -> str:
        """Return the name in `manual` of a user's array."""
        if theirs in self.weights:
            return f"W{self.weights.index(theirs) + 1}"
        return f"b{self.biases.index(theirs) + 1}"

    def array(self, theirs: str, array: np.ndarray) -> np.ndarray | None:
        """Return a user's array in the shape of `manual`, or None where it is not a parameter."""
        if theirs in self.weights:
            return array.T if self.transposed else array
        return np.reshape(array, -1) if theirs in self.biases else None

    def layers(self) -> dict[str, int]:
        """Return {the user's name: layer}; the highest layer is nearest to the loss."""
        named = [*enumerate(self.weights, start=1), *enumerate(self.biases, start=1)]
        return {name: l for l, name in named if name is not None}

    def x(self, x: np.ndarray) -> np.ndarray:
        """Return x with a sample in each row."""
        return np.asarray(x).T if self.columns else np.asarray(x)


def layouts(flat: Mapping[str, np.ndarray], x: np.ndarray) -> Iterator[Layout]:
    """Yield each Layout under which the shapes chain from x through all weights."""
    weights, biases = split(flat)
    if not weights or len(biases) not in (0, len(weights)) or np.ndim(x) != 2:
        return
    for transposed, columns in itertools.product((False, True), repeat=2):
        aligned = _chained(flat, weights, biases, transposed, np.shape(x)[0 if columns else 1])
        if aligned is not None:
            yield Layout(tuple(weights), aligned, transposed, columns)


def _chained(
    flat: Mapping[str, np.ndarray], weights: list[str], biases: list[str], transposed: bool, width: int
) -> tuple[str | None, ...] | None:
    """Return the bias of each layer, or None where the shapes do not chain from `width` features."""
    left, aligned = list(biases), []
    for W in weights:
        out, into = np.shape(flat[W])[::-1] if transposed else np.shape(flat[W])
        bias = next((b for b in left if np.size(flat[b]) == out), None)
        if into != width or (biases and bias is None):
            return None
        if bias is not None:
            left.remove(bias)
        aligned.append(bias)
        width = out
    return tuple(aligned)


def split(flat: Mapping[str, np.ndarray]) -> tuple[list[str], list[str]]:
    """Return the names of the weights and of the biases in layer order, told apart by name or else by shape."""
    places = {name: place for place, name in enumerate(flat)}

    def order(name: str) -> tuple[int, int]:
        digits = re.findall(r"\d+", name)
        return int(digits[-1]) if digits else 0, places[name]

    nested = _nested_biases(flat)
    biases = sorted((n for n in flat if n in nested or _is_bias(n, flat[n])), key=order)
    weights = sorted((n for n in flat if n not in biases), key=order)
    vectors = all(np.size(flat[b]) == max((*np.shape(flat[b]), 1)) for b in biases)
    return (weights, biases) if vectors and all(np.ndim(flat[w]) == 2 for w in weights) else ([], [])


def _is_bias(name: str, array: np.ndarray) -> bool:
    if np.ndim(array) != 2:
        return True
    first, last = name.split(".")[0], name.split(".")[-1]
    word = (first if last.isdigit() else last).lower().lstrip("_")
    named = word.startswith("b") or "bias" in word
    return named and min(np.shape(array)) == 1 and not word.startswith(("w", "theta"))


def _nested_biases(flat: Mapping[str, np.ndarray]) -> set[str]:
    """Return the names of the biases in (biases, weights) or (weights, biases), where names are places: '0.0'."""
    groups: dict[str, list[str]] = {}
    for name in flat:
        head, _, last = name.rpartition(".")
        if not (head.isdigit() and last.isdigit()):
            return set()
        groups.setdefault(head, []).append(name)
    flatter = [
        head
        for head, names in groups.items()
        if all(np.ndim(flat[n]) < 2 or np.shape(flat[n])[1] == 1 for n in names)
    ]
    if len(groups) != 2 or len(flatter) != 1 or len({len(names) for names in groups.values()}) != 1:
        return set()
    return set(groups[flatter[0]])
