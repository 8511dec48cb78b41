"""Random networks with parameters and a batch: those that mistakes are planted in, and those that are right."""

from dataclasses import dataclass

import numpy as np

from manual import MLP
from manual.criteria import CRITERIA

from .. import networks
from .recognise import HIDDEN

# A criterion of probabilities is asked for probabilities; elsewhere its domain is left within a few draws.
LAST = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
DEEPEST = 12


@dataclass(frozen=True)
class Draw:
    """A network with parameters, and a batch: x (N, M_0), y as the criterion wants it."""

    net: object
    params: dict
    x: np.ndarray
    y: np.ndarray


def architecture(rng):
    """Any network: 1 to 12 layers, 2 to 19 wide, one activation throughout or mixed, every criterion."""
    depth = int(rng.integers(1, DEEPEST + 1) if rng.random() < 0.3 else rng.integers(1, 5))
    sizes = [int(rng.integers(2, 20)) for _ in range(depth + 1)]
    return _net(rng, sizes, 0.5)


def draw(net, rng, dtype):
    """Parameters of a scale from 1e-3 to 30 (saturated, where it is large) and a batch of 1 to 1,000 samples."""
    scale, samples = 10 ** rng.uniform(-3, np.log10(30)), int(10 ** rng.uniform(0, 3))
    return _drawn(net, rng, dtype, scale, samples)


def suited(rng):
    """A small network of 2 to 4 layers on which many mistakes can be made: often square, or as wide as N."""
    depth, width = int(rng.integers(2, 5)), int(rng.integers(3, 7))
    sizes = [width if rng.random() < 0.6 else int(rng.integers(2, 7)) for _ in range(depth + 1)]
    if rng.random() < 0.3:
        sizes[-1] = 1
    net = _net(rng, sizes, 0.5)
    samples = width if rng.random() < 0.4 else int(rng.integers(2, 10))
    return net, samples


def suited_draw(net, samples, rng, dtype, scale=1.0):
    """Well-conditioned parameters, every bias non-zero."""
    return _drawn(net, rng, dtype, scale, samples)


def suited_to(mistake, rng):
    """A float64 Draw of the kind of network that `mistake` belongs to, on which it can often be made."""
    if mistake.network != "MLP":
        kind = next(k for k in networks.NETWORKS.values() if k.class_name == mistake.network)
        return Draw(*kind.suited(rng))
    net, samples = suited(rng)
    # An epsilon shows where a probability is small.
    return suited_draw(net, samples, rng, "float64", 3.0 if mistake.id == "log-epsilon" else 1.0)


def _net(rng, sizes, mixed):
    depth, names = len(sizes) - 1, [*HIDDEN, "softmax"]  # those by which a loss is recognised
    criteria = [c for c in CRITERIA if sizes[-1] > 1 or not CRITERIA[c].classes]
    criterion = str(rng.choice(criteria))
    activations = [str(rng.choice(names))] * depth
    if rng.random() < mixed:
        activations = [str(rng.choice(names)) for _ in range(depth)]
    activations[-1] = LAST.get(criterion, activations[-1])
    l2 = float(rng.choice([0, 0.1]))
    return MLP(sizes, activations, criterion, l2, bool(l2 and rng.random() < 0.3))


def _drawn(net, rng, dtype, scale, samples):
    params = {
        name: (scale * (p + 0.3 * rng.standard_normal(p.shape))).astype(dtype)
        for name, p in net.init(rng).items()
    }
    x = rng.standard_normal((samples, net.sizes[0])).astype(dtype)
    return Draw(net, params, x, _targets(net, rng, samples, dtype))


def _targets(net, rng, samples, dtype):
    outputs = net.sizes[-1]
    if CRITERIA[net.criterion].classes:
        return rng.integers(0, outputs, samples)
    bits = rng.integers(0, 2, (samples, outputs)).astype(dtype)
    return 2 * bits - 1 if net.criterion == "hinge" else bits
