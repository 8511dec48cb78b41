"""Check the fields of the networks. This file is the same in manual/, torch_ref/ and jax_ref/."""

from collections.abc import Iterable
from typing import Any


def check_mlp(net: Any, activations: Iterable[str], criteria: Iterable[str]) -> None:
    """Turn sequences into tuples; raise ValueError where the fields of an MLP do not fit each other."""
    _as_tuples(net, "sizes", "activations")
    if len(net.sizes) < 2 or min(net.sizes) < 1:
        raise ValueError(f"sizes {net.sizes}: two or more positive widths are needed")
    if len(net.activations) != net.depth:
        raise ValueError(f"{net.depth} layers need {net.depth} activations, not {len(net.activations)}")
    for name in net.activations:
        _known("activation", name, activations)
    _known("criterion", net.criterion, criteria)
    if not 0 <= net.l2 < float("inf"):
        raise ValueError(f"l2 is {net.l2}; it must be a finite number, 0 or more")


def check_cnn(net: Any, pools: Iterable[str]) -> None:
    """Turn sequences into tuples; raise ValueError where the fields of a CNN do not fit each other."""
    _as_tuples(net, "image", "channels")
    if len(net.image) != 3 or min(net.image) < 1:
        raise ValueError(f"image {net.image}: channels, rows and columns are needed")
    if len(net.channels) < 1 or min(net.channels) < 1:
        raise ValueError(f"channels {net.channels}: one or more positive numbers are needed")
    _at_least(net, kernel=1, stride=1, padding=0, window=1, classes=1)
    _known("pool", net.pool, pools)
    if not 0 <= net.dropout < 1:
        raise ValueError(f"dropout is {net.dropout}; it must be 0 or more and below 1")
    for l, size in enumerate(net.sizes[1:], start=1):
        if min(size) < 1:
            raise ValueError(
                f"the image {net.image[1:]} is too small: layer {l} leaves {size}; use a larger image or a smaller kernel"
            )


def check_recurrent(net: Any, cells: Iterable[str]) -> None:
    """Raise ValueError where the cell is unknown or a size is no positive integer."""
    _known("cell", net.cell, cells)
    for name in ("inputs", "hidden", "classes", "steps"):
        value = getattr(net, name)
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value}; a positive integer is needed")


def check_transformer(net: Any, variants: Iterable[str]) -> None:
    """Set hidden to 4 C where it is 0; raise ValueError where the fields of a transformer do not fit."""
    if not net.hidden:
        object.__setattr__(net, "hidden", 4 * net.width)
    _at_least(net, vocabulary=1, context=1, layers=1, heads=1, width=1, hidden=1)
    _known("variant", net.variant, variants)
    if net.width % net.heads:
        raise ValueError(f"width {net.width} cannot be shared by {net.heads} heads: it must be a multiple")
    features = net.width // net.heads
    if net.modern and features % 2:
        raise ValueError(f"{features} features a head: rotary positions turn pairs, so it must be even")


def _as_tuples(net: Any, *names: str) -> None:
    for name in names:
        object.__setattr__(net, name, tuple(getattr(net, name)))


def _at_least(net: Any, **least: int) -> None:
    for name, low in least.items():
        if getattr(net, name) < low:
            raise ValueError(f"{name} is {getattr(net, name)}; it must be {low} or more")


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(names)}")
