"""Runs that others published, trained again by all three and held against the figures."""

import csv
import dataclasses

import numpy as np

from .. import networks
from .config import RUNS, Config
from .contenders import Problem
from .training import CurvesResult, batch_order, side_by_side


def train_config(config: Config, source=None, steps=None, progress=None) -> CurvesResult:
    """Train a Config by all three. source: data in place of the config's.  steps: fewer, for a look."""
    dataset = config.dataset(source)
    networks.require_fit(config.net, dataset)
    given, epoch = problem_of(config, dataset, config.seed, steps)
    result = side_by_side(config.net, config.rule, given, dataset, config.seed, progress, epoch=epoch)
    return dataclasses.replace(result, run=config.name, published=against_published(config, result))


def problem_of(config, dataset, seed, steps=None):
    """(Problem, steps in an epoch or None) of a Config."""
    samples = len(dataset.x_train)
    batch = samples if config.batch is None else min(config.batch, samples)
    epoch = None if config.epochs is None else samples // batch
    steps = steps or config.steps or config.epochs * epoch
    order = batch_order(samples, batch, steps, seed) if batch < samples else every_sample(samples, steps)
    x, y = dataset.x_train.astype(config.dtype), networks.targets(config.net, dataset.y_train, config.dtype)
    return Problem(config.initial(seed, config.dtype), x, y, order), epoch


def every_sample(samples, steps):
    """The order of full batches: all samples, in their order, at every step."""
    return np.tile(np.arange(samples), (steps, 1))


def against_published(config, result):
    """The published figures beside ours, or None where there are none."""
    if not config.published:
        return None
    held = {"source": config.source, "data": config.published.get("data", result.data)}
    if "curve" in config.published:
        held |= _curves(read_curve(config.published["curve"]), result)
    if "test_accuracy" in config.published:
        held["test_accuracy"] = {
            what: {"published": figure, **{c.name: _tested(what, c.tested) for c in result.contenders}}
            for what, figure in config.published["test_accuracy"].items()
        }
    return held


def read_curve(name):
    """{"loss": [...], "accuracy": [...]} of a published curve that comes with the project."""
    with open(RUNS / name, encoding="utf-8", newline="") as rows:
        table = list(csv.DictReader(rows))
    return {
        "loss": [float(row["loss"]) for row in table],
        "accuracy": [float(row["accuracy_percent"]) / 100 for row in table],
    }


def _curves(published, result):
    held = {}
    for c in result.contenders:
        steps = min(len(c.loss), len(published["loss"]))
        if steps:
            gaps = np.abs(np.subtract(c.loss[:steps], published["loss"][:steps]))
            same = np.isclose(c.accuracy[:steps], published["accuracy"][:steps], rtol=0, atol=1e-9)
            held[c.name] = {
                "steps": steps,
                "largest_loss_difference": float(gaps.max()),
                "accuracies_equal": int(same.sum()),
            }
    return {"curve": published, "held": held}


def _tested(what, tested):
    """The contender's own figure for "best" or "after_epoch_k"; None where the run was too short."""
    if what == "best":
        return max(tested, default=None)
    epoch = int(what.rsplit("_", 1)[1])
    return tested[epoch] if epoch < len(tested) else None
