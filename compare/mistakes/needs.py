"""Conditions under which a mistake can be made and shows: each returns the reason against it, or None."""

from collections.abc import Callable
from typing import Any

from manual.activations import ACTIVATIONS

from .mistake import Condition, Site


def all_of(*conditions: Condition) -> Condition:
    """Return the condition that each of `conditions` holds."""
    return lambda site: next((reason for c in conditions if (reason := c(site))), None)


def each_layer(condition: Callable[[Any, int], str | None]) -> Condition:
    """Return the condition that `condition(net, l)` holds in each layer of the mistake."""
    return lambda site: next((reason for l in site.layers if (reason := condition(site.net, l))), None)


def in_layers(condition: Condition, step: int) -> Condition:
    """Return `condition` for the layers `step` above those of the mistake."""
    return lambda site: condition(site._replace(layers=frozenset(l + step for l in site.layers)))


def criterion(*names: str) -> Condition:
    """Return the condition that the criterion is one of `names`."""
    return lambda site: None if site.net.criterion in names else f"the criterion is {site.net.criterion}"


def batch(site: Site) -> str | None:
    return "one sample: a mean and a sum over the batch are the same" if len(site.x) < 2 else None


def outputs(site: Site) -> str | None:
    return "one output: dividing by the number of outputs changes nothing" if site.net.sizes[-1] < 2 else None


def fused(site: Site) -> str | None:
    return None if site.net.fused else "the output delta is not the fused p - y"


def not_fused(site: Site) -> str | None:
    return "the output delta is the fused p - y" if site.net.fused else None


def penalty(site: Site) -> str | None:
    return None if site.net.l2 else "no penalty: l2 is 0"


def penalty_not_on_biases(site: Site) -> str | None:
    return "the biases are penalised" if site.net.l2_biases else penalty(site)


def two_layers(site: Site) -> str | None:
    return "a single layer" if site.net.depth < 2 else None


@each_layer
def square(net: Any, l: int) -> str | None:
    same = net.sizes[l] == net.sizes[l - 1]
    return None if same else f"W{l} is not square: a transposed one is a shape error"


@each_layer
def several_units(net: Any, l: int) -> str | None:
    return f"layer {l} has one unit: a sum over units is the unit" if net.sizes[l] < 2 else None


@each_layer
def same_width_as_above(net: Any, l: int) -> str | None:
    same = l < net.depth and net.sizes[l] == net.sizes[l + 1]
    return None if same else f"layer {l} is not as wide as the one above"


@each_layer
def curved(net: Any, l: int) -> str | None:
    f = ACTIVATIONS[net.activations[l - 1]]
    return f"layer {l} is linear: its derivative is 1" if f.piecewise_linear and not f.kinks else None


@each_layer
def entrywise(net: Any, l: int) -> str | None:
    name = net.activations[l - 1]
    jacobian = f"layer {l} is a {name}: it has a Jacobian, not an entrywise derivative"
    return None if ACTIVATIONS[name].entrywise else jacobian


@each_layer
def of_own_output(net: Any, l: int) -> str | None:
    """The derivative is commonly written by the output alone."""
    name = net.activations[l - 1]
    own = ACTIVATIONS[name].output_code
    return None if own else f"layer {l} is {name}, whose derivative is not written by its output"


@each_layer
def masked(net: Any, l: int) -> str | None:
    """The derivative is a mask by the sign of z."""
    name = net.activations[l - 1]
    f = ACTIVATIONS[name]
    return None if f.piecewise_linear and f.kinks else f"layer {l} is {name}, not relu"
