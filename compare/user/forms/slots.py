"""The places of arrays in the user's objects, and which of them holds the gradient of which."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..origin import is_users
from .adapter import is_floating, size
from .roles import gradient_names, gradient_of

DEEPEST = 6
MOST = 2_000
GRADIENTS = (
    "grads",
    "gradients",
    "grad",
    "dparams",
    "d_params",
    "dparam",
    "gradient",
    "deltas",
    "derivatives",
)
HELD = {"data": ("grad", "gradient"), "value": ("grad", "gradient"), "val": ("grad",)}
WEIGHTS = {"weights": ("w", "weight", "weights"), "biases": ("b", "bias", "biases"), "W": ("w",), "b": ("b",)}


def held_under(value: Any) -> str | None:
    """Return the attribute under which an engine's object holds its number: data, value or val; None without any."""
    if not is_object(value):
        return None
    return next((n for n in HELD if hasattr(value, n) and not callable(getattr(value, n))), None)


@dataclass(frozen=True)
class Slot:
    """A place: `path` is the expression that gives it, `holder` the one that gives what holds it under `key`."""

    path: str
    holder: str
    key: Any
    value: Any


@dataclass(frozen=True)
class Pair:
    """A parameter's place and its gradient's.  name: the parameter's, for a report."""

    name: str
    slot: Slot
    gradient: str


def roots(module: ModuleType, made: Collection[str] = ()) -> dict[str, Any]:
    """Return the module's objects of its own classes and its lists of them, but those that are inside others.

    made: names that a pass makes anew, such as the loss of a scalar engine, which holds what it was made of.
    """
    return outermost({n: v for n, v in objects(module).items() if n not in made})


def objects(module: ModuleType) -> dict[str, Any]:
    """Return the module's objects of its own classes and its lists of them."""
    own = {n: v for n, v in vars(module).items() if not n.startswith("__")}
    return {n: v for n, v in own.items() if is_object(v) or _holds_objects(v)}


def outermost(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some objects that are inside no other of them, each under one name."""
    inside: set[int] = set()
    for value in found.values():
        inside |= {id(v) for v in _below(value)}
    outer = {n: v for n, v in found.items() if id(v) not in inside}

    def before(m: str, n: str) -> bool:
        return (m == "self", m) < (n == "self", n)

    return {n: v for n, v in outer.items() if not any(v is w for m, w in outer.items() if before(m, n))}


def is_object(value: Any) -> bool:
    """Return whether a value is an object of a class that the user wrote."""
    return (
        not isinstance(value, type)
        and isinstance(getattr(value, "__dict__", None), dict)
        and not callable_only(value)
        and is_users(type(value))
    )


def callable_only(value: Any) -> bool:
    """Return whether a value is a function or a module, which hold no parameters."""
    return isinstance(value, ModuleType) or type(value).__name__ in (
        "function",
        "method",
        "builtin_function_or_method",
    )


def _holds_objects(value: Any) -> bool:
    items = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else []
    )
    return any(is_object(v) for v in list(items)[:64])


def _below(value: Any, depth: int = 0) -> Iterator[Any]:
    for _, _, inner in _items("", value):
        if is_object(inner) or isinstance(inner, (list, tuple, dict)):
            yield inner
            if depth < DEEPEST:
                yield from _below(inner, depth + 1)


def _items(path: str, value: Any) -> Iterator[tuple[str, Any, Any]]:
    if is_object(value):
        yield from ((f"{path}.{n}", n, v) for n, v in vars(value).items())
    elif isinstance(value, dict):
        yield from (
            (f"{path}[{k!r}]", k, v) for k, v in list(value.items())[:MOST] if isinstance(k, (str, int))
        )
    elif isinstance(value, (list, tuple)):
        yield from ((f"{path}[{i}]", i, v) for i, v in enumerate(value[:MOST]))


def slots(found: Mapping[str, Any]) -> dict[str, Slot]:
    """Return {path: Slot} of every array and number that can be reached from the roots {name: object}."""
    places: dict[str, Slot] = {}
    seen: set[int] = set()
    queue: list[tuple[str, Any, int]] = [(n, v, 0) for n, v in found.items()]
    while queue and len(places) < MOST:
        path, value, depth = queue.pop(0)
        if id(value) in seen or depth > DEEPEST:
            continue
        seen.add(id(value))
        for inner, key, item in _items(path, value):
            if is_floating(item) or (isinstance(item, np.ndarray) and item.size) or type(item) is int:
                places[inner] = Slot(inner, path, key, item)
            elif is_object(item) or isinstance(item, (list, tuple, dict)):
                queue.append((inner, item, depth + 1))
    return places


def pairs(found: Mapping[str, Any]) -> list[Pair]:
    """Return each parameter in the objects with the place of its gradient."""
    places = slots(found)
    made: list[Pair] = []
    for slot in places.values():
        if not is_floating(slot.value):
            continue
        gradient = _gradient(slot, places)
        if gradient is None:
            continue
        if size(places[gradient].value) == size(slot.value) or np.ndim(slot.value) > 0:
            made.append(Pair(short(slot, len(found) == 1), slot, gradient))
    gradients = {p.gradient for p in made}
    return [p for p in made if p.slot.path not in gradients]


def _gradient(slot: Slot, places: dict[str, Slot]) -> str | None:
    attribute = slot.path == f"{slot.holder}.{slot.key}"
    if attribute:
        names = HELD.get(slot.key, tuple(gradient_names(slot.key)))
        if slot.key.startswith("_"):  # behind a property: _grad_weights of _weights
            stem = slot.key.lstrip("_")
            names = (*names, *(f"{under}{n}" for under in ("_", "") for n in gradient_names(stem)))
        return next((p for n in names if (p := f"{slot.holder}.{n}") in places), None)
    if isinstance(slot.key, str):  # beside it, or grads["dW1"] in the dict that holds W1
        own = (p for n in gradient_names(slot.key) if (p := f"{slot.holder}[{n!r}]") in places)
        return _beside(slot, places) or next(own, None)
    owner, _, group = slot.holder.rpartition(".")
    if not owner:
        return None
    group, bracket, inner = group.partition("[")  # of a list of lists
    lists = {p[len(owner) + 1 :].partition("[")[0] for p in places if p.startswith(f"{owner}.")}
    known = WEIGHTS.get(group, (group,))
    for name in sorted(lists - {group}):
        if gradient_of(name, known) is not None and name not in known:
            path = f"{owner}.{name}{bracket}{inner}[{slot.key}]"
            if path in places:
                return path
    return None


def _beside(slot: Slot, places: dict[str, Slot]) -> str | None:
    """Return a gradient's place under another attribute: net.grads["W1"] of net.params["W1"], or of a layer's dict."""
    steps = re.findall(r"\.?\w+|\[[^\]]+\]", slot.holder)
    for i in [i for i, step in enumerate(steps) if step.startswith(".")]:
        for own in [slot.key, *gradient_names(slot.key)]:
            for name in GRADIENTS:
                holder = "".join([*steps[:i], f".{name}", *steps[i + 1 :]])
                if (path := f"{holder}[{own!r}]") in places:
                    return path
    return None


def short(slot: Slot, alone: bool) -> str:
    """Return a parameter's name for a report: W1 of net.W1, layers.0.W of layers[0].W."""
    path = slot.path
    if alone and "." in path and "[" not in path.partition(".")[0]:
        path = path.partition(".")[2]
    for ending in (".data", ".value", ".val"):
        path = path.removesuffix(ending)
    for group in ("params", "parameters", "p", "weights_dict"):
        if path.startswith(f"{group}["):
            path = path.removeprefix(group)
    return path.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "").strip(".")
