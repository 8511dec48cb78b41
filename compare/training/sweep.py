"""A sweep: many cells over processes or machines, one file each, so that no kill loses what is finished."""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.errors import UserError
from ..common.results import Displayed, environment, write_json, write_text
from ..common.tables import as_csv
from .cells import Cell, run_cell
from .checkpoints import claim

ATTEMPTS = 5  # pools in a row that may die without finishing a cell
PATIENCE = 20  # seconds for a dask scheduler to answer


@dataclass(frozen=True)
class SweepResult(Displayed):
    """The raw result of `threeways sweep`. runs: one for each cell; trials: one for each setting.

    budget: for each implementation the expected best validation accuracy of 1, 2, ... settings tried.
    """

    schema: str
    environment: dict
    ok: bool
    name: str
    over: tuple[str, ...]
    runs: tuple[dict, ...]
    trials: tuple[dict, ...]
    budget: dict[str, list[float]]
    test_evaluations: int

    @property
    def exit_code(self) -> int:
        """The exit status of the command."""
        return 0 if self.ok else 1


def sweep(
    name: str,
    cells: Sequence[Cell],
    out: str | Path,
    workers: int = 2,
    scheduler: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> SweepResult:
    """Run the cells that the folder `out` does not have yet. progress(done, cells) is called after each.

    workers: processes of this machine.  scheduler: the address of a dask scheduler instead, for many machines.
    """
    out = Path(out)
    claim(out, {"sweep": name})
    (out / "cells").mkdir(exist_ok=True)
    failures = 0
    while todo := [cell for cell in cells if not _file(out, cell).exists()]:
        done = len(cells) - len(todo)
        try:
            for run in _unordered(todo, workers, scheduler):
                write_json(out / "cells" / f"{run['id']}.json", run)
                done, failures = done + 1, 0
                if progress:
                    progress(done, len(cells))
        except _pool_died() as error:
            failures += 1
            if failures >= ATTEMPTS:
                raise UserError(
                    f"{failures} pools of workers died in a row ({type(error).__name__}): out of memory?"
                ) from error
    runs = [json.loads(_file(out, cell).read_text(encoding="utf-8")) for cell in cells]
    result = summarised(name, runs)
    write_json(out / "report.json", result)
    write_text(out / "table.csv", table_csv(result))
    return result


def _file(out: Path, cell: Cell) -> Path:
    return out / "cells" / f"{cell.id}.json"


def _unordered(todo: Sequence[Cell], workers: int, scheduler: str | None) -> Iterator[dict]:
    """Yield results as they come, by joblib's processes or by dask's workers."""
    import joblib

    with contextlib.ExitStack() as stack:
        if scheduler:
            try:
                from distributed import Client, as_completed
            except ImportError as error:
                raise UserError("--scheduler needs dask: pip install 'threeways[distributed]'") from error
            try:
                client = stack.enter_context(Client(scheduler, timeout=PATIENCE))
            except OSError as error:
                raise UserError(f"no dask scheduler answers at {scheduler}: {error}") from error
            futures = [
                client.submit(run_cell, cell, key=f"threeways-{cell.id}", retries=ATTEMPTS) for cell in todo
            ]
            yield from (future.result() for future in as_completed(futures))
        else:
            pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
            yield from pool(joblib.delayed(run_cell)(cell) for cell in todo)


def _pool_died() -> tuple[type[Exception], ...]:
    """Return the exceptions that a killed worker raises."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        from distributed.scheduler import KilledWorker
    except ImportError:
        return (BrokenProcessPool,)
    return (BrokenProcessPool, KilledWorker)


def summarised(name: str, runs: Sequence[dict]) -> SweepResult:
    """Return the SweepResult of finished runs."""

    def key(run: dict) -> tuple[str, str]:
        return run["implementation"], json.dumps(run["settings"], sort_keys=True)

    trials = []
    for (who, setting), same in itertools.groupby(sorted(runs, key=key), key):
        group = list(same)
        best = [run["epochs"][run["best_epoch"]]["validation_accuracy"] for run in group]
        trials.append(
            {
                "implementation": who,
                "settings": json.loads(setting),
                "seeds": [run["seed"] for run in group],
                "validation_accuracy": float(np.mean(best)),
                "test_accuracy": float(np.mean([run["test_accuracy"] for run in group])),
            }
        )
    names = sorted({trial["implementation"] for trial in trials})
    return SweepResult(
        schema="threeways/sweep/1",
        environment=environment(),
        ok=True,
        name=name,
        over=tuple(sorted(runs[0]["settings"])),
        runs=tuple(runs),
        trials=tuple(sorted(trials, key=lambda t: -t["validation_accuracy"])),
        budget={
            who: expected_best([t["validation_accuracy"] for t in trials if t["implementation"] == who])
            for who in names
        },
        test_evaluations=len(runs),
    )


def expected_best(values: Sequence[float]) -> list[float]:
    """Return E of the best of 1, 2, ..., n, drawn with replacement from these (Dodge et al. 2019, eq. 4)."""
    ordered, n = np.sort(values), len(values)
    share = np.arange(n + 1) / n
    return [float((ordered * np.diff(share**budget)).sum()) for budget in range(1, n + 1)]


def table_csv(result: SweepResult) -> str:
    """Return one row for each setting and implementation, the best by validation first."""
    rows = []
    for trial in result.trials:
        values = [trial["settings"][key] for key in result.over]
        accuracies = (trial["validation_accuracy"], trial["test_accuracy"])
        rows.append([trial["implementation"], *values, len(trial["seeds"]), *accuracies])
    return as_csv(["implementation", *result.over, "seeds", "validation_accuracy", "test_accuracy"], rows)
