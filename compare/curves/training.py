"""The three trained side by side from the same parameters over the same batches."""

from dataclasses import dataclass

import numpy as np

from .. import networks, optimizers
from ..data import Dataset
from ..errors import INCONCLUSIVE, INTERRUPTED, WRONG, UserError
from ..results import environment
from ..witnesses import absent
from .contenders import Contender, Problem
from .divergence import largest_difference
from .judging import judge
from .shadows import Shadow, distance

FRAMEWORKS = {"hand": "numpy", "torch": "torch", "jax": "jax"}
SHADOWS = 3


@dataclass(frozen=True)
class Curve:
    """What one contender did, by step.

    loss, accuracy: of the batch, before the step; accuracy is None where the network is no classifier.
    distance: of its parameters from the hand's after the step, relative to their norm.
    """

    name: str
    framework: str
    absent: str | None = None  # why it did not take part
    loss: tuple = ()
    accuracy: tuple | None = ()
    distance: tuple = ()
    test_accuracy: float | None = None
    final: dict | None = None  # the parameters after the last step


@dataclass(frozen=True)
class CurvesResult:
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
    finding: dict | None
    left_envelope: dict | None
    largest_difference: dict | None
    contenders: tuple
    envelope: dict | None
    network: str
    data: str
    optimizer: str
    steps: int
    batch: int
    rate: float
    seed: int
    dtype: str
    interrupted: bool

    @property
    def exit_code(self):
        if self.interrupted:
            return INTERRUPTED
        return {True: 0, False: WRONG, None: INCONCLUSIVE}[self.ok]


def batch_order(samples, batch, steps, seed):
    """(steps, batch) rows: one shuffled epoch after the other, cut into batches; a batch may straddle two."""
    rng = np.random.default_rng([seed, 2])
    epochs = -(-steps * batch // samples)
    rows = np.concatenate([rng.permutation(samples) for _ in range(epochs)])
    return rows[: steps * batch].reshape(steps, batch)


def accuracy(prediction, labels):
    """The share of samples whose largest output is their label; None with a single output, which has none."""
    if prediction.shape[-1] < 2 or not len(labels):
        return None
    return float((prediction.argmax(axis=-1) == labels).mean())


def problem(net, dataset, steps, batch, seed, dtype):
    """Start, samples and batch order of a run. Raises UserError where net, data and settings do not fit."""
    networks.fit(net, dataset)
    if steps < 1:
        raise UserError(f"--steps {steps}: at least one step is needed")
    if not 1 <= batch <= len(dataset.x_train):
        raise UserError(
            f"--batch {batch}: 1 to {len(dataset.x_train)}, the training samples of {dataset.name}"
        )
    return Problem(
        params=networks.initial(net, seed, dtype),
        x=dataset.x_train.astype(dtype),
        y=networks.targets(net, dataset.y_train, dtype),
        order=batch_order(len(dataset.x_train), batch, steps, seed),
    )


def train(
    net: networks.Network,
    dataset: Dataset,
    steps: int = 300,
    batch: int = 32,
    rate: float = 0.5,
    seed: int = 0,
    dtype: str = "float64",
    optimizer: str | optimizers.Optimizer = "sgd",
    progress=None,
) -> CurvesResult:
    """Train `net` by hand, by torch and by jax, and say whether and where they part.

    net: from compare.networks.network.  dataset: from compare.data.load.  optimizer: a name, which goes with
    `rate`, or from compare.optimizers.optimizer.  progress(done, steps) is called after each step. Ctrl-C ends
    early with the steps that all contenders finished. Raises UserError for unusable settings.
    """
    rule = optimizers.optimizer(optimizer, rate) if isinstance(optimizer, str) else optimizer
    given = problem(net, dataset, steps, batch, seed, dtype)
    return side_by_side(net, rule, given, dataset.y_train, dataset, seed, progress)


def side_by_side(net, rule, given, labels, dataset, seed=0, progress=None, make=Contender) -> CurvesResult:
    """A run from a ready-made Problem.

    labels: (N,) integers for the accuracy.  make(who, net, rule, given): a Contender.
    """
    missing = {who: absent(who) for who in FRAMEWORKS}
    here = [who for who in FRAMEWORKS if not missing[who]]
    contenders = [make(who, net, rule, given) for who in here]
    shadows = [Shadow(net, rule, given, SHADOWS * seed + k) for k in range(SHADOWS)]
    records, deviations, interrupted = _lockstep(contenders, shadows, labels, given, progress)

    def again():
        return [make(who, net, rule, given) for who in here]

    verdict = judge(records, deviations, again, net, rule, given, seed)
    curves = {c.who: _curve(c, records[c.who], dataset) for c in contenders}
    return CurvesResult(
        schema="threeways/curves/1",
        environment=environment(seed),
        **verdict,
        largest_difference=_largest({who: record["loss"] for who, record in records.items()}),
        contenders=tuple(curves.get(who) or Curve(who, FRAMEWORKS[who], missing[who]) for who in FRAMEWORKS),
        network=net.describe(),
        data=dataset.name,
        optimizer=rule.describe(),
        steps=given.steps,
        batch=given.order.shape[1],
        rate=rule.rate,
        seed=seed,
        dtype=str(given.dtype),
        interrupted=interrupted,
    )


def _lockstep(contenders, shadows, labels, given, progress):
    """All one step, then all the next, so that stopping early leaves curves of one length."""
    records = {c.who: {"loss": [], "accuracy": [], "distance": []} for c in contenders}
    deviations = [{"loss": [], "distance": []} for _ in shadows]
    try:
        # Overflow and nan are what a run may come to; the verdict says so, not NumPy.
        with np.errstate(all="ignore"):
            for step in range(given.steps):
                _one_step(step, contenders, shadows, labels, given, records, deviations)
                if progress:
                    progress(step + 1, given.steps)
    except KeyboardInterrupt:
        everything = [*records.values(), *deviations]
        finished = min(len(values) for record in everything for values in record.values())
        for record in everything:
            for values in record.values():
                del values[finished:]
        return records, deviations, True
    return records, deviations, False


def _one_step(step, contenders, shadows, labels, given, records, deviations):
    reference = None
    for c in contenders:
        record = records[c.who]
        record["accuracy"].append(accuracy(c.predict(c.batch(step)[0]), labels[given.order[step]]))
        record["loss"].append(c.step(step))
        here = c.params
        reference = here if reference is None else reference
        record["distance"].append(distance(here, reference))
    for shadow, deviation in zip(shadows, deviations, strict=True):
        loss = shadow.step(*given.batch(step))[0]
        deviation["loss"].append(abs(loss - records[contenders[0].who]["loss"][step]))
        deviation["distance"].append(distance(shadow.params, reference))


def _curve(contender, record, dataset):
    right = record["accuracy"]
    x_test = dataset.x_test.astype(contender.problem.dtype)
    return Curve(
        name=contender.who,
        framework=FRAMEWORKS[contender.who],
        loss=tuple(record["loss"]),
        accuracy=None if None in right else tuple(right),
        distance=tuple(record["distance"]),
        test_accuracy=accuracy(contender.predict(x_test), dataset.y_test),
        final=contender.params,
    )


def _largest(losses):
    found = largest_difference(losses)
    return None if found is None else dict(zip(("value", "step", "one", "other"), found, strict=True))
