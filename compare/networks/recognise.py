"""Which network is it? Found from the shapes of the parameters and the values of a person's own loss.

Candidates (layouts, activations, criteria) that fit the shapes are forwarded by `manual` at a few parameter
points; one is kept where the person's loss is c x its criterion + lambda x 1/2 ||W||^2 at all of them.
"""

import itertools
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from manual import MLP

from ..common.words import factor

POINTS = 6
FITS = 1e-9  # a loss is a network's where it is this near at every point, relative to the largest
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "gelu", "identity")
LAST = ("identity", "sigmoid", "softmax", "tanh", "relu", "leaky_relu", "softplus", "gelu")
DISPLAY = {
    "cross_entropy": "cross-entropy",
    "binary_cross_entropy": "binary cross-entropy",
    "softmax_cross_entropy": "softmax cross-entropy of logits",
    "quadratic": "quadratic",
    "mse": "mean squared error",
    "hinge": "hinge",
}


@dataclass(frozen=True)
class Layout:
    """How a person's arrays stand to ours: W [in, out] or [out, in], samples as columns or rows."""

    weights: tuple  # their names, first layer first
    biases: tuple  # names, or None where a layer has no bias
    transposed: bool  # W is [in, out]
    columns: bool  # a sample is a column of x

    def params(self, flat):
        """Their arrays under our names and in our shapes; missing biases are zeros."""
        ours = {}
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            array = np.asarray(flat[W])
            ours[f"W{l}"] = array.T if self.transposed else array
            out = ours[f"W{l}"].shape[0]
            ours[f"b{l}"] = np.zeros(out, array.dtype) if b is None else np.asarray(flat[b]).reshape(out)
        return ours

    def theirs(self, ours, shapes):
        """Our arrays under their names and in their shapes."""
        found = {}
        for l, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            found[W] = ours[f"W{l}"].T if self.transposed else ours[f"W{l}"]
            if b is not None:
                found[b] = np.asarray(ours[f"b{l}"]).reshape(shapes[b])
        return found

    def name(self, ours):
        """Their name of our array: 'W1' -> 'weights.0'."""
        l = int(ours[1:]) - 1
        return self.weights[l] if ours[0] == "W" else self.biases[l]

    def ours(self, theirs):
        """Our name of their array."""
        if theirs in self.weights:
            return f"W{self.weights.index(theirs) + 1}"
        return f"b{self.biases.index(theirs) + 1}"

    def array(self, theirs, array):
        """Their array of that name in our shape, or None where it is none of the parameters."""
        if theirs in self.weights:
            return array.T if self.transposed else array
        return np.reshape(array, -1) if theirs in self.biases else None

    def layers(self):
        """{their array name: layer}: what has a higher number is nearer to the loss."""
        named = [*enumerate(self.weights, start=1), *enumerate(self.biases, start=1)]
        return {name: l for l, name in named if name is not None}

    def x(self, x):
        return np.asarray(x).T if self.columns else np.asarray(x)


@dataclass(frozen=True)
class Recognised:
    """The network whose loss a person's function computes: theirs = scale x net's, up to rounding.

    residual: how far the two are apart at the points tried, relative; more than rounding with a log(p + 1e-12).
    """

    net: MLP
    layout: Layout
    scale: float
    batch: int
    y: np.ndarray
    x: np.ndarray
    residual: float = 0.0

    def describe(self):
        """'2-4-1, tanh, sigmoid, binary cross-entropy, mean of N=8, W is [in, out]'"""
        parts = ["-".join(map(str, self.net.sizes)), *self.net.activations, DISPLAY[self.net.criterion]]
        parts.append(self.convention() or f"mean of N={self.batch}")
        if self.net.l2:
            parts.append(
                f"l2={self.net.l2 * self.scale:.6g}" + (" (biases too)" if self.net.l2_biases else "")
            )
        parts.append("W is [in, out]" if self.layout.transposed else "W is [out, in]")
        if self.layout.columns:
            parts.append("samples are columns")
        return ", ".join(parts)

    def oddness(self):
        """0 where the loss is scaled as ours, 1 where by a familiar factor, else 2."""
        words = self.convention()
        return 0 if words is None else 2 if words.startswith("scaled") else 1

    def convention(self):
        """How the loss is scaled beside ours, in words, or None where it is the same."""
        outputs = self.net.sizes[-1]
        known = {
            float(self.batch): f"summed over N={self.batch}",
            float(outputs): "summed over the outputs",
            float(self.batch * outputs): "summed over batch and outputs",
            1 / outputs: "averaged over the outputs too",
            2.0: "without the 1/2",
            0.5: "with a 1/2",
            0.5 * outputs: "with a 1/2, summed over the outputs",
            0.5 * self.batch: "with a 1/2, summed",
            0.5 * self.batch * outputs: "with a 1/2, summed over batch and outputs",
        }
        if np.isclose(self.scale, 1, rtol=1e-6):
            return None
        return next(
            (w for s, w in known.items() if np.isclose(self.scale, s, rtol=1e-6)),
            f"scaled by {factor(self.scale)}",
        )


def layouts(flat, x):
    """The Layouts under which the shapes chain from x through all weights."""
    weights, biases = split(flat)
    if not weights or len(biases) not in (0, len(weights)) or np.ndim(x) != 2:
        return
    for transposed, columns in itertools.product((False, True), repeat=2):
        features = np.shape(x)[0 if columns else 1]
        width, fits, aligned = features, True, []
        left = list(biases)
        for W in weights:
            out, into = np.shape(flat[W])[::-1] if transposed else np.shape(flat[W])
            bias = next((b for b in left if np.size(flat[b]) == out), None)
            if into != width or (biases and bias is None):
                fits = False
                break
            if bias is not None:
                left.remove(bias)
            aligned.append(bias)
            width = out
        if fits:
            yield Layout(tuple(weights), tuple(aligned), transposed, columns)


def split(flat):
    """(weights, biases) by name where the names tell, else by shape; in layer order."""

    def order(name):
        digits = re.findall(r"\d+", name)
        return (int(digits[-1]) if digits else 0, list(flat).index(name))

    def is_bias(name):
        last = name.split(".")[-1] if not name.split(".")[-1].isdigit() else name.split(".")[0]
        word = last.lower().lstrip("_")
        if np.ndim(flat[name]) != 2:
            return True
        named = word.startswith("b") or "bias" in word
        return named and min(np.shape(flat[name])) == 1 and not word.startswith(("w", "theta"))

    nested = _nested_biases(flat)
    biases = sorted((n for n in flat if n in nested or is_bias(n)), key=order)
    weights = sorted((n for n in flat if n not in biases), key=order)
    if any(np.ndim(flat[w]) != 2 for w in weights) or any(
        np.size(flat[b]) != max((*np.shape(flat[b]), 1)) for b in biases
    ):
        return [], []
    return weights, biases


def _nested_biases(flat):
    """The names of the biases in (biases, weights) or (weights, biases), where names are places: '0.0', '1.0'."""
    groups = {}
    for name in flat:
        head, _, last = name.rpartition(".")
        if not (head.isdigit() and last.isdigit()):
            return set()
        groups.setdefault(head, []).append(name)
    vectors = {
        head: [np.ndim(flat[n]) < 2 or np.shape(flat[n])[1] == 1 for n in names]
        for head, names in groups.items()
    }
    flatter = [head for head, found in vectors.items() if all(found)]
    if len(groups) != 2 or len(flatter) != 1 or len({len(names) for names in groups.values()}) != 1:
        return set()
    return set(groups[flatter[0]])


def targets(y, samples, outputs):
    """The forms y can be meant in: {"classes": (N,) integers, "values": (N, M)}; rows are samples."""
    y = np.asarray(y)
    forms = {}
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


def recognise(loss, flat, x, y, seed=0):
    """The Recognised network of `loss(flat) -> float`, or None.

    flat: {name: array} in the person's shapes; x and y as they gave them.
    """
    flat = {name: np.asarray(a, np.float64) for name, a in flat.items()}
    rng = np.random.default_rng(seed)
    points = [flat] + [
        {
            name: a * (1 + 0.2 * rng.standard_normal(a.shape)) + 0.02 * rng.standard_normal(a.shape)
            for name, a in flat.items()
        }
        for _ in range(POINTS - 1)
    ]
    theirs = np.array([float(loss(point)) for point in points])
    if not np.isfinite(theirs).all():
        return None
    found = []
    for layout in layouts(flat, x):
        found += _fitting(layout, points, theirs, x, y)
    # The simplest fit: no penalty before one, then a familiar scale, then the order of the tables above.
    return min(found, key=lambda r: (bool(r.net.l2), r.net.l2_biases, r.oddness()), default=None)


def _fitting(layout, points, theirs, x, y):
    rows = layout.x(x).astype(np.float64)
    ours = [layout.params(point) for point in points]
    depth = len(layout.weights)
    sizes = (rows.shape[1], *(ours[0][f"W{l}"].shape[0] for l in range(1, depth + 1)))
    forms = targets(y, len(rows), sizes[-1])
    penalties = [_penalties(p) for p in ours]
    for hidden in _hidden(depth):
        for criterion, last, target in _heads(forms):
            net = MLP(sizes, (*hidden, last), criterion)
            with np.errstate(all="ignore"):
                first = net.loss(ours[0], rows, target)
                values = (
                    np.array([first, *(net.loss(p, rows, target) for p in ours[1:])])
                    if np.isfinite(first)
                    else None
                )
            if values is None or not np.isfinite(values).all():
                continue
            fit = _fit(theirs, values, penalties)
            if fit is not None:
                scale, l2, l2_biases, residual = fit
                # quadratic and mse are the same up to a factor: told apart by which factor is a familiar one.
                twins = {"quadratic": {"quadratic": scale, "mse": scale * sizes[-1] / 2}}
                for name, factor in twins.get(criterion, {criterion: scale}).items():
                    net = MLP(sizes, (*hidden, last), name, l2 / factor, l2_biases)
                    yield Recognised(net, layout, factor, len(rows), target, rows, residual)


def _hidden(depth):
    """The same activation throughout first, then mixtures while they are few."""
    same = [(f,) * (depth - 1) for f in HIDDEN]
    mixed = itertools.product(HIDDEN, repeat=depth - 1) if depth in (3,) else ()
    return dict.fromkeys([*same, *mixed])


def _heads(forms):
    """(criterion, last activation, target) that make sense together."""
    if "classes" in forms:
        yield "cross_entropy", "softmax", forms["classes"]
        for last in LAST[3:]:
            yield "softmax_cross_entropy", last, forms["classes"]
        yield "cross_entropy", "sigmoid", forms["classes"]
    if "values" in forms:
        if ((forms["values"] >= 0) & (forms["values"] <= 1)).all():
            yield "binary_cross_entropy", "sigmoid", forms["values"]
            yield "binary_cross_entropy", "softmax", forms["values"]
        for last in LAST:
            yield "quadratic", last, forms["values"]
    for name in ("values", "signs"):
        if name in forms and np.isin(forms[name], (-1, 1)).all():
            for last in LAST:
                yield "hinge", last, forms[name]


def _penalties(p):
    weights = 0.5 * sum((a**2).sum() for name, a in p.items() if name[0] == "W")
    return weights, weights + 0.5 * sum((a**2).sum() for name, a in p.items() if name[0] == "b")


def _fit(theirs, values, penalties):
    """(scale, lambda, on biases too, how near) with theirs = scale values + lambda penalty at every point, or None."""
    largest = np.abs(theirs).max()
    tolerance = FITS * largest
    scale = theirs @ values / (values @ values) if values @ values > 0 else 0
    if scale > 0 and np.abs(theirs - scale * values).max() <= tolerance:
        scale = _simple(scale, FITS)
        return scale, 0.0, False, float(np.abs(theirs - scale * values).max() / largest)
    for biases in (False, True):
        table = np.stack([values, [p[biases] for p in penalties]], axis=1)
        (scale, l2), *_ = np.linalg.lstsq(table, theirs, rcond=None)
        if scale > 0 and l2 > 0 and np.abs(table @ (scale, l2) - theirs).max() <= tolerance:
            # Fitted to rounded losses, both are off in their last digits, which a gradient would show.
            scale = _simple(scale, FITS)
            penalty = table[:, 1]
            l2 = penalty @ (theirs - scale * values) / (penalty @ penalty)
            l2 = _rounded(l2, 1e3 * np.finfo(float).eps * largest / np.abs(penalty).max())
            return scale, l2, biases, float(np.abs(table @ (scale, l2) - theirs).max() / largest)
    return None


def _simple(scale, room):
    """The fraction that people mean by `scale`, where there is one within a share `room` of it."""
    fraction = Fraction(float(scale)).limit_denominator(10_000)
    return float(fraction) if fraction and abs(float(fraction) - scale) <= room * scale else float(scale)


def _rounded(value, room):
    """The shortest decimal within `room` of `value`, as 0.01 is of 0.009999999999998; where it is short."""
    for digits in range(1, 7):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= room:
            return short
    return float(value)
