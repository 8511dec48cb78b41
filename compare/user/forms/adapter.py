"""A form that was recognised, as a function (params, x, y) in the user's own names."""

import copy
import linecache
import math
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ...common.arrays import flatten, unflatten
from ...common.modules import opened

SHOWN = 6  # parameters in the line that says what was taken


def show_source(file: str, text: str) -> None:
    """Let a text be read as the lines of a file."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


@dataclass(frozen=True)
class Adapter:
    """The generated function hand(params, x, y) -> (loss, {name: gradient}) that calls the user's code.

    name: of the user's function or object, as FILE:NAME gives it.  params: {name: value}, or the user's own nest.
    given: the line that makes `params` of the user's names.  x, y: the user's expressions of the batch, or None.
    body: the lines of hand.  setup: lines that are run once before it.  loss, gradients: what was taken, in words.
    notes: what else was assumed.  batch: the values of x and y.  shown: {statement that is run: the user's}.
    repeatable: whether the lines give the same numbers in the user's file.  intermediate: which of params are zeros
    added to values on the way.  values: the gradients, where nothing is called to get them; then torch_loss is their
    loss.  places: {name: the lines that compute its gradient}.  following: what is checked next, if this is right.
    source: (file, text) of lines that were made of the file's own, with their numbers.
    """

    module: ModuleType
    name: str
    params: Any
    given: str
    body: tuple[str, ...]
    loss: str
    gradients: str
    x: str | None = None
    y: str | None = None
    setup: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    batch: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    intermediate: tuple[str, ...] = ()
    values: Mapping[str, np.ndarray] | None = None
    torch_loss: Callable[..., Any] | None = None
    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    following: "Adapter | None" = None
    source: tuple[str, str] | None = None

    def show_source(self) -> None:
        """Let its lines be found under the file's name: another update of the same loop was made of others."""
        if self.source is not None:
            show_source(*self.source)

    @property
    def arguments(self) -> list[str]:
        """The names of hand's arguments."""
        return ["params", *(n for n in ("x", "y") if getattr(self, n) is not None)]

    @property
    def definition(self) -> list[str]:
        """The lines of hand."""
        return [
            f"def hand({', '.join(self.arguments)}):",
            *textwrap.indent("\n".join(self.body), "    ").splitlines(),
        ]

    @property
    def lines(self) -> list[str]:
        """The lines to add to the user's file to call hand(params, x, y) there."""
        sides = [(n, getattr(self, n)) for n in ("x", "y")]
        batch = [f"{n} = {source}" for n, source in sides if source not in (None, n)]
        return [
            *self.setup,
            *([self.given] if self.given != "params = params" else []),
            *batch,
            *self.definition,
        ]

    @property
    def hand(self) -> Any:
        """hand itself, a function of the user's module, so that its run can be recorded as the module's own."""
        if self.values is not None:
            return dict(self.values)
        made: dict[str, Any] = {}
        exec(compile("\n".join(self.definition), "<threeways: hand>", "exec"), vars(self.module), made)
        return made["hand"]

    @property
    def taken(self) -> str:
        """Return how the user's names were read, in one line."""
        names = list(self.params if isinstance(self.params, dict) else entries_of(self.params)) or ["params"]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        listed = ", ".join(map(str, names[:SHOWN])) + more
        said = f"Taken: loss {self.loss}, gradients {self.gradients}, parameters {listed}"
        batch = [f"{n} = {getattr(self, n)}" for n in ("x", "y") if getattr(self, n) is not None]
        return "; ".join([said, *batch, *self.notes])

    @property
    def about(self) -> dict[str, Any]:
        """Return the facts for the report and for the check."""
        told: dict[str, Any] = {
            "function": self.name,
            "names": ["params", "x", "y"],
            "call": "hand",
            "holder": None,
        }
        told |= {"taken": self.taken, "adapter": self.lines, "repeatable": self.repeatable}
        wanted = {"intermediate": list(self.intermediate), "shown": dict(self.shown)}
        return told | {name: value for name, value in wanted.items() if value}


def moves(adapter: Adapter, name: str | None = None) -> bool:
    """Return whether the loss changes with the parameters, or with that of a name.

    The loss of a prediction that was made before does not.
    """
    batch = [copy.deepcopy(adapter.batch[k]) for k in ("x", "y") if k in adapter.batch]
    flat = {n: np.asarray(a) for n, a in flatten(adapter.params).items()}
    rng = np.random.default_rng(0)
    beside = {
        n: a * (1 + 1e-3 * rng.normal(size=a.shape)) + 1e-3 * rng.normal(size=a.shape)
        for n, a in flat.items()
        if name in (None, n)
    }
    try:
        at, near = (adapter.hand(unflatten(p, adapter.params), *batch)[0] for p in (flat, flat | beside))
    except Exception:
        return True
    return bool(np.any(np.asarray(at) != np.asarray(near)))


def is_arrays(value: Any) -> bool:
    """Return whether a value is an array of floating numbers, a tensor, a number, or a nest of such."""
    if isinstance(value, dict):
        return bool(value) and all(is_arrays(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return bool(value) and all(is_arrays(v) and not isinstance(v, (int, str)) for v in value)
    return is_floating(value) or bool(entries_of(value))


def entries_of(value: Any) -> dict[str, Any]:
    """Return {path: array} of a dataclass or a named tuple of arrays; {} of anything else."""
    if hasattr(value, "_asdict"):
        return value._asdict() if is_arrays(value._asdict()) else {}
    return opened(value) if is_dataclass(value) and opened(value) is not value else {}


def is_float(value: Any) -> bool:
    """Return whether a value is an array of floating numbers or one such number."""
    return isinstance(value, (float, np.floating)) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0
    )


def is_tensor(value: Any) -> bool:
    """Return whether a value is a torch tensor of floating numbers."""
    torch = sys.modules.get("torch")
    tensor = torch is not None and isinstance(value, torch.Tensor)
    return bool(tensor and value.is_floating_point() and value.numel() > 0)


def is_floating(value: Any) -> bool:
    """Return whether a value is a number, an array or a tensor of floating numbers."""
    return is_float(value) or is_tensor(value)


def is_scalar(value: Any) -> bool:
    """Return whether a value is one finite number, as a loss is."""
    if is_tensor(value):
        return bool(value.numel() == 1)
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float, np.generic, np.ndarray)):
        return False
    array = np.asarray(value)
    return array.size == 1 and array.dtype.kind in "fiu"


def size(value: Any) -> int:
    """Return the number of entries of an array or a tensor; np.size takes a tensor's method for it."""
    return math.prod(np.shape(value))
