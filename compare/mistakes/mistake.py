"""What a mistake is.

A mistake is a function that takes a network class of `manual` and gives a subclass with one rule overridden.
Its docstring is data: the wrong line, the right line, and why, with {l} the layer, {up} the one above, {down}
the one below.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

CATALOGUE: dict[str, "Mistake"] = {}


@dataclass(frozen=True)
class Mistake:
    """One entry of the catalogue.

    where: "output" (only the last layer's rule), "hidden" (layers below it), "every" layer, or "whole" network.
    needs: (net, params, x, y, layers) -> why the mistake cannot be made or shows nothing there, or None.
    constant: values to start from where the mistake has an unknown constant (a learning rate, an epsilon).
    loss: the mistake changes the loss too.  local: only a check of the rule by itself can see it.
    network: the class of `manual` it is a mistake of.
    """

    id: str
    rule: str
    where: str
    plant: Callable
    wrong: str
    right: str
    why: str
    needs: Callable | None = None
    constant: tuple | None = None
    loss: bool = False
    local: bool = False
    group: str = ""
    separate: str | None = None
    network: str = "MLP"

    def concerns(self, net):
        """Whether `net` (or what it is a planted mistake of) is the network this is a mistake of."""
        return any(cls.__name__ == self.network for cls in type(net).__mro__)

    def layers(self, depth):
        """The sets of layers it can sit in: all at once first (one line in a loop), then each alone."""
        possible = {"output": [depth], "hidden": list(range(1, depth)), "every": list(range(1, depth + 1))}
        if self.where == "whole":
            return [frozenset(range(1, depth + 1))]
        found = possible[self.where]
        return ([frozenset(found)] if len(found) > 1 else []) + [frozenset([l]) for l in found]

    def planted(self, net, layers, constant=None):
        """`net` with the mistake made in `layers`; an instance of a subclass of net's class."""
        arguments = {} if self.constant is None else {"c": self.constant[0] if constant is None else constant}
        cls = self.plant(type(net), frozenset(layers), **arguments)
        return cls(**{name: getattr(net, name) for name in net.__dataclass_fields__})

    def array(self, layers):
        """The array nearest to the loss that goes wrong; None where it takes planting it to know."""
        if self.network != "MLP":
            return None
        kind = "b" if self.rule in ("bias_gradient", "bias_decay") else "W"
        return f"{kind}{max(layers)}"

    def lines(self, l, **more):
        """(wrong, right, why) for layer l."""
        words = {"l": l, "up": l + 1, "down": l - 1, "c": "c"} | more
        return tuple(text.format(**words) for text in (self.wrong, self.right, self.why))


def mistake(id, rule, where, **options):
    """Enter a planting function into the catalogue; its docstring holds the lines `wrong:`, `right:`, `why:`."""

    def enter(plant):
        text = _parsed(inspect.getdoc(plant))
        group = plant.__module__.rsplit(".", 1)[1]
        CATALOGUE[id] = Mistake(
            id, rule, where, plant, text["wrong"], text["right"], text["why"], group=group, **options
        )
        return plant

    return enter


def _parsed(doc):
    parts, key = {}, None
    for line in doc.splitlines():
        head, colon, rest = line.partition(":")
        if colon and head in ("wrong", "right", "why"):
            key = head
            parts[key] = rest.strip()
        elif key and line.strip():
            parts[key] += " " + line.strip()
    return parts
