"""Where the envelope's factors come from: correct runs, drawn at random, held against their own shadows.

    python -m compare.training.calibration 0 150

prints, for each run, how far the references got in units of what the shadows did, and the smallest of a few
factors at which no re-synchronised step is called wrong. docs/envelope.md has the figures.
"""

import sys
from dataclasses import dataclass

import numpy as np

from manual.activations import ACTIVATIONS

from .. import networks
from ..networks import optimizers
from ..networks.data import Dataset
from .contenders import Contender, Problem
from .envelope import envelope, largest_ratio
from .judging import judge
from .lockstep import FRAMEWORKS, Lockstep
from .resync import fresh_shadows, resynchronised
from .shadows import Shadow
from .training import SHADOWS, batch_order

HIDDEN = tuple(name for name, f in ACTIVATIONS.items() if f.entrywise and name != "identity")
ENDS = (
    ("softmax", "cross_entropy"),
    ("identity", "softmax_cross_entropy"),
    ("sigmoid", "quadratic"),
    ("sigmoid", "binary_cross_entropy"),
    ("tanh", "mse"),
    ("identity", "hinge"),
)
FACTORS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Drawn:
    """A random training run: everything that train() is given."""

    net: networks.Network
    rule: optimizers.Optimizer
    problem: Problem
    labels: np.ndarray
    seed: int

    def describe(self):
        return f"{self.problem.dtype} {self.net.describe()}; {self.rule.describe()}"


def draw(seed, steps=120):
    """A random network, data set, optimiser and rate, small to far too large; both dtypes."""
    rng = np.random.default_rng([seed, 4])
    depth = int(rng.integers(1, 4))
    sizes = tuple(int(n) for n in rng.integers(3, 13, depth + 1))
    last, criterion = ENDS[rng.integers(len(ENDS))]
    hidden = tuple(str(a) for a in rng.choice(HIDDEN, depth - 1))
    l2 = float(rng.choice([0.0, 1e-3]))
    net = networks.network("mlp", sizes=sizes, activations=(*hidden, last), criterion=criterion, l2=l2)
    name = str(rng.choice(list(optimizers.OPTIMIZERS)))
    schedule = str(rng.choice(list(optimizers.SCHEDULES)))
    clip = [None, 1.0][rng.integers(2)]
    rate = optimizers.RATES[name] * float(rng.choice([0.01, 0.1, 1.0, 10.0]))
    rule = optimizers.optimizer(name, rate, schedule, optimizers.over_a_run(schedule, steps), clip=clip)
    dtype = str(rng.choice(["float64", "float32"]))
    samples = 60
    labels = rng.integers(0, sizes[-1], samples)
    x = rng.standard_normal((samples, sizes[0])) + 0.5 * labels[:, None]
    batch = int(rng.choice([4, 16]))
    given = Problem(
        networks.initial(net, seed, dtype, biases=0.1),
        x.astype(dtype),
        networks.targets(net, labels, dtype),
        batch_order(samples, batch, steps, seed),
    )
    return Drawn(net, rule, given, labels, seed)


def contenders(drawn, make=Contender):
    """Fresh contenders for a drawn run."""
    return [make(who, drawn.net, drawn.rule, drawn.problem) for who in FRAMEWORKS]


def recorded(drawn, make=Contender):
    """(records, deviations of the shadows) of a drawn run."""
    given, none = drawn.problem, np.zeros((0, drawn.problem.x.shape[1]))
    shadows = [Shadow(drawn.net, drawn.rule, given, SHADOWS * drawn.seed + k) for k in range(SHADOWS)]
    samples = Dataset("drawn", given.x, drawn.labels, none, drawn.labels[:0])
    lockstep = Lockstep(drawn.net, samples, given, contenders(drawn, make), shadows)
    lockstep.run()
    return lockstep.records, lockstep.deviations


def judged(drawn, make=Contender):
    """The verdict on a drawn run, as in a CurvesResult."""
    records, deviations = recorded(drawn, make)
    again = lambda: contenders(drawn, make)  # noqa: E731
    return (
        judge(records, deviations, again, drawn.net, drawn.rule, drawn.problem, drawn.seed),
        records,
        deviations,
    )


def smallest_factor(drawn):
    """The smallest of FACTORS at which no step from the same parameters is called wrong; inf where none is."""
    for factor in FACTORS:
        shadows = fresh_shadows(drawn.net, drawn.rule, drawn.problem, drawn.seed)
        with np.errstate(all="ignore"):
            if resynchronised(contenders(drawn), shadows, {}, drawn.problem.steps, factor) is None:
                return factor
    return np.inf


def main(first, last):
    for seed in range(first, last):
        drawn = draw(seed)
        verdict, records, deviations = judged(drawn)
        losses = records["hand"]["loss"]
        bounds = envelope(losses, deviations, float(np.finfo(drawn.problem.dtype).eps))
        ratio = largest_ratio(bounds, losses, {who: r for who, r in records.items() if who != "hand"})
        print(
            f"{seed:4} {verdict['judged']:8} ok {verdict['ok']} ratio {ratio:8.2f} "
            f"chaotic {bounds.chaotic_from} step factor {smallest_factor(drawn)} {drawn.describe()}",
            flush=True,
        )
        if not verdict["ok"]:
            print(f"     {verdict['reason']}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3] or (0, 100)))
