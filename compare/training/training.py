"""The three trained side by side from the same parameters over the same batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import networks
from ..common.errors import INCONCLUSIVE, INTERRUPTED, WRONG, UserError
from ..common.results import Displayed, environment
from ..networks import optimizers
from ..networks.data import Dataset
from ..user.trio.trio import Trio, as_floating
from ..user.trio.updates import Rule
from ..witnesses import absent
from .contenders import Contender, Problem, training_process
from .divergence import Gap, largest_difference
from .envelope import Envelope, Outside
from .judging import judge, undecided
from .lockstep import FRAMEWORKS, Curve, Lockstep
from .resync import Finding
from .shadows import shadows

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class CurvesResult(Displayed):
    """The raw result of `threeways curves`.

    ok: None where nothing was there to compare.  first_divergence: the first step (from 0) that no rounding
    explains, or None.  finding: what is wrong there.  judged: "envelope", or "stepwise" where the curves left it
    or the run is chaotic.
    """

    schema: str
    environment: dict
    ok: bool | None
    first_divergence: int | None
    reason: str
    judged: str
    finding: Finding | None
    left_envelope: Outside | None
    largest_difference: Gap | None
    contenders: tuple[Curve, ...]
    envelope: Envelope | None
    network: str
    data: str
    optimizer: str
    steps: int
    batch: int
    rate: float
    seed: int
    dtype: str
    interrupted: bool
    run: str | None = None
    published: dict | None = None
    notes: tuple[str, ...] = ()
    workers: int = 1

    @property
    def exit_code(self) -> int:
        """The exit status of the command."""
        if self.interrupted:
            return INTERRUPTED
        return {True: 0, False: WRONG, None: INCONCLUSIVE}[self.ok]


def batch_order(samples: int, batch: int, steps: int, seed: int) -> np.ndarray:
    """Return (steps, batch) rows: shuffled epochs one after another, cut into batches; a batch may straddle two."""
    rng = np.random.default_rng([seed, 2])
    epochs = -(-steps * batch // samples)
    rows = np.concatenate([rng.permutation(samples) for _ in range(epochs)])
    return rows[: steps * batch].reshape(steps, batch)


def problem(
    net: networks.Network,
    rule: optimizers.Optimizer,
    dataset: Dataset,
    steps: int = 300,
    batch: int = 32,
    seed: int = 0,
    dtype: str = "float64",
) -> Problem:
    """Return start, samples and batch order of a run. Raises UserError if network, data and settings do not fit."""
    networks.require_fit(net, dataset)
    if steps < 1:
        raise UserError(f"--steps {steps}: at least one step is needed")
    if not 1 <= batch <= len(dataset.x_train):
        raise UserError(
            f"--batch {batch}: 1 to {len(dataset.x_train)}, the training samples of {dataset.name}"
        )
    return Problem(
        net,
        rule,
        params=networks.initial(net, seed, dtype),
        x=networks.inputs(dataset.x_train, dtype),
        y=networks.targets(net, dataset.y_train, dtype),
        order=batch_order(len(dataset.x_train), batch, steps, seed),
        seed=seed,
    )


def train(
    net: networks.Network | Trio,
    dataset: Dataset | None = None,
    steps: int = 300,
    batch: int = 32,
    rate: float | None = None,
    seed: int = 0,
    dtype: str = "float64",
    optimizer: str | optimizers.Optimizer | None = None,
    schedule: str = "constant",
    clip: float | None = None,
    progress: Progress | None = None,
) -> CurvesResult:
    """Train `net` by hand, by torch and by jax; return whether and where they part.

    net: a Trio, which has its data and may have updates of its own; or from compare.networks.network.  dataset: from
    compare.networks.data.load.  optimizer: a name, with rate, schedule and clip, or from
    compare.networks.optimizers.optimizer.  progress(done, steps) is called after each step. Ctrl-C ends early with
    the steps that all contenders finished. Raises UserError for unusable settings.
    """
    rule = ruled(net, steps, rate, optimizer, schedule, clip)
    if isinstance(net, Trio):
        return side_by_side(*trio_problem(net, rule, steps, batch, seed, dtype), progress)
    if dataset is None:
        raise UserError("dataset is missing: net.load() gives one that fits a built-in network")
    assert rule is not None
    return side_by_side(problem(net, rule, dataset, steps, batch, seed, dtype), dataset, progress)


def ruled(
    net: networks.Network | Trio,
    steps: int,
    rate: float | None,
    optimizer: str | optimizers.Optimizer | None,
    schedule: str,
    clip: float | None,
) -> optimizers.Optimizer | None:
    """Return the optimiser that is asked for; None for the updates that a Trio has."""
    if optimizer is None and not (isinstance(net, Trio) and net.updates):
        optimizer = "sgd"
    if not isinstance(optimizer, str):
        return optimizer
    rate = optimizers.RATES.get(optimizer, 0.1) if rate is None else rate
    return optimizers.optimizer(optimizer, rate, schedule, optimizers.over_a_run(schedule, steps), clip=clip)


def trio_problem(
    trio: Trio,
    named: optimizers.Optimizer | None = None,
    steps: int = 300,
    batch: int = 32,
    seed: int = 0,
    dtype: str = "float64",
) -> tuple[Problem, Dataset]:
    """Return the run of a Trio and its samples; where it draws its batches, these are drawn once, one a step.

    named: the optimiser; None for the versions' own updates. Raises UserError for unusable settings.
    """
    if steps < 1:
        raise UserError(f"--steps {steps}: at least one step is needed")
    without = [who for who in trio.here if who not in trio.updates]
    if named is None and without:
        raise UserError(
            f"{' and '.join(without)} has no update of its own, as {' and '.join(trio.updates)} has: give "
            f"{without[0]}_update, or --optimizer for the versions without one"
        )
    if callable(trio.batch):
        drawn = [trio.draw(seed + step) for step in range(steps)]
        x, y = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        size = len(drawn[0][0])
        if any(len(part) != size for part, _ in drawn):
            raise UserError("batch draws batches of different sizes: a run needs one size")
        order = np.arange(len(x)).reshape(steps, size)
    else:
        x, y = trio.x, trio.y
        order = batch_order(len(x), min(batch, len(x)), steps, seed)
    x, y = as_floating((x, y), dtype)
    rule, start = Rule(trio, named), trio.initial(dtype)
    return Problem(trio, rule, start, x, y, order, seed), Dataset(trio.name, x, y, x[:0], y[:0])


def side_by_side(
    given: Problem,
    dataset: Dataset,
    progress: Progress | None = None,
    make: Callable[[str, Problem], Contender] = Contender,
    epoch: int | None = None,
    ready: Sequence[Any] | None = None,
    lockstep: Callable[..., Lockstep] = Lockstep,
) -> CurvesResult:
    """Run a ready-made Problem. make: makes a contender.  epoch: after how many steps to test, if ever.

    ready: contenders in place of one for each framework.  lockstep: makes the loop.
    """
    own = given.net.absent if isinstance(given.net, Trio) else {}
    missing = {who: own.get(who) or absent(who) for who in FRAMEWORKS}
    here = [who for who in FRAMEWORKS if not missing[who]]

    contenders = [make(who, given) for who in here] if ready is None else list(ready)
    names = tuple(FRAMEWORKS) if ready is None else tuple(c.who for c in contenders)

    def fresh() -> list[Contender]:
        return [c.again() for c in contenders]

    loop = lockstep(given, dataset, contenders, shadows(given), epoch)
    with training_process(here):
        interrupted = loop.run(progress)
        try:
            verdict = judge(loop.records, loop.deviations, fresh, given)
        except KeyboardInterrupt:
            verdict, interrupted = undecided("stopped before the run was judged step by step"), True
        curves = {c.who: loop.curve(c) for c in contenders}
    return CurvesResult(
        schema="threeways/curves/1",
        environment=environment(given.seed),
        **vars(verdict),
        largest_difference=largest_difference({who: r.loss for who, r in loop.records.items()}),
        contenders=tuple(curves.get(who) or Curve(who, FRAMEWORKS[who], missing[who]) for who in names),
        network=given.net.describe(),
        data=dataset.name,
        optimizer=given.rule.describe(),
        steps=given.steps,
        batch=given.order.shape[1],
        rate=given.rule.rate,
        seed=given.seed,
        dtype=str(given.dtype),
        interrupted=interrupted,
        notes=tuple(given.net.said()) if isinstance(given.net, Trio) else (),
    )
