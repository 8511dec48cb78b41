"""Runs that others published, trained again by all three and compared with their figures."""

import csv
import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from .. import networks
from ..networks.data import Dataset
from .config import RUNS, Config, Published
from .contenders import Problem
from .training import CurvesResult, batch_order, side_by_side


def train_config(
    config: Config,
    source: str | None = None,
    steps: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> CurvesResult:
    """Train a Config by all three. source: data in place of the config's.  steps: fewer, for a look."""
    dataset = config.dataset(source)
    networks.require_fit(config.net, dataset)
    given, epoch = problem_of(config, dataset, config.seed, steps)
    result = side_by_side(given, dataset, progress, epoch=epoch)
    figures = against_published(config.published, config.source, result) if config.published else None
    return dataclasses.replace(result, run=config.name, published=figures)


def problem_of(
    config: Config, dataset: Dataset, seed: int, steps: int | None = None
) -> tuple[Problem, int | None]:
    """Return the Problem of a Config, and the steps of an epoch or None."""
    samples = len(dataset.x_train)
    batch = min(config.batch or samples, samples)
    epoch = None if config.epochs is None else samples // batch
    steps = steps or config.steps or (config.epochs or 0) * (epoch or 0)
    every = np.tile(np.arange(samples), (steps, 1))  # all samples, in their order, at every step
    order = batch_order(samples, batch, steps, seed) if batch < samples else every
    x, y = dataset.x_train.astype(config.dtype), networks.targets(config.net, dataset.y_train, config.dtype)
    return Problem(config.net, config.rule, config.initial(seed, config.dtype), x, y, order, seed), epoch


def against_published(published: Published, source: str, result: CurvesResult) -> dict:
    """Return the published figures next to those of each contender."""
    held: dict = {"source": source, "data": published.data or result.data}
    if published.curve:
        held |= _curves(read_curve(published.curve), result)
    if published.test_accuracy:
        held["test_accuracy"] = {
            what: {"published": figure, **{c.name: _tested(what, c.tested) for c in result.contenders}}
            for what, figure in published.test_accuracy.items()
        }
    return held


def read_curve(name: str) -> dict[str, list[float]]:
    """Return {"loss": [...], "accuracy": [...]} of a published curve that comes with the project."""
    with open(RUNS / name, encoding="utf-8", newline="") as rows:
        table = list(csv.DictReader(rows))
    return {
        "loss": [float(row["loss"]) for row in table],
        "accuracy": [float(row["accuracy_percent"]) / 100 for row in table],
    }


def _curves(published: dict[str, list[float]], result: CurvesResult) -> dict:
    held = {}
    for c in result.contenders:
        steps = min(len(c.loss), len(published["loss"]))
        if steps:
            gaps = np.abs(np.subtract(c.loss[:steps], published["loss"][:steps]))
            accuracy = c.accuracy[:steps] if c.accuracy else [np.nan] * steps
            same = np.isclose(accuracy, published["accuracy"][:steps], rtol=0, atol=1e-9)
            held[c.name] = {
                "steps": steps,
                "largest_loss_difference": float(gaps.max()),
                "accuracies_equal": int(same.sum()),
            }
    return {"curve": published, "held": held}


def _tested(what: str, tested: Sequence[float | None]) -> float | None:
    """Return the contender's own figure for "best" or "after_epoch_k"; None where the run was too short."""
    if what == "best":
        return max((t for t in tested if t is not None), default=None)
    epoch = int(what.rsplit("_", 1)[1])
    return tested[epoch] if epoch < len(tested) else None
