"""The reference: a network of `manual`, given by the user or recognised from the loss, in the user's layout."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..networks.candidates import targets
from ..networks.layouts import layouts
from ..networks.passes import in_one_pass
from ..networks.recognise import recognise
from ..networks.sampled import recognise_by_few
from ..networks.second import Along, counterpart
from . import Arrays, Witness, absent
from .rounding.noisy import Rounding, noisy
from .rounding.units import units

DRAWS, FEW = 8, 2
BIG = 200_000  # entries; beyond it rows and columns say enough together, and fewer draws do


def big(flat: Arrays) -> bool:
    """Return whether the arrays are so large that each pass over them counts."""
    return sum(a.size for a in flat.values()) > BIG


def draws_for(flat: Arrays) -> int:
    """Return how often the rounding noise of these arrays is drawn."""
    return FEW if big(flat) else DRAWS


@dataclass(frozen=True)
class SameNames:
    """The layout of a network that is no MLP: the user's arrays have the names and shapes of `manual`."""

    names: tuple[str, ...]  # from the input to the loss
    transposed = columns = False

    def params(self, flat: Arrays) -> Arrays:
        return {name: flat[name] for name in self.names}

    def theirs(self, ours: Arrays, shapes: dict) -> Arrays:
        return self.params(ours)

    def name(self, ours: str) -> str:
        return ours

    def ours(self, theirs: str) -> str:
        return theirs

    def array(self, theirs: str, array: np.ndarray) -> np.ndarray | None:
        return array if theirs in self.names else None

    def layers(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names, start=1)}


@dataclass(frozen=True)
class Reference:
    """A network of `manual` on the user's batch; `layout` translates between its arrays and the user's.

    shapes: the user's parameters.  scale: the user's loss is this many times the network's.
    given: the user named the network, so a loss that differs is not the loss that was meant (`loss_agrees`).
    residual: the relative distance of the user's loss from that of a recognised network.
    """

    net: Any
    layout: Any
    x: np.ndarray
    y: np.ndarray
    shapes: dict[str, tuple[int, ...]]
    scale: float = 1.0
    given: bool = False
    loss_agrees: bool = True
    residual: float = 0.0

    def params(self, flat: Arrays, dtype: Any = np.float64, copy: bool = True) -> Arrays:
        """Return the user's parameters in the network's layout; copy=False where no user code can reach them."""
        return {n: np.asarray(a).astype(dtype, copy=copy) for n, a in self.layout.params(flat).items()}

    def loss(self, flat: Arrays) -> float:
        """Return the network's own loss at the user's parameters."""
        return float(self.net.loss(self.params(flat), self.x, self.y))

    def to_user(self, arrays: Arrays) -> Arrays:
        """Return the network's gradients (and deltas) in the user's layout, at the scale of the user's loss."""
        grads = self.layout.theirs(arrays, self.shapes)
        deltas = {n: a.T if self.layout.columns else a for n, a in arrays.items() if n.startswith("delta")}
        arrays = {n: np.asarray(a, np.float64) for n, a in (grads | deltas).items()}
        return arrays if self.scale == 1 else {n: self.scale * a for n, a in arrays.items()}

    def from_user(self, arrays: Arrays) -> Arrays:
        """Return the user's gradients in the network's layout and at its scale; omit other arrays."""
        mine = {name: self.layout.array(name, array) for name, array in arrays.items()}
        return {self.layout.ours(n): array / self.scale for n, array in mine.items() if array is not None}

    def gradients(self, flat: Arrays, net: Any = None) -> Arrays:
        """Return the gradients of the network, or of another one in its place, in the user's layout."""
        return self.to_user((net or self.net).loss_and_grads(self.params(flat), self.x, self.y)[1])

    def samples(self, keep: np.ndarray) -> "Reference":
        """Return the reference on the samples `keep` of its batch."""
        return replace(self, x=self.x[keep], y=self.y[keep])

    @property
    def layered(self) -> bool:
        """Return whether the network is an MLP, where every array belongs to one layer of the chain."""
        return not isinstance(self.layout, SameNames)

    def net_words(self) -> str:
        """Describe the network: '64-30-10, sigmoid, softmax, cross_entropy'."""
        return networks.named(self.net).describe()

    def layers(self) -> dict[str, int]:
        """Return {user's array name: layer, or in other networks the place}; the highest is nearest to the loss."""
        return self.layout.layers()

    def places(self) -> dict[str, int]:
        """Return the same under the network's names."""
        return {self.layout.ours(name): place for name, place in self.layers().items()}

    def by_hand(self, flat: Arrays, dtype: Any, noise: bool = True) -> Witness:
        """Return the hand-written rules as a witness, computed in float64, with their rounding units in `dtype`.

        noise: False where the units are not needed.
        """
        x, y = networks.inputs(self.x, np.float64), networks.inputs(self.y, np.float64)
        with np.errstate(all="ignore"):
            loss, arrays = in_one_pass(self.net, self.params(flat, copy=False), x, y)
            arrays = self.to_user(arrays)
            found = self._noise(flat, arrays, dtype) if noise else {}
        return Witness("manual", self.scale * float(loss), arrays, units=found, scale=self.scale)

    def _noise(self, flat: Arrays, centre: Arrays, dtype: Any) -> Arrays:
        many = big(flat)
        rounding = Rounding(1, many)
        case = (
            self.params(flat, dtype, copy=False),
            networks.inputs(self.x, dtype),
            networks.inputs(self.y, dtype),
        )

        def drawn() -> Arrays:
            p, x, y = (noisy(part, rounding) for part in case)
            if many:
                return self.to_user(in_one_pass(self.net, p, x, y)[1])
            return self.to_user(self.net.loss_and_grads(p, x, y)[1] | self.net.deltas(p, x, y))

        return units((drawn() for _ in range(draws_for(flat))), centre, dtype, many)

    def by_framework(self, who: str, flat: Arrays) -> Witness:
        """Return the same network in torch_ref or jax_ref as a witness, without its units."""
        module, net, arrays = self._framework(who, flat)
        found = module.evidence(_loss_of(net), arrays, [self.x, self.y])
        loss, forward = self.scale * found.loss, found.forward
        return Witness(
            who,
            loss,
            self.to_user(found.arrays),
            forward=lambda u: self.scale * forward(self.layout.params(u)),
            scale=self.scale,
        )

    def other_way(self, who: str, flat: Arrays, loss: float) -> Witness | None:
        """Return H v by a framework's forward over reverse, or None where the network is not of second order.

        `by_framework` is reverse over reverse, and computes the loss.
        """
        module, net, _ = self._framework(who, flat)
        if not isinstance(net, Along):
            return None
        found = module.called(net.forward_over_reverse, self.layout.params(flat), self.x, self.y)
        return Witness(f"{who} fwd", loss, self.to_user(found), scale=self.scale)

    def framework_units(self, who: str, flat: Arrays, centre: Arrays, dtype: Any) -> Arrays:
        """Return the rounding units of that framework's arrays, measured with every operation perturbed."""
        module, net, arrays = self._framework(who, flat)
        inputs, count = [self.x, self.y], draws_for(flat)
        draws = module.noise(_loss_of(net), arrays, inputs, dtype, count, many=big(flat))
        return units(map(self.to_user, draws), centre, dtype, big(flat))

    def _framework(self, who: str, flat: Arrays) -> tuple[ModuleType, Any, Arrays]:
        net = counterpart(self.net, who)
        params = self.layout.params(flat)  # the witnesses make float64 of them, and copies
        deltas = {name: np.zeros(shape) for name, shape in self._delta_shapes(params).items()}
        return import_module(f"compare.witnesses.{who}"), net, params | deltas

    def _delta_shapes(self, params: Arrays) -> dict[str, tuple[int, ...]]:
        if self.layered:
            return {f"delta{l}": (len(self.x), self.net.sizes[l]) for l in range(1, self.net.depth + 1)}
        with np.errstate(all="ignore"):
            return {name: delta.shape for name, delta in self.net.deltas(params, self.x, self.y).items()}


@lru_cache(maxsize=8)  # jax compiles once for each loss
def _loss_of(net: Any) -> Callable:
    """Return the loss of a network, deltas included: leaves named delta... are zeros added to z."""

    def loss(leaves: dict, x: Any, y: Any) -> Any:
        return net.loss(leaves, x, y, lambda name, z: z + leaves[name])

    return loss


def given(network: Any, subject: Any) -> Reference:
    """Return the Reference of a network that the user named. Raises UserError where the arrays do not fit it."""
    net = network.build("hand") if hasattr(network, "build") else network
    if not all(hasattr(net, name) for name in ("init", "loss_and_grads", "__dataclass_fields__")):
        raise UserError(
            f"network is {type(net).__name__}: a network of manual is needed, such as manual.MLP((4, 5, 3))"
        )
    shapes = {n: a.shape for n, a in subject.flat.items()}
    if not hasattr(net, "activations"):
        return _by_names(net, subject, shapes)
    sizes = tuple(net.sizes)
    for layout in layouts(subject.flat, subject.x):
        arrays = layout.params(subject.flat)
        found = (
            arrays["W1"].shape[1],
            *(arrays[f"W{l}"].shape[0] for l in range(1, len(layout.weights) + 1)),
        )
        if found == sizes:
            break
    else:
        words = ", ".join(f"{n} {shape}" for n, shape in shapes.items())
        raise UserError(
            f"the parameters ({words}) and x {np.shape(subject.x)} do not fit a network of sizes {sizes}"
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
    return Reference(net, layout, rows, forms[form], shapes, given=True)


def _by_names(net: Any, subject: Any, found: dict) -> Reference:
    expected = {name: a.shape for name, a in net.init(np.random.default_rng(0)).items()}
    off = [n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n)]
    if off:
        first = min(off, key=[*expected, *found].index)
        raise UserError(
            f"the parameters do not fit {networks.named(net).describe()}: {first} should be "
            f"{expected.get(first, 'absent')}, it is {found.get(first, 'absent')}"
        )
    x, y = np.asarray(subject.x), np.asarray(subject.y)
    return Reference(net, SameNames(tuple(expected)), x, y, found, given=True)


def recognised(subject: Any, seed: int = 0, loss: float | None = None) -> tuple[Reference | None, str | None]:
    """Return (Reference, description) of the network whose loss the user's function computes, or (None, None).

    loss: what it computes at the user's parameters, where it is known.
    """
    usable = subject.function and subject.has_loss and subject.y is not None
    if not usable or not isinstance(subject.x, np.ndarray):
        return None, None
    here = loss if all(a.dtype == np.float64 for a in subject.flat.values()) else None
    given = (subject.flat, subject.x, subject.y, seed, here)
    found = recognise_by_few(lambda x, y: subject.on_batch(x, y).loss, *given) or recognise(
        subject.loss, *given
    )
    if found is None:
        return None, None
    shapes = {n: a.shape for n, a in subject.flat.items()}
    reference = Reference(
        found.net, found.layout, found.x, found.y, shapes, found.scale, residual=found.residual
    )
    return reference, found.describe()


def present(wanted: list[str]) -> tuple[list[str], list[str]]:
    """Return (installed, warnings): which of the wanted frameworks can take part, and why the others cannot."""
    reasons = {who: absent(who) for who in wanted}
    return [w for w in wanted if not reasons[w]], [f"{w} takes no part: {r}" for w, r in reasons.items() if r]
