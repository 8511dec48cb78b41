"""Plant a mistake of the catalogue on random networks until it shows."""

from typing import NamedTuple

import numpy as np

from ...mistakes.catalogue import catalogue
from ...mistakes.mistake import Layers, Mistake
from ...networks.draws import Draw, Rng

# A mistake shows where it moves an array, or the loss, by this much; an eps of float32 is 1e-7.
SHOWS = {"float64": 1e-6, "float32": 1e-3}
ZERO = 1e-13
TRIES = 3000


class Planting(NamedTuple):
    """A mistake made in a set of layers of a network, drawn in float64."""

    drawn: Draw
    layers: Layers
    constant: float | None


class Search(NamedTuple):
    """The plantings that show on one network, and how often the mistake showed nothing or was impossible before."""

    cases: list[Planting]
    vacuous: int
    unrunnable: int


def planted_cases(id: str, k: int, seed: int = 0) -> Search:
    """Return the k-th network on which `id` shows, with a Planting for each set of layers the mistake can sit in."""
    mistake = catalogue()[id]
    rng = np.random.default_rng([seed, k, *id.encode()])
    vacuous = unrunnable = 0
    for _ in range(TRIES):
        found = []
        drawn = mistake.draw(rng)
        net, samples = drawn.net, len(drawn.x)
        for layers in mistake.layers(net.depth):
            if mistake.needs(net, drawn.params, drawn.x, drawn.y, layers):
                unrunnable += 1
                continue
            constant = _constant(mistake, rng, samples)
            if shown_in(mistake, drawn, layers, constant, "float64"):
                found.append(Planting(drawn, layers, constant))
            else:
                vacuous += 1
        if found:
            return Search(found, vacuous, unrunnable)
    return Search([], vacuous, unrunnable)


def shown_in(mistake: Mistake, drawn: Draw, layers: Layers, constant: float | None, dtype: str) -> str | None:
    """Return what the mistake moves by more than rounding: "loss", or the array nearest to the loss; else None."""
    net, arguments = drawn.net, (drawn.params, drawn.x, drawn.y)
    planted, array = mistake.planted(net, layers, constant), mistake.array(layers)
    if mistake.local:
        return array  # the gradient stays right
    with np.errstate(all="ignore"):
        (loss, right), (other_loss, wrong) = (
            net.loss_and_grads(*arguments),
            planted.loss_and_grads(*arguments),
        )
    if mistake.loss:
        return "loss" if abs(other_loss - loss) > SHOWS[dtype] * abs(loss) else None
    whole = max(float(np.linalg.norm(g)) for g in right.values())
    moved = [name for name in right if _moved(right[name], wrong[name], dtype, whole)]
    return next((name for name in reversed(moved) if array in (name, None)), None)


def _moved(right: np.ndarray, wrong: np.ndarray, dtype: str, whole: float) -> bool:
    change = float(np.linalg.norm(wrong - right))
    # Of a structural zero only rounding moves, by nothing next to the whole gradient.
    return bool(
        np.isfinite(change) and change > max(SHOWS[dtype] * float(np.linalg.norm(right)), ZERO * whole)
    )


def _constant(mistake: Mistake, rng: Rng, samples: int) -> float | None:
    if mistake.constant is None:
        return None
    if mistake.id == "divided-by-dataset":
        return samples / int(rng.integers(100, 5000))
    if mistake.id == "log-epsilon":
        return float(rng.choice(mistake.constant))
    return float(10 ** rng.uniform(-2, -0.3))
