"""A sweep: many cells over processes or machines, one file each, so that no kill loses what is finished."""

import hashlib
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import networks
from ..common.errors import UserError
from ..common.results import Displayed, environment, number, plain
from ..common.shapes import check, damaged
from ..common.tables import as_csv
from . import config as configs
from .cells import Cell, run_cell
from .checkpoints import bound
from .kept import Kept
from .measured import Run
from .protocol import split
from .workers import by_dask, by_processes, died

ATTEMPTS = 5  # pools in a row that may die without finishing a cell


@dataclass(frozen=True)
class SweepResult(Displayed):
    """The raw result of `threeways sweep`. runs: one for each cell; trials: one for each setting.

    budget: for each implementation the expected best validation accuracy of 1, 2, ... settings tried.
    files: the sha256 of each cell's file and of the settings, by its place in the folder.
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
    files: dict[str, str]

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
    with Kept(Path(out), settings(name, cells)) as kept:
        failures = 0
        while todo := [cell for cell in cells if not kept.has(_file(cell))]:
            done = len(cells) - len(todo)
            try:
                results = (
                    by_dask(run_cell, todo, scheduler)
                    if scheduler is not None
                    else by_processes(run_cell, todo, workers)
                )
                for cell, run in results:
                    _fits(run, cell, f"what cell {cell.id} gave")
                    kept.write_json(_file(cell), run)
                    done, failures = done + 1, 0
                    if progress:
                        progress(done, len(cells))
            except died() as error:
                failures += 1
                if failures >= ATTEMPTS:
                    raise UserError(
                        f"{failures} pools of workers died in a row ({type(error).__name__}): out of memory?"
                    ) from error
        runs = [_read(kept, cell) for cell in cells]
        result = summarised(name, runs, kept.files())
        kept.write_json("report.json", result)
        kept.write("table.csv", table_csv(result))
    return result


def settings(name: str, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return what binds a folder: every value of every key of the TOML, the data and the versions."""
    said: dict[str, set[str]] = {}
    for cell in cells:
        for section, values in json.loads(cell.said).items():
            for key, value in values.items() if isinstance(values, dict) else [("", values)]:
                said.setdefault(f"{section}.{key}".rstrip("."), set()).add(json.dumps(value, sort_keys=True))
    config = configs.checked(cells[0].name, json.loads(cells[0].said))
    dataset = config.dataset(cells[0].source)
    networks.require_fit(config.net, dataset)
    split(config, dataset)  # refused here, before anything runs
    return {
        "sweep": name,
        **{key: sorted(values) for key, values in said.items()},
        **bound(dataset),
        "implementations": sorted({cell.implementation for cell in cells}),
        "seeds": sorted({cell.seed for cell in cells}),
        "cells_sha256": hashlib.sha256(json.dumps([cell.id for cell in cells]).encode()).hexdigest(),
    }


def _file(cell: Cell) -> str:
    return f"cells/{cell.id}.json"


def _read(kept: Kept, cell: Cell) -> dict:
    found = kept.read_json(_file(cell), Run)
    _fits(found, cell, str(kept.folder / _file(cell)))
    return found


def _fits(run: Any, cell: Cell, where: str) -> None:
    """Raise UserError where it is no run, or that of another cell."""
    with damaged(where):
        check(plain(run), Run)
        there = (run["id"], run["implementation"], run["seed"], run["settings"])
        if there != (cell.id, cell.implementation, cell.seed, json.loads(cell.setting)):
            raise UserError(f"{where} is another cell's")
        if run["test_accuracy"] is None or None in [e["validation_accuracy"] for e in run["epochs"]]:
            raise UserError(f"{where} has no accuracy")


def summarised(name: str, runs: Sequence[dict], files: dict[str, str]) -> SweepResult:
    """Return the SweepResult of finished runs."""

    def key(run: dict) -> tuple[str, str]:
        return run["implementation"], json.dumps(run["settings"], sort_keys=True)

    trials = []
    for (who, setting), same in itertools.groupby(sorted(runs, key=key), key):
        group = list(same)
        best = [number(run["epochs"][run["best_epoch"]]["validation_accuracy"]) for run in group]
        trials.append(
            {
                "implementation": who,
                "settings": json.loads(setting),
                "seeds": [run["seed"] for run in group],
                "validation_accuracy": float(np.mean(best)),
                "test_accuracy": float(np.mean([number(run["test_accuracy"]) for run in group])),
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
        files=files,
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
