"""A baseline: all three over several seeds, split once, the best epoch by validation, resumable at every epoch."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..common.results import Displayed, environment, number, plain
from ..common.statistics import mean_interval, sampling_error
from ..networks.data import Dataset
from ..user.trio.trio import Trio
from ..witnesses import absent
from . import config as configs
from .checkpoints import Checkpoints, archive, bound, digest
from .config import Config
from .contenders import Problem, training_process
from .kept import Kept
from .lockstep import FRAMEWORKS
from .measured import Peer, Run
from .peer import run_peer
from .protocol import Split, epochs, finished_run, split, start

Accuracies = dict[str, dict[int, float]]  # {implementation: {seed: test accuracy}}


@dataclass(frozen=True)
class BaselineResult(Displayed):
    """The raw result of `threeways baseline`. runs: one for each implementation and seed, with its epochs.

    measure: what `summary` and `differences` are of: "test accuracy", or "test loss" of a user's network.
    files: the sha256 of each file that a resumed run goes on from, by its place in the folder.
    """

    schema: str
    environment: dict
    ok: bool
    name: str
    title: str
    settings: dict
    samples: dict[str, int]
    starts: tuple[dict, ...]
    runs: tuple[Run, ...]
    summary: tuple[dict, ...]
    differences: tuple[dict, ...]
    peer: dict
    published: dict | None
    test_evaluations: int
    files: dict[str, str]
    measure: str = "test accuracy"

    @property
    def exit_code(self) -> int:
        """0, or 1 where a loss is not finite."""
        return 0 if self.ok else 1


def baseline(
    config: Config,
    dataset: Dataset,
    seeds: Sequence[int],
    out: str | Path,
    progress: Callable[[int, int], object] | None = None,
) -> BaselineResult:
    """Run, or go on with, a baseline in the folder `out`; what is finished there is kept and not run again.

    config: from config.read.  progress(done, epochs) is called after each epoch.
    """
    if not isinstance(config.net, Trio):
        networks.require_fit(config.net, dataset)
    parts = split(config, dataset)
    own = config.net.absent if isinstance(config.net, Trio) else {}
    here = [who for who in FRAMEWORKS if not (own.get(who) or absent(who))]
    total, done = len(seeds) * len(here) * (config.epochs or 0), 0
    starts, runs, peers = [], [], []
    with Kept(Path(out), settings(config, dataset)) as kept:
        for seed in seeds:
            given = start(config, parts, seed)
            starts.append(_keep_start(kept, f"seed-{seed}/start.npz", given))
            for who in here:
                checkpoints = Checkpoints(kept, f"seed-{seed}/{who}")
                with training_process([who]):
                    for _ in epochs(who, config, given, parts, checkpoints):
                        done += 1
                        if progress:
                            progress(done, total)
                    runs.append(finished_run(who, config, given, parts, checkpoints))
            peers.append(run_peer(config, parts, seed, kept, f"seed-{seed}/scikit-learn.json"))
        result = _result(config, dataset, parts, seeds, starts, runs, peers, kept.files())
        kept.write_json("report.json", result)
    return result


def baseline_of(
    trio: Trio, config: str, seeds: int, epochs: int | None, out: str, progress: Callable | None = None
) -> BaselineResult:
    """Run the baseline of a TOML file whose network is a user's; its best epoch and its test are by the loss."""
    said = with_epochs(configs.read(config, trio), epochs)
    return baseline(said, said.dataset(), [said.seed + k for k in range(seeds)], out, progress)


def with_epochs(config: Config, epochs: int | None) -> Config:
    """Return the config with so many epochs; with its own for None."""
    return config if epochs is None else dataclasses.replace(config, epochs=epochs, steps=None)


def _keep_start(kept: Kept, name: str, given: Problem) -> dict:
    """Write start.npz, where this seed begins: NumPy does not promise its streams across versions, files last."""
    content = archive({f"param.{n}": array for n, array in given.params.items()} | {"order": given.order})
    if not kept.has(name):
        kept.write(name, content)
    elif hashlib.sha256(content).hexdigest() != kept.sums[name]:
        raise UserError(f"{kept.folder / name} is not where seed {given.seed} starts; give another --out")
    return {
        "seed": given.seed,
        "parameters_sha256": digest(given.params),
        "batch_order_sha256": digest({"order": given.order}),
        "file": name,
    }


def settings(config: Config, dataset: Dataset) -> dict:
    """Return the settings that bind a folder: going on with any others would mix two experiments."""
    said = plain({**dataclasses.asdict(config), "net": config.net.describe(), "rule": config.rule.describe()})
    return {
        **{key: value for key, value in said.items() if key not in ("published", "title", "source")},
        **bound(dataset),
    }


def _result(
    config: Config,
    dataset: Dataset,
    parts: Split,
    seeds: Sequence[int],
    starts: list[dict],
    runs: list[Run],
    peers: list[Peer],
    files: dict[str, str],
) -> BaselineResult:
    tested = [peer for peer in peers if peer["test_accuracy"] is not None]
    alone = isinstance(config.net, Trio)
    what = "test_loss" if alone else "test_accuracy"
    each = [(run["implementation"], run["seed"], run[what]) for run in runs]  # type: ignore[literal-required]
    each += [("scikit-learn", peer["seed"], peer["test_accuracy"]) for peer in tested]
    accuracies: Accuracies = {}
    for who, seed, value in each:
        accuracies.setdefault(who, {})[seed] = number(value)
    tests = len(parts.labels_test)
    published = config.published and {k: v for k, v in vars(config.published).items() if v is not None}
    return BaselineResult(
        schema="threeways/baseline/1",
        environment=environment(seeds[0]),
        ok=all(np.isfinite(number(run["epochs"][-1]["train_loss"])) for run in runs),
        name=config.name,
        title=config.title,
        settings=settings(config, dataset),
        samples={"train": len(parts.labels), "validation": len(parts.labels_validation), "test": tests},
        starts=tuple(starts),
        runs=tuple(runs),
        summary=tuple(
            {
                "implementation": who,
                "seeds": len(by_seed),
                **vars(found := mean_interval(list(by_seed.values()))),
                "test_set_standard_error": None if alone else sampling_error(found.mean, tests),
            }
            for who, by_seed in accuracies.items()
        ),
        differences=tuple(differences(accuracies)),
        peer={"name": "scikit-learn MLPClassifier", "runs": peers},
        published={"source": config.source, **published} if published else None,
        test_evaluations=len(runs) + len(tested),
        files=files,
        measure=what.replace("_", " "),
    )


def differences(accuracies: Accuracies) -> Iterator[dict]:
    """Compare every two implementations seed by seed: those that share a seed are never pooled."""
    for one, other in combinations(accuracies, 2):
        seeds = sorted(accuracies[one].keys() & accuracies[other].keys())
        if seeds:
            each = [accuracies[one][s] - accuracies[other][s] for s in seeds]
            about = {"one": one, "other": other, "seeds": seeds, "differences": each}
            yield about | vars(mean_interval(each))
