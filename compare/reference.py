"""The network a person's arrays are held against: given by them, or recognised from their loss."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from .errors import UserError
from .judge.noise import unit
from .witnesses import Evidence, absent
from .witnesses.rounding import Noisy, noisy

DRAWS = 8
BIG = 200_000  # entries; beyond it rows and columns say enough together, and fewer draws do


def draws_for(flat):
    """How often the noise is drawn for these arrays."""
    return DRAWS if sum(a.size for a in flat.values()) <= BIG else 3


@dataclass(frozen=True)
class Reference:
    """A network of `manual`, how the person's arrays stand to its own, and how their loss is scaled beside it.

    given: they named it themselves, so a loss that differs is not the loss they meant.
    """

    net: object
    layout: object
    x: np.ndarray
    y: np.ndarray
    scale: float = 1.0
    given: bool = False
    loss_agrees: bool = True

    def params(self, flat, dtype=np.float64):
        """Their flat arrays in our layout."""
        return {n: np.asarray(a).astype(dtype) for n, a in self.layout.params(flat).items()}

    def theirs(self, arrays, shapes):
        """Our gradients (and deltas) in their layout, at the scale of their loss."""
        grads = self.layout.theirs(arrays, shapes)
        deltas = {n: a.T if self.layout.columns else a for n, a in arrays.items() if n.startswith("delta")}
        return {n: self.scale * np.asarray(a, np.float64) for n, a in (grads | deltas).items()}

    def ours(self, arrays):
        """Their gradients in our layout, at the scale of ours; what does not fit is left out."""
        found = {}
        for name, array in arrays.items():
            if name in self.layout.weights:
                mine = array.T if self.layout.transposed else array
            elif name in self.layout.biases:
                mine = np.reshape(array, -1)
            else:
                continue
            found[self.layout.ours(name)] = mine / self.scale
        return found

    def net_words(self):
        """'64-30-10, sigmoid, softmax, cross_entropy'"""
        return ", ".join(["-".join(map(str, self.net.sizes)), *self.net.activations, self.net.criterion])

    def layers(self):
        """{their array name: layer}"""
        named = [*enumerate(self.layout.weights, start=1), *enumerate(self.layout.biases, start=1)]
        return {name: l for l, name in named if name is not None}

    def by_hand(self, flat, shapes, dtype):
        """(Evidence, units): what our own hand-written rules say, in float64, and their rounding in `dtype`."""
        params, x, y = self.params(flat), _cast(self.x, np.float64), _cast(self.y, np.float64)
        with np.errstate(all="ignore"):
            loss, grads = self.net.loss_and_grads(params, x, y)
            arrays = self.theirs(grads | self.net.deltas(params, x, y), shapes)
            Noisy.rng = np.random.default_rng(1)
            cast = self.params(flat, dtype), _cast(self.x, dtype), _cast(self.y, dtype)
            draws = []
            for _ in range(draws_for(flat)):
                p, a, b = (noisy(c) for c in cast)
                draws.append(
                    self.theirs(self.net.loss_and_grads(p, a, b)[1] | self.net.deltas(p, a, b), shapes)
                )
        units = {n: unit([d[n] for d in draws], a, dtype) for n, a in arrays.items()}
        return Evidence("manual", self.scale * float(loss), arrays), units

    def by_framework(self, who, flat, shapes):
        """The same network in torch_ref or jax_ref, as Evidence in their layout."""
        witness, net, arrays = self._framework(who, flat)
        found = witness.evidence(witness.network(net), arrays, [self.x, self.y])
        return Evidence(
            who,
            self.scale * found.loss,
            self.theirs(found.arrays, shapes),
            forward=lambda u: self.scale * found.forward(self.layout.params(u)),
        )

    def framework_units(self, who, flat, shapes, centre, dtype):
        """The rounding unit of that framework's arrays, every operation perturbed."""
        witness, net, arrays = self._framework(who, flat)
        draws = witness.noise(witness.network(net), arrays, [self.x, self.y], dtype, draws_for(flat))
        draws = [self.theirs(d, shapes) for d in draws]
        return {n: unit([d[n] for d in draws], a, dtype) for n, a in centre.arrays.items()}

    def _framework(self, who, flat):
        net = getattr(import_module({"torch": "torch_ref", "jax": "jax_ref"}[who]), type(self.net).__name__)
        fields = {name: getattr(self.net, name) for name in self.net.__dataclass_fields__}
        deltas = {
            f"delta{l}": np.zeros((len(self.x), self.net.sizes[l])) for l in range(1, self.net.depth + 1)
        }
        witness = import_module(f"{__package__}.witnesses.{who}")
        return witness, net(**fields), self.params(flat) | deltas


def given(network, subject):
    """The Reference of a network the person named. Raises UserError where their arrays do not fit it."""
    from .mistakes.recognise import layouts, targets

    net = network.build("hand") if hasattr(network, "build") else network
    sizes = tuple(net.sizes)
    for layout in layouts(subject.flat, subject.x):
        ours = layout.params(subject.flat)
        found = (ours["W1"].shape[1], *(ours[f"W{l}"].shape[0] for l in range(1, len(layout.weights) + 1)))
        if found == sizes:
            break
    else:
        shapes = ", ".join(f"{n} {a.shape}" for n, a in subject.flat.items())
        raise UserError(
            f"the parameters ({shapes}) and x {np.shape(subject.x)} do not fit a network of sizes {sizes}"
        )
    rows = layout.x(subject.x)
    forms = targets(subject.y, len(rows), sizes[-1])
    form = {"cross_entropy": "classes", "softmax_cross_entropy": "classes", "hinge": "signs"}.get(
        net.criterion, "values"
    )
    if form == "signs" and "values" in forms and np.isin(forms["values"], (-1, 1)).all():
        form = "values"
    if form not in forms:
        raise UserError(
            f"y of shape {np.shape(subject.y)} does not fit {net.criterion} with {sizes[-1]} outputs"
        )
    return Reference(net, layout, rows, forms[form], given=True)


def recognised(subject, seed=0):
    """(Reference, description) of the network whose loss theirs is, or (None, None)."""
    from .mistakes.recognise import recognise

    if (
        not subject.function
        or not subject.has_loss
        or not isinstance(subject.x, np.ndarray)
        or subject.y is None
    ):
        return None, None
    found = recognise(subject.loss, subject.flat, subject.x, subject.y, seed)
    if found is None:
        return None, None
    return Reference(found.net, found.layout, found.x, found.y, found.scale), found.describe()


def present(wanted):
    """({framework: True}, warnings): which of the wanted frameworks are installed."""
    reasons = {who: absent(who) for who in wanted}
    return [w for w in wanted if not reasons[w]], [f"{w} takes no part: {r}" for w, r in reasons.items() if r]


def _cast(array, dtype):
    array = np.asarray(array)
    return array.astype(dtype) if array.dtype.kind == "f" else array
