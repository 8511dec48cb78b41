"""Draw a right function: a body, a loss on its outputs, a style, types, a scale."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....common.arrays import Arrays
from .loading import users
from .written.activations import ACTIVATIONS
from .written.bodies import BODIES
from .written.bodies.body import Settings, Sizes
from .written.hand import Hand
from .written.losses import LOSSES
from .written.ways import Ways, drawn_ways

DTYPES = ("float64", "float32", "mixed", "integer")
SMALLEST, LARGEST = -6.0, 4.0  # powers of ten of the parameters' scale
MOST_SAMPLES, MOST_PARAMETERS = 50, 200
TRIES = 1000


@dataclass(frozen=True)
class Family:
    """The parts of a drawn function."""

    body: str
    loss: str
    settings: Settings
    elastic: bool = False


@dataclass(frozen=True)
class Drawn:
    """A right function at a point: `hand(params, x, y)` returns its loss and gradients; words says what it is."""

    hand: Hand
    params: Arrays
    x: Any
    y: Any
    words: str
    dtype: str


def drawn(seed: int | list[int], dtype: str = "") -> Drawn:
    """Draw a function whose loss and gradients are finite, of a class of types if one is given."""
    rng = np.random.default_rng(seed)
    kind = dtype or str(rng.choice(DTYPES))
    for _ in range(TRIES):
        found = _drawn(rng, kind)
        if found is not None:
            return found
    raise RuntimeError(f"{TRIES} functions of seed {seed} overflow")


def written(family: Family, ways: Ways) -> Hand:
    """Return the function of a family in a style, as a user's."""
    own = users()
    style = own["ways"].Ways(**vars(ways))
    return own["hand"].written(family.body, family.loss, family.settings, family.elastic, style)


def point(family: Family, s: Sizes, rng: np.random.Generator) -> tuple[Arrays, Any, Any]:
    """Draw parameters of scale 1, inputs and targets."""
    body, loss = BODIES[family.body], LOSSES[family.loss]
    shapes = body.shapes(s, family.settings) | loss.shapes(s)
    params = {n: rng.normal(size=shape) for n, shape in shapes.items()}
    return params, body.batch(s, rng), loss.targets(s, rng)


def sizes(family: Family, rng: np.random.Generator, most: int = MOST_SAMPLES) -> Sizes:
    """Draw the sizes that the body and the loss take."""
    loss = LOSSES[family.loss]
    most = min(most, BODIES[family.body].most_samples)
    samples = max(int(rng.integers(1, most + 1)), loss.least)
    samples = -(-samples // loss.multiple) * loss.multiple
    return Sizes(samples, *(int(rng.integers(2, 6)) for _ in range(3)))


def drawn_family(rng: np.random.Generator) -> Family:
    """Draw a body, a loss and the choices within them."""
    settings = Settings(str(rng.choice(ACTIVATIONS)), int(rng.integers(1, 4)), int(rng.integers(0, 2)))
    return Family(str(rng.choice([*BODIES])), str(rng.choice([*LOSSES])), settings, bool(rng.random() < 0.25))


def _drawn(rng: np.random.Generator, kind: str) -> Drawn | None:
    """Draw a function; return None where it is too large, or not finite."""
    family = drawn_family(rng)
    if kind == "integer" and family.body == "embedding":
        return None
    s = sizes(family, rng)
    params, x, y = point(family, s, rng)
    if sum(a.size for a in params.values()) > MOST_PARAMETERS:
        return None
    scale = float(10 ** rng.uniform(SMALLEST, LARGEST))
    apart = rng.random() < 0.3
    for n in params:
        params[n] *= float(10 ** rng.uniform(SMALLEST, LARGEST)) if apart else scale
    ways, types = drawn_ways(rng), kind
    if kind == "mixed":
        ways, types, params, x = _mixed(rng, params, x)
    elif kind == "float32":
        params, x, y = _cast(params, kind), _floats(x, kind), _floats(y, kind)
    elif kind == "integer":
        x = rng.integers(-3, 4, x.shape)
        params = _cast(params, str(rng.choice(("float64", "float32"))))
        types = f"{params[next(iter(params))].dtype}, integer x"
    hand = written(family, ways)
    if not (
        _finite(hand, params, x, y) and _finite(hand, _cast(params, "float64"), _floats(x, "float64"), y)
    ):
        return None
    settings = family.settings
    scales = "a scale of each array" if apart else f"scale {scale:.1e}"
    words = (
        f"{family.body} ({settings.activation}, {settings.layers}, {settings.variant}), {family.loss}"
        f"{' + elastic' if family.elastic else ''}; {ways.words}; {types}; {scales}, N={s.samples}"
    )
    return Drawn(hand, params, x, y, words, kind)


def _mixed(rng: np.random.Generator, params: Arrays, x: Any) -> tuple[Ways, str, Arrays, Any]:
    """Draw where the two types meet: at the batch, or in a cast on the first line."""
    which = int(rng.integers(0, 3 if x.dtype.kind == "f" else 2))
    if which == 2:
        return drawn_ways(rng), "float32 params, float64 x", _cast(params, "float32"), x
    outside, inside = ("float32", "float64") if which else ("float64", "float32")
    return drawn_ways(rng, inside), f"{outside} in", _cast(params, outside), _floats(x, outside)


def _cast(params: Arrays, dtype: str) -> Arrays:
    return {n: a.astype(dtype) for n, a in params.items()}


def _floats(array: Any, dtype: str) -> Any:
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _finite(hand: Hand, params: Arrays, x: Any, y: Any) -> bool:
    with np.errstate(all="ignore"):
        loss, grads = hand(params, x, y)
    return bool(np.isfinite(loss)) and all(np.isfinite(g).all() for g in grads.values())
