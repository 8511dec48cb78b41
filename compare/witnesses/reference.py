"""The network a person's arrays are held against: given by them, or recognised from their loss."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..networks.passes import in_one_pass
from . import Evidence, absent
from .rounding.noisy import Rounding, noisy
from .rounding.units import units

DRAWS, FEW = 8, 2
BIG = 200_000  # entries; beyond it rows and columns say enough together, and fewer draws do


def big(flat):
    """Whether these arrays are gone through as few times as will do."""
    return sum(a.size for a in flat.values()) > BIG


def draws_for(flat):
    """How often the noise is drawn for these arrays."""
    return FEW if big(flat) else DRAWS


@dataclass(frozen=True)
class SameNames:
    """How a person's arrays stand to ours where the network is no MLP: they have our names and our shapes."""

    names: tuple  # from the input to the loss
    transposed = columns = False

    def params(self, flat):
        return {name: flat[name] for name in self.names}

    def theirs(self, ours, shapes):
        return self.params(ours)

    def name(self, ours):
        return ours

    def ours(self, theirs):
        return theirs

    def array(self, theirs, array):
        return array if theirs in self.names else None

    def layers(self):
        return {name: place for place, name in enumerate(self.names, start=1)}


@dataclass(frozen=True)
class Reference:
    """A network of `manual`, how the person's arrays stand to its own, and how their loss is scaled beside it.

    given: they named it themselves, so a loss that differs is not the loss they meant.
    residual: how far, relatively, their loss is from that of a network that was recognised.
    """

    net: object
    layout: object
    x: np.ndarray
    y: np.ndarray
    scale: float = 1.0
    given: bool = False
    loss_agrees: bool = True
    residual: float = 0.0

    def params(self, flat, dtype=np.float64, copy=True):
        """Their flat arrays in our layout; copy: False where nobody else's code can reach them."""
        return {n: np.asarray(a).astype(dtype, copy=copy) for n, a in self.layout.params(flat).items()}

    def theirs(self, arrays, shapes):
        """Our gradients (and deltas) in their layout, at the scale of their loss."""
        grads = self.layout.theirs(arrays, shapes)
        deltas = {n: a.T if self.layout.columns else a for n, a in arrays.items() if n.startswith("delta")}
        arrays = {n: np.asarray(a, np.float64) for n, a in (grads | deltas).items()}
        return arrays if self.scale == 1 else {n: self.scale * a for n, a in arrays.items()}

    def ours(self, arrays):
        """Their gradients in our layout, at the scale of ours; what does not fit is left out."""
        mine = {name: self.layout.array(name, array) for name, array in arrays.items()}
        return {self.layout.ours(n): array / self.scale for n, array in mine.items() if array is not None}

    @property
    def layered(self):
        """Whether the net is an MLP, where every array belongs to one layer of the chain."""
        return not isinstance(self.layout, SameNames)

    def net_words(self):
        """'64-30-10, sigmoid, softmax, cross_entropy'"""
        return networks.named(self.net).describe()

    def layers(self):
        """{their array name: how near to the loss}: the layer, or in other networks the place."""
        return self.layout.layers()

    def places(self):
        """The same under our names."""
        return {self.layout.ours(name): place for name, place in self.layers().items()}

    def by_hand(self, flat, shapes, dtype, noise=True):
        """(Evidence, units): what our own hand-written rules say, in float64, and their rounding in `dtype`.

        noise: False where somebody else's rounding stands for it; the units are then None.
        """
        x, y = _cast(self.x, np.float64), _cast(self.y, np.float64)
        with np.errstate(all="ignore"):
            loss, arrays = in_one_pass(self.net, self.params(flat, copy=False), x, y)
            evidence = Evidence("manual", self.scale * float(loss), self.theirs(arrays, shapes))
            if not noise:
                return evidence, None
            many = big(flat)
            rounding = Rounding(1, many)
            cast = self.params(flat, dtype, copy=False), _cast(self.x, dtype), _cast(self.y, dtype)
            draws = (self._drawn(cast, shapes, rounding, many) for _ in range(draws_for(flat)))
            return evidence, units(draws, evidence.arrays, dtype, many)

    def _drawn(self, cast, shapes, rounding, many):
        p, x, y = (noisy(c, rounding) for c in cast)
        if many:
            return self.theirs(in_one_pass(self.net, p, x, y)[1], shapes)
        return self.theirs(self.net.loss_and_grads(p, x, y)[1] | self.net.deltas(p, x, y), shapes)

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
        inputs, count = [self.x, self.y], draws_for(flat)
        draws = witness.one_by_one(witness.network(net), arrays, inputs, dtype, count, many=big(flat))
        return units(map(lambda d: self.theirs(d, shapes), draws), centre.arrays, dtype, big(flat))

    def _framework(self, who, flat):
        net = getattr(import_module({"torch": "torch_ref", "jax": "jax_ref"}[who]), type(self.net).__name__)
        fields = {name: getattr(self.net, name) for name in self.net.__dataclass_fields__}
        params = self.layout.params(flat)  # the witnesses make float64 of them, and copies
        deltas = {name: np.zeros(shape) for name, shape in self._delta_shapes(params).items()}
        witness = import_module(f"compare.witnesses.{who}")
        return witness, net(**fields), params | deltas

    def _delta_shapes(self, params):
        if self.layered:
            return {f"delta{l}": (len(self.x), self.net.sizes[l]) for l in range(1, self.net.depth + 1)}
        with np.errstate(all="ignore"):
            return {name: delta.shape for name, delta in self.net.deltas(params, self.x, self.y).items()}


def given(network, subject):
    """The Reference of a network the person named. Raises UserError where their arrays do not fit it."""
    from ..networks.recognise import layouts, targets

    net = network.build("hand") if hasattr(network, "build") else network
    if not all(hasattr(net, name) for name in ("init", "loss_and_grads", "__dataclass_fields__")):
        raise UserError(
            f"network is {type(net).__name__}: a network of manual is needed, such as manual.MLP((4, 5, 3))"
        )
    if not hasattr(net, "activations"):
        return _by_names(net, subject)
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


def _by_names(net, subject):
    expected = {name: a.shape for name, a in net.init(np.random.default_rng(0)).items()}
    found = {name: a.shape for name, a in subject.flat.items()}
    off = [n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n)]
    if off:
        first = min(off, key=[*expected, *found].index)
        raise UserError(
            f"the parameters do not fit {networks.named(net).describe()}: {first} should be "
            f"{expected.get(first, 'absent')}, it is {found.get(first, 'absent')}"
        )
    return Reference(
        net, SameNames(tuple(expected)), np.asarray(subject.x), np.asarray(subject.y), given=True
    )


def recognised(subject, seed=0):
    """(Reference, description) of the network whose loss theirs is, or (None, None)."""
    from ..networks.recognise import recognise

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
    reference = Reference(found.net, found.layout, found.x, found.y, found.scale, residual=found.residual)
    return reference, found.describe()


def present(wanted):
    """({framework: True}, warnings): which of the wanted frameworks are installed."""
    reasons = {who: absent(who) for who in wanted}
    return [w for w in wanted if not reasons[w]], [f"{w} takes no part: {r}" for w, r in reasons.items() if r]


def _cast(array, dtype):
    array = np.asarray(array)
    return array.astype(dtype, copy=False) if array.dtype.kind == "f" else array
