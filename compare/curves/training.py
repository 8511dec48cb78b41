"""The three trained side by side from the same parameters over the same batches."""

from dataclasses import dataclass

import numpy as np

from .. import networks, optimizers
from ..data import Dataset
from ..errors import INTERRUPTED, WRONG, UserError
from ..results import environment
from ..witnesses import absent
from .contenders import Contender, Problem
from .divergence import TOLERANCE, first_divergence, largest_difference, odd_one_out

FRAMEWORKS = {"hand": "numpy", "torch": "torch", "jax": "jax"}


@dataclass(frozen=True)
class Curve:
    """What one contender did: at each step the loss and the share of the batch it got right, before it."""

    name: str
    framework: str
    absent: str | None = None  # why it did not take part
    loss: tuple = ()
    accuracy: tuple | None = ()  # None where the network is no classifier
    test_accuracy: float | None = None
    final: dict | None = None  # the parameters after the last step


@dataclass(frozen=True)
class CurvesResult:
    """The raw result of `threeways curves`. `first_divergence` is a step (the first is 0) or None."""

    schema: str
    environment: dict
    ok: bool
    first_divergence: int | None
    reason: str
    odd_one_out: str | None
    largest_difference: dict | None
    tolerance: float
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
        return INTERRUPTED if self.interrupted else 0 if self.ok else WRONG


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
    optimizer: str = "sgd",
    progress=None,
) -> CurvesResult:
    """Train `net` by hand, by torch and by jax, and say whether and where their losses part.

    net: from compare.networks.network.  dataset: from compare.data.load.  progress(done, steps) is called
    after each step. Ctrl-C ends early with the steps that all contenders finished. Raises UserError for
    unusable settings.
    """
    rule = optimizers.optimizer(optimizer, rate)
    given = problem(net, dataset, steps, batch, seed, dtype)
    missing = {who: absent(who) for who in FRAMEWORKS}
    contenders = [Contender(who, net, rule, given) for who in FRAMEWORKS if not missing[who]]
    losses, accuracies, interrupted = _lockstep(contenders, dataset.y_train, given.steps, progress)
    curves = {c.who: _curve(c, losses[c.who], accuracies[c.who], dataset, dtype) for c in contenders}
    tolerance = TOLERANCE[dtype]
    step = first_divergence(losses, tolerance)
    return CurvesResult(
        schema="threeways/curves/1",
        environment=environment(seed),
        ok=step is None,
        first_divergence=step,
        reason=_reason(step, losses, tolerance),
        odd_one_out=None if step is None else odd_one_out(losses, step, tolerance),
        largest_difference=_largest(losses),
        tolerance=tolerance,
        contenders=tuple(curves.get(who) or Curve(who, FRAMEWORKS[who], missing[who]) for who in FRAMEWORKS),
        envelope=None,
        network=net.describe(),
        data=dataset.name,
        optimizer=optimizer,
        steps=steps,
        batch=batch,
        rate=rate,
        seed=seed,
        dtype=dtype,
        interrupted=interrupted,
    )


def _lockstep(contenders, labels, steps, progress):
    """All contenders one step, then all the next, so that stopping early leaves curves of one length."""
    losses = {c.who: [] for c in contenders}
    accuracies = {c.who: [] for c in contenders}
    try:
        for step in range(steps):
            done = [c.step(step) for c in contenders]
            for c, (loss, prediction) in zip(contenders, done, strict=True):
                losses[c.who].append(loss)
                accuracies[c.who].append(accuracy(prediction, labels[c.rows(step)]))
            if progress:
                progress(step + 1, steps)
    except KeyboardInterrupt:
        finished = min(map(len, accuracies.values()), default=0)
        return _cut(losses, finished), _cut(accuracies, finished), True
    return losses, accuracies, False


def _cut(curves, length):
    return {name: values[:length] for name, values in curves.items()}


def _curve(contender, loss, right, dataset, dtype):
    return Curve(
        name=contender.who,
        framework=FRAMEWORKS[contender.who],
        loss=tuple(loss),
        accuracy=None if None in right else tuple(right),
        test_accuracy=accuracy(contender.predict(dataset.x_test.astype(dtype)), dataset.y_test),
        final=contender.params,
    )


def _reason(step, losses, tolerance):
    if len(losses) < 2:
        return "only one contender took part: nothing to compare"
    if step is None:
        return f"every two losses are within {tolerance:g} of each other, relative, at every step"
    if not all(np.isfinite(curve[step]) for curve in losses.values()):
        return "a loss is not finite"
    return f"two losses are more than {tolerance:g} apart, relative"


def _largest(losses):
    found = largest_difference(losses)
    return None if found is None else dict(zip(("value", "step", "one", "other"), found, strict=True))
