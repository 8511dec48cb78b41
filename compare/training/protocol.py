"""The protocol of a baseline and of a sweep's cell: one split, whole batches, the best epoch by validation."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..networks.data import Dataset
from ..user.trio.trio import Trio
from .checkpoints import Store, digest
from .config import Config
from .contenders import Contender, Problem
from .lockstep import THRESHOLDS, accuracy
from .measured import Epoch, Run

MOST_DRAWN = 1 << 28  # samples in the batches of all epochs: 2 GB of numbers
VALIDATION = 6  # every sixth training sample, after one fixed shuffle, is held out


@dataclass(frozen=True)
class Split:
    """Training, validation and test samples, made once in NumPy: the same for all seeds and implementations."""

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    x_validation: np.ndarray
    labels_validation: np.ndarray
    x_test: np.ndarray
    labels_test: np.ndarray


def split(config: Config, dataset: Dataset) -> Split:
    """Return the Split of a data set under this config. Raises UserError where it gives no accuracies by epoch."""
    if not len(dataset.x_test):
        raise UserError(f"{dataset.name} has no test samples: a baseline needs some")
    if len(dataset.x_train) < VALIDATION:
        raise UserError(
            f"{dataset.name} has {len(dataset.x_train)} training samples; {VALIDATION} are needed"
        )
    if config.epochs is None:
        raise UserError(f"the run {config.name} counts steps; a baseline needs epochs")
    if config.epochs * len(dataset.x_train) > MOST_DRAWN:
        raise UserError(
            f"[training] epochs {config.epochs}: at most {MOST_DRAWN // len(dataset.x_train)} can be drawn"
        )
    if (
        not isinstance(config.net, Trio)
        and config.net.fields["sizes"][-1] == 1
        and config.net.fields["criterion"] not in THRESHOLDS
    ):
        raise UserError(f"the run {config.name} is no classifier: a baseline needs accuracies")
    order = np.random.default_rng(0).permutation(len(dataset.x_train))
    held, kept = order[: len(order) // VALIDATION], order[len(order) // VALIDATION :]
    x = networks.inputs(dataset.x_train, config.dtype)
    return Split(
        x=x[kept],
        y=targets(config, dataset.y_train[kept]),
        labels=dataset.y_train[kept],
        x_validation=x[held],
        labels_validation=dataset.y_train[held],
        x_test=networks.inputs(dataset.x_test, config.dtype),
        labels_test=dataset.y_test,
    )


def targets(config: Config, labels: np.ndarray) -> np.ndarray:
    """Return labels as the criterion takes them; a user's loss takes them as they are."""
    if isinstance(config.net, Trio):
        return networks.inputs(labels, config.dtype)
    return networks.targets(config.net, labels, config.dtype)


def start(config: Config, parts: Split, seed: int) -> Problem:
    """Return the Problem of one seed: initial parameters, and each epoch's shuffle cut into whole batches."""
    samples = len(parts.x)
    batch = min(config.batch or samples, samples)
    rng = np.random.default_rng([seed, 2])
    shuffles = [rng.permutation(samples)[: samples // batch * batch] for _ in range(config.epochs or 0)]
    order = np.concatenate(shuffles).reshape(-1, batch)
    params = config.initial(seed, config.dtype)
    return Problem(config.net, config.rule, params, parts.x, parts.y, order, seed)


def epochs(who: str, config: Config, given: Problem, parts: Split, store: Store) -> Iterator[int]:
    """Train the epochs that the store has not; yield the number of each epoch once the store has it."""
    contender, total = Contender(who, given), config.epochs or 0
    finished = min(store.finished(), total)
    yield from range(finished)
    if finished:
        store.restore(finished - 1, contender)
    steps = given.steps // total
    for epoch in range(finished, total):
        losses = [contender.step(step) for step in range(epoch * steps, (epoch + 1) * steps)]
        store.save(epoch, contender, _measured(epoch, losses, contender, config, parts))
        yield epoch


def _measured(epoch: int, losses: list[float], contender: Contender, config: Config, parts: Split) -> Epoch:
    """Return loss and accuracy of an epoch, and the gradient's norm at its end over all training samples."""
    wanted = targets(config, parts.labels_validation)
    _, grads = contender.gradients_on(parts.x, parts.y)
    prediction = contender.predict(parts.x_validation)
    return {
        "epoch": epoch,
        "train_loss": float(np.mean(losses)),
        "validation_loss": contender.gradients_on(parts.x_validation, wanted)[0],
        "validation_accuracy": accuracy(config.net, prediction, parts.labels_validation),
        "gradient_norm": {name: float(np.linalg.norm(g.astype(np.float64))) for name, g in grads.items()},
    }


def finished_run(who: str, config: Config, given: Problem, parts: Split, store: Store) -> Run:
    """Return a run: its epochs, and the test accuracy (or loss) at the best by validation, the test set's only use."""
    measured = [store.measured(epoch) for epoch in range(config.epochs or 0)]
    alone = isinstance(config.net, Trio)  # a loss and no prediction

    def quality(epoch: int) -> float:
        return -measured[epoch]["validation_loss"] if alone else measured[epoch]["validation_accuracy"] or 0.0

    best = max(range(len(measured)), key=quality)
    contender = Contender(who, given)
    store.restore(best, contender)
    run: Run = {
        "implementation": who,
        "seed": given.seed,
        "settings": config.rule.describe(),
        "best_epoch": best,
        "test_accuracy": accuracy(config.net, contender.predict(parts.x_test), parts.labels_test),
        "parameters_sha256": digest(contender.params),
        "epochs": measured,
    }
    if alone:
        run["test_loss"] = contender.gradients_on(parts.x_test, targets(config, parts.labels_test))[0]
    return run
