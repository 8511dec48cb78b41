"""The forms in which people write a loss and its gradient, each recognised by a module of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING

from ...common.late import Late

if TYPE_CHECKING:
    from . import functions, objects, script, space, tensors
    from .adapter import Adapter
    from .space import Space

    Form = Callable[[Space, str | None], Iterator[Adapter]]
else:
    functions, objects, script, space, tensors = (
        Late(f"{__name__}.{name}") for name in ("functions", "objects", "script", "space", "tensors")
    )


@dataclass(frozen=True)
class Recognised:
    """The adapters of a form, several where several readings are possible, and what was tried."""

    adapters: "list[Adapter]"
    space: "Space"


def recognised(module: ModuleType, wanted: str | None = None) -> Recognised:
    """Return what the first form that fits makes of a module; `wanted`: a function or an object, where one is named."""
    forms: tuple[Form, ...] = (
        functions.adapters,
        script.adapters,
        objects.adapters,
        script.by_calls,
        tensors.adapters,
    )
    searched = space.space_of(module)
    for form in forms:
        found = list(form(searched, wanted))
        if any(space.penalised_in_part(a.body) for a in found):
            found = list(form(replace(searched, penalised=False), wanted))
        if found:
            return Recognised([space.noted(a) for a in found], searched)
    return Recognised([], searched)
