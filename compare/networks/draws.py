"""Random networks with parameters and a batch: small ones to plant mistakes in, and any that must be right."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA, FUSED

# A criterion of probabilities gets probabilities: elsewhere a few draws leave its domain.
LAST = {criterion: last for last, criterion in FUSED}
DEEPEST = 12
Rng = np.random.Generator


@dataclass(frozen=True)
class Draw:
    """A network of `manual` with parameters, and a batch: x (N, M_0), y as the criterion takes it."""

    net: Any
    params: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray

    def cast(self, dtype: str) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Return (params, x, y) in another floating type; integers stay as they are."""
        params = {name: p.astype(dtype) for name, p in self.params.items()}
        x, y = (a.astype(dtype) if a.dtype.kind == "f" else a for a in (self.x, self.y))
        return params, x, y


def parameters(net: Any, rng: Rng, scale: float = 1.0) -> dict[str, np.ndarray]:
    """Return well-conditioned float64 parameters of a network, none of them 0."""
    return {n: scale * (p + 0.3 * rng.standard_normal(p.shape)) for n, p in net.init(rng).items()}


def architecture(rng: Rng) -> MLP:
    """Draw any network: 1 to 12 layers, 2 to 19 wide, one activation throughout or mixed, any criterion."""
    depth = int(rng.integers(1, DEEPEST + 1) if rng.random() < 0.3 else rng.integers(1, 5))
    return _network(rng, [int(rng.integers(2, 20)) for _ in range(depth + 1)])


def draw(net: MLP, rng: Rng, dtype: str) -> Draw:
    """Draw parameters of a scale from 1e-3 to 30 (where it is large, saturated) and a batch of 1 to 1,000 samples."""
    scale, samples = 10 ** rng.uniform(-3, np.log10(30)), int(10 ** rng.uniform(0, 3))
    return suited_draw(net, samples, rng, dtype, scale)


def suited(rng: Rng) -> tuple[MLP, int]:
    """Draw a small network of 2 to 4 layers and a batch size: often square, or as wide as the batch is long."""
    depth, width = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    sizes = [width if rng.random() < 0.6 else int(rng.integers(2, 7)) for _ in range(depth + 1)]
    if rng.random() < 0.3:
        sizes[-1] = 1
    net = _network(rng, sizes)
    return net, width if rng.random() < 0.4 else int(rng.integers(2, 10))


def suited_draw(net: MLP, samples: int, rng: Rng, dtype: str, scale: float = 1.0) -> Draw:
    """Draw parameters of `net`, every bias non-zero, and a batch of that many samples."""
    params = {name: p.astype(dtype) for name, p in parameters(net, rng, scale).items()}
    x = rng.standard_normal((samples, net.sizes[0])).astype(dtype)
    return Draw(net, params, x, _targets(net, rng, samples, dtype))


def _network(rng: Rng, sizes: list[int]) -> MLP:
    depth, names = len(sizes) - 1, list(ACTIVATIONS)
    criterion = str(rng.choice([c for c in CRITERIA if sizes[-1] > 1 or not CRITERIA[c].classes]))
    activations = [str(rng.choice(names))] * depth
    if rng.random() < 0.5:
        activations = [str(rng.choice(names)) for _ in range(depth)]
    activations[-1] = LAST.get(criterion, activations[-1])
    l2 = float(rng.choice([0, 0.1]))
    return MLP(tuple(sizes), tuple(activations), criterion, l2, bool(l2 and rng.random() < 0.3))


def _targets(net: MLP, rng: Rng, samples: int, dtype: str) -> np.ndarray:
    outputs, targets = net.sizes[-1], CRITERIA[net.criterion].targets
    if targets == "classes":
        return rng.integers(0, outputs, samples)
    bits = rng.integers(0, 2, (samples, outputs)).astype(dtype)
    return 2 * bits - 1 if targets == "signs" else bits
