"""One cell of a sweep: a setting, an implementation and a seed, run in any process on any machine."""

import copy
import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..common.errors import UserError, nearest
from ..common.mapping import Count, filled, fits, known
from . import config as configs
from .checkpoints import Memory
from .contenders import training_process
from .lockstep import FRAMEWORKS
from .protocol import Split, epochs, finished_run, split, start

# Where a swept name is in the TOML; width, depth and activation make the hidden layers together.
PLACES = {
    "optimizer": ("optimizer", "name"),
    "rate": ("optimizer", "rate"),
    "schedule": ("optimizer", "schedule"),
    "clip": ("optimizer", "clip"),
    "l2": ("network", "l2"),
    "batch": ("training", "batch"),
    "dtype": ("training", "dtype"),
}
MOST_CELLS = 100_000
HIDDEN = ("width", "depth", "activation")
Setting = dict[str, Any]  # from swept name to value


@dataclass(frozen=True)
class Sweep:
    """[sweep]: over has lists of values, or {low, high} where trials are drawn at random."""

    over: dict
    kind: Literal["grid", "random"] = "grid"
    trials: Count | None = None
    seeds: Count = 1
    implementations: list = dataclasses.field(default_factory=lambda: ["hand"])


@dataclass(frozen=True)
class Cell:
    """One cell of a sweep, for a process to run: the TOML's sections with its setting, and the place of the data."""

    id: str
    name: str
    said: str  # JSON, so that a cell hashes and travels
    setting: str
    implementation: str
    seed: int
    source: str | None


def run_cell(cell: Cell) -> dict:
    """Train and test one cell: a run as in a baseline, with its id and setting."""
    config = configs.checked(cell.name, json.loads(cell.said))
    parts = _parts(cell.name, cell.said, cell.source)
    given, kept = start(config, parts, cell.seed), Memory()
    with training_process([cell.implementation]):
        for _ in epochs(cell.implementation, config, given, parts, kept):
            pass
        run = finished_run(cell.implementation, config, given, parts, kept)
    return run | {"id": cell.id, "settings": json.loads(cell.setting)}


@lru_cache(maxsize=4)
def _parts(name: str, said: str, source: str | None) -> Split:
    config = configs.checked(name, json.loads(said))
    return split(config, config.dataset(source))


def cells(name: str, source: str | None = None) -> list[Cell]:
    """Return all cells of a TOML file with a [sweep]. Raises UserError."""
    said = configs.raw(name)
    asked = said.pop("sweep", None)
    if not isinstance(asked, dict) or not isinstance(asked.get("over"), dict) or not asked["over"]:
        raise UserError(f"{name} has no [sweep.over]: list what to vary, for example rate = [0.01, 0.1]")
    sweep = filled(Sweep, asked, "[sweep]")
    sections = filled(configs.Sections, said, "the file")
    known(sections.network, configs.NETWORK, "[network]")
    known(sections.optimizer, configs.OPTIMIZER, "[optimizer]")
    training = filled(configs.TrainingSection, sections.training, "[training]")
    if not sweep.implementations:
        raise UserError(
            f"[sweep] implementations is empty: one or more of {', '.join(FRAMEWORKS)} are needed"
        )
    for who in sweep.implementations:
        _known("[sweep] implementations", who, FRAMEWORKS)
    if training.seed + sweep.seeds > 2**32:
        raise UserError(
            f"[sweep] seeds {sweep.seeds} from seed {training.seed} on: a seed is at most 2**32 - 1"
        )
    found = {}  # by id: a random draw may come twice
    for setting in settings(sweep):
        changed = applied(said, setting)
        configs.checked(name, copy.deepcopy(changed))  # refused here, before anything runs
        for who, seed in itertools.product(
            sweep.implementations, range(training.seed, training.seed + sweep.seeds)
        ):
            cell = _cell(Path(name).stem, changed, setting, who, seed, source)
            found[cell.id] = cell
    return list(found.values())


def settings(sweep: Sweep) -> list[Setting]:
    """Return the settings of a grid, or `trials` drawn at random."""
    over = sweep.over
    for key in over:
        _known("[sweep.over]", key, (*PLACES, *HIDDEN))
    if sweep.kind == "grid":
        if not all(isinstance(values, list) and values for values in over.values()):
            raise UserError("[sweep.over] a grid needs a list of values for each name")
        _bounded(math.prod(map(len, over.values())), sweep)
        return [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]
    if sweep.trials is None:
        raise UserError("[sweep] a random sweep needs trials, a whole number")
    _bounded(sweep.trials, sweep)
    rng = np.random.default_rng(6)
    return [{key: _drawn(key, values, rng) for key, values in over.items()} for _ in range(sweep.trials)]


def _bounded(settings: int, sweep: Sweep) -> None:
    number = settings * sweep.seeds * len(sweep.implementations)
    if number > MOST_CELLS:
        raise UserError(f"[sweep] has {number} cells; at most {MOST_CELLS} can be")


def _drawn(key: str, values: Any, rng: np.random.Generator) -> Any:
    """Draw one of a list, or a number from {low, high}: uniform in its logarithm."""
    if isinstance(values, list) and values:
        return values[int(rng.integers(len(values)))]
    if isinstance(values, dict) and set(values) == {"low", "high"} and 0 < values["low"] < values["high"]:
        return float(np.exp(rng.uniform(np.log(values["low"]), np.log(values["high"]))))
    raise UserError(
        f"[sweep.over] {key} {values!r}: a list, or {{ low = ..., high = ... }} with 0 < low < high"
    )


def applied(said: dict, setting: Setting) -> dict:
    """Return the TOML's sections with a setting put in."""
    said = copy.deepcopy(said)
    for key, value in setting.items():
        if key in PLACES:
            section, name = PLACES[key]
            said.setdefault(section, {})[name] = value
    if any(key in setting for key in HIDDEN):
        network = said.setdefault("network", {})
        sizes = network.get("sizes", [64, 30, 10])
        activations = network.get("activations", ["sigmoid", "softmax"])
        if len(sizes) < 2 or not activations:
            raise UserError("[network] sizes needs two widths or more, activations one or more")
        for key in ("width", "depth"):
            fits(f"[sweep.over] {key}", setting.get(key, 1), Count)
        depth = setting.get("depth", len(sizes) - 2)
        network["sizes"] = [sizes[0], *[setting.get("width", sizes[1])] * depth, sizes[-1]]
        network["activations"] = [*[setting.get("activation", activations[0])] * depth, activations[-1]]
    return said


def _known(where: str, name: Any, names: Iterable[str]) -> None:
    names = list(names)
    if name not in names:
        raise UserError(f"{where} has no {name!r}: {nearest(str(name), names)}")


def _cell(name: str, said: dict, setting: Setting, who: str, seed: int, source: str | None) -> Cell:
    text = json.dumps(said, sort_keys=True)
    id = hashlib.sha256(json.dumps([text, who, seed, source]).encode()).hexdigest()[:16]
    return Cell(id, name, text, json.dumps(setting, sort_keys=True), who, seed, source)
