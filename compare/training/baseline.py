"""A baseline: all three over several seeds, split once, the best epoch by validation, resumable at every epoch."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..common.results import Displayed, environment, plain, write_json
from ..witnesses import absent
from .checkpoints import Checkpoints, claim, digest, save_arrays
from .contenders import Contender, Problem, one_thread
from .lockstep import FRAMEWORKS, THRESHOLDS, accuracy
from .peer import run_peer
from .statistics import interval, paired, sampling_error

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


@dataclass(frozen=True)
class BaselineResult(Displayed):
    """The raw result of `threeways baseline`. runs: one for each implementation and seed, with its epochs."""

    schema: str
    environment: dict
    ok: bool
    name: str
    title: str
    settings: dict
    samples: dict
    starts: tuple
    runs: tuple
    summary: tuple
    differences: tuple
    peer: dict
    published: dict | None
    test_evaluations: int

    @property
    def exit_code(self):
        return 0 if self.ok else 1


def split(config, dataset):
    """The Split of a data set under this config. Raises UserError where there is no test set."""
    if not len(dataset.x_test):
        raise UserError(f"{dataset.name} has no test samples: a baseline needs some")
    if config.epochs is None:
        raise UserError(f"the run {config.name} counts steps; a baseline needs epochs")
    if config.net.fields["sizes"][-1] == 1 and config.net.fields["criterion"] not in THRESHOLDS:
        raise UserError(f"the run {config.name} is no classifier: a baseline needs accuracies")
    order = np.random.default_rng(0).permutation(len(dataset.x_train))
    held, kept = order[: len(order) // VALIDATION], order[len(order) // VALIDATION :]
    x = dataset.x_train.astype(config.dtype)
    return Split(
        x[kept],
        networks.targets(config.net, dataset.y_train[kept], config.dtype),
        dataset.y_train[kept],
        x[held],
        dataset.y_train[held],
        dataset.x_test.astype(config.dtype),
        dataset.y_test,
    )


def start(config, parts, seed):
    """The Problem of one seed: initial parameters, and each epoch's shuffle cut into whole batches."""
    samples = len(parts.x)
    batch = min(config.batch or samples, samples)
    rng = np.random.default_rng([seed, 2])
    shuffles = [rng.permutation(samples)[: samples // batch * batch] for _ in range(config.epochs)]
    order = np.concatenate(shuffles).reshape(-1, batch)
    return Problem(config.initial(seed, config.dtype), parts.x, parts.y, order)


def baseline(config, dataset, seeds, out, progress=None) -> BaselineResult:
    """Run, or go on with, a baseline in the folder `out`; everything finished there is kept and not run again.

    config: from config.read.  seeds: a list of integers.  progress(done, epochs) is called after each epoch.
    """
    networks.require_fit(config.net, dataset)
    parts = split(config, dataset)
    out = Path(out)
    claim(out, _settings(config, dataset))
    here = [who for who in FRAMEWORKS if not absent(who)]
    total, done = len(seeds) * len(here) * config.epochs, 0
    starts, runs, peers = [], [], []
    for seed in seeds:
        given = start(config, parts, seed)
        starts.append(_keep_start(out / f"seed-{seed}", given, seed))
        for who in here:
            checkpoints = Checkpoints(out / f"seed-{seed}" / who)
            with one_thread([who]), np.errstate(all="ignore"):
                for _ in epochs(who, config, given, parts, checkpoints):
                    done += 1
                    if progress:
                        progress(done, total)
                runs.append(finished_run(who, seed, config, given, parts, checkpoints))
        peers.append(run_peer(config, parts, seed, out / f"seed-{seed}" / "scikit-learn.json"))
    result = _result(config, dataset, parts, seeds, starts, runs, peers)
    write_json(out / "report.json", result)
    return result


def epochs(who, config, given, parts, checkpoints):
    """Train what is not there yet; yields the number of each epoch once it is on disk."""
    contender = Contender(who, config.net, config.rule, given)
    finished = min(checkpoints.finished(), config.epochs)
    yield from range(finished)
    if finished:
        checkpoints.restore(finished - 1, contender)
    steps = given.steps // config.epochs
    for epoch in range(finished, config.epochs):
        losses = [contender.step(step) for step in range(epoch * steps, (epoch + 1) * steps)]
        checkpoints.save(epoch, contender, _measured(epoch, losses, contender, config, parts))
        yield epoch


def _measured(epoch, losses, contender, config, parts):
    """Loss and accuracy of an epoch, and at its end the gradient's norm by array over all training samples."""
    targets = networks.targets(config.net, parts.labels_validation, config.dtype)
    _, grads = contender.gradients_on(parts.x, parts.y)
    validation_loss, _ = contender.gradients_on(parts.x_validation, targets)
    return {
        "epoch": epoch,
        "train_loss": float(np.mean(losses)),
        "validation_loss": validation_loss,
        "validation_accuracy": accuracy(
            config.net, contender.predict(parts.x_validation), parts.labels_validation
        ),
        "gradient_norm": {name: float(np.linalg.norm(g.astype(np.float64))) for name, g in grads.items()},
    }


def finished_run(who, seed, config, given, parts, checkpoints):
    """One run: its epochs, and the test accuracy at the best by validation, the only use of the test set."""
    measured = [checkpoints.measured(epoch) for epoch in range(config.epochs)]
    best = max(range(config.epochs), key=lambda epoch: measured[epoch]["validation_accuracy"] or 0.0)
    contender = Contender(who, config.net, config.rule, given)
    checkpoints.restore(best, contender)
    return {
        "implementation": who,
        "seed": seed,
        "settings": config.rule.describe(),
        "best_epoch": best,
        "test_accuracy": accuracy(config.net, contender.predict(parts.x_test), parts.labels_test),
        "parameters_sha256": digest(contender.params),
        "epochs": measured,
    }


def _keep_start(folder, given, seed):
    """start.npz, what this seed began from: NumPy does not promise its streams across versions, files last."""
    folder.mkdir(parents=True, exist_ok=True)
    parameters = {f"param.{name}": array for name, array in given.params.items()}
    path = folder / "start.npz"
    if not path.exists():
        save_arrays(path, parameters | {"order": given.order})
    return {
        "seed": seed,
        "parameters_sha256": digest(given.params),
        "batch_order_sha256": digest({"order": given.order}),
        "file": f"{folder.name}/{path.name}",
    }


def _settings(config, dataset):
    """What a folder is bound to: going on with anything else would mix two experiments."""
    whole = {
        "x_train": dataset.x_train,
        "y_train": dataset.y_train,
        "x_test": dataset.x_test,
        "y_test": dataset.y_test,
    }
    said = plain({**dataclasses.asdict(config), "net": config.net.describe(), "rule": config.rule.describe()})
    versions = environment()["versions"]
    return {
        **{key: value for key, value in said.items() if key not in ("published", "title", "source")},
        "data_sha256": digest(whole),
        "versions": {name: versions[name] for name in ("numpy", "torch", "jax", "optax")},
    }


def _result(config, dataset, parts, seeds, starts, runs, peers):
    accuracies = {}
    for run in runs:
        accuracies.setdefault(run["implementation"], {})[run["seed"]] = run["test_accuracy"]
    with_peer = [peer for peer in peers if peer["test_accuracy"] is not None]
    if with_peer:
        accuracies["scikit-learn"] = {peer["seed"]: peer["test_accuracy"] for peer in with_peer}
    tests = len(parts.labels_test)
    summary = [
        {
            "implementation": who,
            "seeds": len(by_seed),
            **interval(list(by_seed.values())),
            "test_set_standard_error": sampling_error(float(np.mean(list(by_seed.values()))), tests),
        }
        for who, by_seed in accuracies.items()
    ]
    return BaselineResult(
        schema="threeways/baseline/1",
        environment=environment(seeds[0]),
        ok=all(np.isfinite(run["epochs"][-1]["train_loss"]) for run in runs),
        name=config.name,
        title=config.title,
        settings=_settings(config, dataset),
        samples={"train": len(parts.labels), "validation": len(parts.labels_validation), "test": tests},
        starts=tuple(starts),
        runs=tuple(runs),
        summary=tuple(summary),
        differences=tuple(paired(accuracies)),
        peer={"name": "scikit-learn MLPClassifier", "runs": peers},
        published={"source": config.source, **config.published} if config.published else None,
        test_evaluations=len(runs) + len(with_peer),
    )
