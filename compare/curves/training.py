"""The three trained side by side from the same parameters over the same batches."""

from dataclasses import dataclass

import numpy as np

from .. import networks, optimizers
from ..data import Dataset
from ..errors import INCONCLUSIVE, INTERRUPTED, WRONG, UserError
from ..results import environment
from ..witnesses import absent
from .contenders import Contender, Problem, one_thread
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
    tested: tuple = ()  # of the test samples, after each epoch, where epochs are counted
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
    run: str | None = None
    published: dict | None = None

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


# Where a single output turns from class 0 to class 1.
THRESHOLDS = {"hinge": 0.0, "binary_cross_entropy": 0.5}


def accuracy(net, prediction, labels):
    """The share of samples put into their class, by the largest output or by the side of a single one.

    None where a single output is no class, and without samples.
    """
    if not len(labels):
        return None
    if prediction.shape[-1] > 1:
        return float((prediction.argmax(axis=-1) == labels).mean())
    threshold = THRESHOLDS.get(net.fields["criterion"])
    return None if threshold is None else float(((prediction[:, 0] > threshold) == labels).mean())


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
    return side_by_side(net, rule, given, dataset, seed, progress)


def side_by_side(
    net, rule, given, dataset, seed=0, progress=None, make=Contender, epoch=None
) -> CurvesResult:
    """A run from a ready-made Problem.

    make(who, net, rule, given): a Contender.  epoch: after how many steps to test, if ever.
    """
    missing = {who: absent(who) for who in FRAMEWORKS}
    here = [who for who in FRAMEWORKS if not missing[who]]
    contenders = [make(who, net, rule, given) for who in here]
    shadows = [Shadow(net, rule, given, SHADOWS * seed + k) for k in range(SHADOWS)]
    lockstep = Lockstep(net, dataset, given, contenders, shadows, epoch)

    def again():
        return [make(who, net, rule, given) for who in here]

    with one_thread(here):
        interrupted = lockstep.run(progress)
        verdict = judge(lockstep.records, lockstep.deviations, again, net, rule, given, seed)
        curves = {c.who: lockstep.curve(c) for c in contenders}
    return CurvesResult(
        schema="threeways/curves/1",
        environment=environment(seed),
        **verdict,
        largest_difference=_largest({who: record["loss"] for who, record in lockstep.records.items()}),
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


class Lockstep:
    """All contenders and shadows one step, then all the next: stopping early leaves curves of one length."""

    def __init__(self, net, dataset, given, contenders, shadows, epoch=None):
        self.net, self.dataset, self.given, self.epoch = net, dataset, given, epoch
        self.contenders, self.shadows = contenders, shadows
        self.records = {c.who: {"loss": [], "accuracy": [], "distance": []} for c in contenders}
        self.deviations = [{"loss": [], "distance": []} for _ in shadows]
        self.tested = {c.who: [] for c in contenders}
        self._x_test = dataset.x_test.astype(given.dtype)

    def run(self, progress=None):
        """Run to the end; True where Ctrl-C ended it before."""
        try:
            # Overflow and nan are what a run may come to; the verdict says so, not NumPy.
            with np.errstate(all="ignore"):
                for step in range(self.given.steps):
                    self._step(step)
                    if self.epoch and (step + 1) % self.epoch == 0:
                        for c in self.contenders:
                            self.tested[c.who].append(self._test(c))
                    if progress:
                        progress(step + 1, self.given.steps)
        except KeyboardInterrupt:
            everything = [*self.records.values(), *self.deviations]
            finished = min(len(values) for record in everything for values in record.values())
            for record in everything:
                for values in record.values():
                    del values[finished:]
            return True
        return False

    def _step(self, step):
        labels, reference = self.dataset.y_train[self.given.order[step]], None
        for c in self.contenders:
            record = self.records[c.who]
            record["accuracy"].append(accuracy(self.net, c.predict(c.batch(step)[0]), labels))
            record["loss"].append(c.step(step))
            here = c.params
            reference = here if reference is None else reference
            record["distance"].append(distance(here, reference))
        for shadow, deviation in zip(self.shadows, self.deviations, strict=True):
            loss = shadow.step(*self.given.batch(step))[0]
            deviation["loss"].append(abs(loss - self.records[self.contenders[0].who]["loss"][step]))
            deviation["distance"].append(distance(shadow.params, reference))

    def _test(self, contender):
        return accuracy(self.net, contender.predict(self._x_test), self.dataset.y_test)

    def curve(self, contender):
        """What the contender did, as it goes into the result."""
        record = self.records[contender.who]
        return Curve(
            name=contender.who,
            framework=FRAMEWORKS[contender.who],
            loss=tuple(record["loss"]),
            accuracy=None if None in record["accuracy"] else tuple(record["accuracy"]),
            distance=tuple(record["distance"]),
            tested=tuple(self.tested[contender.who]),
            test_accuracy=self._test(contender),
            final=contender.params,
        )


def _largest(losses):
    found = largest_difference(losses)
    return None if found is None else dict(zip(("value", "step", "one", "other"), found, strict=True))
