"""Where the envelope's factors come from: correct runs, drawn at random, compared with their own shadows.

    python -m compare.training.calibration 0 150

prints, for each run, how far torch and jax got in units of the shadows' deviations, and the smallest of a few
factors at which no re-synchronised step is called wrong. docs/envelope.md has the figures.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from manual.activations import ACTIVATIONS

from .. import networks
from ..networks import optimizers
from ..networks.data import Dataset
from .contenders import Contender, Problem
from .envelope import Track, envelope, largest_ratio
from .judging import Verdict, judge
from .lockstep import FRAMEWORKS, Lockstep
from .resync import resynchronised
from .shadows import resynchronised_shadows, shadows
from .training import batch_order

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
    """A random training run."""

    net: networks.Network
    rule: optimizers.Optimizer
    problem: Problem
    labels: np.ndarray
    seed: int

    def describe(self) -> str:
        """'float64 9-4-3, ...; adam, rate 0.01'"""
        return f"{self.problem.dtype} {self.net.describe()}; {self.rule.describe()}"


def draw(seed: int, steps: int = 120) -> Drawn:
    """Draw a network, data set, optimiser and rate, small to far too large; both dtypes."""
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


def judged(
    drawn: Drawn, make: Callable[..., Contender] = Contender
) -> tuple[Verdict, dict[str, Track], list[Track]]:
    """Train and judge a drawn run; return the verdict, what each contender did, and the shadows' deviations."""
    given, none = drawn.problem, np.zeros((0, drawn.problem.x.shape[1]))
    about = (drawn.net, drawn.rule, given)
    samples = Dataset("drawn", given.x, drawn.labels, none, drawn.labels[:0])

    def fresh() -> list[Contender]:
        return [make(who, *about) for who in FRAMEWORKS]

    lockstep = Lockstep(drawn.net, samples, given, fresh(), shadows(*about, drawn.seed))
    lockstep.run()
    verdict = judge(lockstep.records, lockstep.deviations, fresh, *about, drawn.seed)
    return verdict, dict(lockstep.records), lockstep.deviations


def smallest_factor(drawn: Drawn) -> float:
    """Return the smallest of FACTORS at which no step from the same parameters is called wrong, or inf."""
    about = (drawn.net, drawn.rule, drawn.problem)
    for factor in FACTORS:
        with np.errstate(all="ignore"):
            contenders = [Contender(who, *about) for who in FRAMEWORKS]
            noisy = resynchronised_shadows(*about, drawn.seed)
            if resynchronised(contenders, noisy, {}, drawn.problem.steps, factor) is None:
                return factor
    return np.inf


def main(first: int, last: int) -> None:
    """Print a line for each seed, first to last - 1."""
    for seed in range(first, last):
        drawn = draw(seed)
        verdict, records, deviations = judged(drawn)
        losses = records.pop("hand").loss
        bounds = envelope(losses, deviations, float(np.finfo(drawn.problem.dtype).eps))
        print(
            f"{seed:4} {verdict.judged:8} ok {verdict.ok} ratio {largest_ratio(bounds, losses, records):8.2f} "
            f"chaotic {bounds.chaotic_from} step factor {smallest_factor(drawn)} {drawn.describe()}",
            flush=True,
        )
        if not verdict.ok:
            print(f"     {verdict.reason}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3] or (0, 100)))
