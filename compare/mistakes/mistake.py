"""A mistake: one rule of a hand-written backward pass, overridden in some layers.

The docstring of the override is data: the wrong line, the right line, and why, with {l} the layer, {up} the one above
and {down} the one below.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import partial, wraps
from typing import Any, NamedTuple

import numpy as np

from ..networks import NETWORKS
from ..networks.draws import Draw, Rng
from ..networks.second import curved

Params = dict[str, np.ndarray]
Layers = frozenset[int]
LAYERED = ("MLP", "SecondOrder")  # each array belongs to one layer


class Site(NamedTuple):
    """A network with parameters and a batch, and the layers a mistake is made in."""

    net: Any
    params: Params
    x: np.ndarray
    y: np.ndarray
    layers: Layers


Condition = Callable[[Site], str | None]
CATALOGUE: dict[str, "Mistake"] = {}


@dataclass(frozen=True)
class Mistake:
    """One entry of the catalogue.

    rule: the rule a finding points to.  where: "output" (the last layer), "hidden" (the layers below it), "every"
    layer, or the "whole" network at once.
    override: the wrong rule, (net, right, *arguments of the rule), or a class of several rules.
    overrides: the method that the override replaces.
    condition: what a network needs for the mistake to be possible and to show.
    constant: values to start from where the mistake has an unknown constant (a learning rate, an epsilon).
    loss: the mistake changes the loss too.  local: only a check of the single rule finds it.
    network: the class of `manual` it is a mistake of.  scale: of the parameters with which it often shows.
    """

    id: str
    rule: str
    where: str
    override: Callable[..., Any]
    overrides: str
    group: str
    wrong: str
    right: str
    why: str
    condition: Condition
    constant: tuple[float, ...] | None = None
    loss: bool = False
    local: bool = False
    separate: str | None = None
    network: str = "MLP"
    scale: float = 1.0

    @property
    def name(self) -> str:
        """The id without the variant: what a finding names."""
        return self.id.split(":")[0]

    def concerns(self, net: Any) -> bool:
        """Return whether `net`, or the network it is a planted mistake of, is of this mistake's class."""
        names = [cls.__name__ for cls in type(net).__mro__]
        return next((n for n in names if n in LAYERED or n == self.network), None) == self.network

    def layers(self, depth: int) -> list[Layers]:
        """Return the sets of layers it can sit in: all at once first (one line in a loop), then each alone."""
        if self.where == "whole":
            return [frozenset(range(1, depth + 1))]
        found = range(depth if self.where == "output" else 1, depth + (self.where != "hidden"))
        return ([frozenset(found)] if len(found) > 1 else []) + [frozenset([l]) for l in found]

    def draw(self, rng: Rng) -> Draw:
        """Draw a network on which the mistake can often be made."""
        if self.network == "SecondOrder":
            return curved(NETWORKS["mlp"].draw(rng, self.scale), rng)
        kind = next(k for k in NETWORKS.values() if k.class_name == self.network)
        return kind.draw(rng, self.scale)

    def needs(
        self, net: Any, params: Params, x: np.ndarray, y: np.ndarray, layers: Iterable[int]
    ) -> str | None:
        """Return the reason why the mistake cannot be made or shows nothing there, or None."""
        return self.condition(Site(net, params, x, y, frozenset(layers)))

    def planted(self, net: Any, layers: Iterable[int], constant: float | None = None) -> Any:
        """Return `net` with the mistake made in `layers`: an instance of a subclass of its class."""
        c = self.constant[0] if self.constant and constant is None else constant
        planted = self._subclass(type(net), frozenset(layers), c)
        return planted(**{f.name: getattr(net, f.name) for f in fields(net)})

    def _subclass(self, cls: type, layers: Layers, c: float | None) -> type:
        if isinstance(self.override, type):
            bases = (cls,) if issubclass(cls, self.override) else (self.override, cls)
            return type("Planted", bases, {"c": c})
        right = getattr(cls, self.overrides)
        in_layers = "l" in inspect.signature(self.override).parameters
        constant = {} if self.constant is None else {"c": c}

        @wraps(right)
        def rule(net: Any, *arguments: Any) -> Any:
            if in_layers and arguments[0] not in layers:
                return right(net, *arguments)
            return self.override(net, partial(right, net), *arguments, **constant)

        return type("Planted", (cls,), {self.overrides: rule})

    def array(self, layers: Iterable[int]) -> str | None:
        """Return the array nearest to the loss that goes wrong, or None where only planting it shows which."""
        if self.network not in LAYERED:
            return None
        kind = "b" if self.rule in ("bias_gradient", "bias_decay") else "W"
        return f"{kind}{max(layers)}"

    def lines(self, l: int) -> tuple[str, str, str]:
        """Return the wrong line, the right line and why, for layer l."""
        wrong, right, why = (
            t.format(l=l, up=l + 1, down=l - 1, c="c") for t in (self.wrong, self.right, self.why)
        )
        return wrong, right, why


def mistake(
    id: str,
    rule: str,
    where: str,
    *,
    needs: Condition = lambda site: None,
    overrides: str = "",
    **options: Any,
) -> Callable[[Any], Any]:
    """Enter an override of `rule` (or of the method `overrides`) into the catalogue.

    The override is a function (net, right, *arguments of the rule[, c]): right(*arguments) is the right rule, c the
    constant.  An override with a parameter l replaces the rule in the planted layers alone.  A class overrides several
    rules, its methods, and has c as an attribute.  The docstring holds the lines `wrong:`, `right:`, `why:`.
    """

    def enter(override: Any) -> Any:
        wrong, right, why = _parsed(inspect.getdoc(override) or "")
        group = override.__module__.rsplit(".", 1)[1]
        CATALOGUE[id] = Mistake(
            id, rule, where, override, overrides or rule, group, wrong, right, why, needs, **options
        )
        return override

    return enter


def _parsed(doc: str) -> list[str]:
    """Return the wrong line, the right line and why."""
    parts = re.fullmatch(r"wrong: (.*)\nright: (.*)\nwhy: (.*)", doc.strip(), re.DOTALL)
    assert parts, f"wrong:, right: and why: are needed in {doc!r}"
    return [" ".join(map(str.strip, part.splitlines())) for part in parts.groups()]
