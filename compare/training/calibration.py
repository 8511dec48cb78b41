"""Calibrate the envelope's factors on correct random runs, each compared with its own shadows.

    python -m compare.training.calibration 0 150

prints, for each run, how far torch and jax got in units of the shadows' deviations, and the smallest of a few
factors at which no re-synchronised step is called wrong. docs/envelope.md has the figures.
"""

import sys

import numpy as np

from manual.activations import ACTIVATIONS

from .. import networks
from ..networks import optimizers
from ..networks.data import Dataset
from .contenders import Contender, Problem
from .envelope import envelope, largest_ratio
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


def draw(seed: int, steps: int = 120) -> tuple[Problem, Dataset]:
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
        net,
        rule,
        params=networks.initial(net, seed, dtype, biases=0.1),
        x=x.astype(dtype),
        y=networks.targets(net, labels, dtype),
        order=batch_order(samples, batch, steps, seed),
        seed=seed,
    )
    return given, Dataset("drawn", given.x, labels, given.x[:0], labels[:0])


def judged(given: Problem, dataset: Dataset) -> tuple[Verdict, Lockstep]:
    """Train and judge a drawn run; return the verdict and what was recorded."""

    def fresh() -> list[Contender]:
        return [Contender(who, given) for who in FRAMEWORKS]

    lockstep = Lockstep(given, dataset, fresh(), shadows(given))
    lockstep.run()
    return judge(lockstep.records, lockstep.deviations, fresh, given), lockstep


def smallest_factor(given: Problem) -> float:
    """Return the smallest of FACTORS at which no step from the same parameters is called wrong, or inf."""
    for factor in FACTORS:
        contenders = [Contender(who, given) for who in FRAMEWORKS]
        with np.errstate(all="ignore"):
            if resynchronised(contenders, resynchronised_shadows(given), {}, given.steps, factor) is None:
                return factor
    return np.inf


def main(first: int, last: int) -> None:
    """Print a line for each seed, first to last - 1."""
    for seed in range(first, last):
        given, dataset = draw(seed)
        verdict, seen = judged(given, dataset)
        losses = seen.records["hand"].loss
        bounds = envelope(losses, seen.deviations, float(np.finfo(given.dtype).eps))
        others = {who: record for who, record in seen.records.items() if who != "hand"}
        print(
            f"{seed:4} {verdict.judged:8} ok {verdict.ok} ratio {largest_ratio(bounds, losses, others):8.2f} "
            f"chaotic {bounds.chaotic_from} step factor {smallest_factor(given)} "
            f"{given.dtype} {given.net.describe()}; {given.rule.describe()}",
            flush=True,
        )
        if not verdict.ok:
            print(f"     {verdict.reason}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3] or (0, 100)))
