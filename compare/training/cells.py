"""One cell of a sweep: a setting, an implementation and a seed, run in any process on any machine."""

import copy
import hashlib
import itertools
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..common.errors import UserError, nearest
from . import config as configs
from .baseline import epochs, finished_run, split, start
from .contenders import one_thread
from .lockstep import FRAMEWORKS

# Where a swept name stands in the TOML; width, depth and activation make the hidden layers together.
PLACES = {
    "optimizer": ("optimizer", "name"),
    "rate": ("optimizer", "rate"),
    "schedule": ("optimizer", "schedule"),
    "clip": ("optimizer", "clip"),
    "l2": ("network", "l2"),
    "batch": ("training", "batch"),
    "dtype": ("training", "dtype"),
}
HIDDEN = ("width", "depth", "activation")
KEYS = ("kind", "trials", "seeds", "implementations", "over")


@dataclass(frozen=True)
class Cell:
    """What a process needs to run it: the TOML's sections with this setting in them, and where the data lie."""

    id: str
    name: str
    said: str  # JSON, so that a cell hashes and travels
    setting: str
    implementation: str
    seed: int
    source: str | None


class Memory:
    """Epochs kept in memory: a cell is the unit that is finished or not."""

    def __init__(self):
        self._kept = []

    def finished(self):
        return len(self._kept)

    def save(self, epoch, contender, measured):
        self._kept.append((contender.params, contender.state(), measured))

    def restore(self, epoch, contender):
        contender.put(self._kept[epoch][0])
        contender.put_state(self._kept[epoch][1])

    def measured(self, epoch):
        return self._kept[epoch][2]


def run_cell(cell):
    """Train and test one cell: a run as in a baseline, with its id and setting."""
    config = configs.checked(cell.name, json.loads(cell.said))
    parts = _parts(cell.name, cell.said, cell.source)
    given, kept = start(config, parts, cell.seed), Memory()
    with one_thread([cell.implementation]), np.errstate(all="ignore"):
        for _ in epochs(cell.implementation, config, given, parts, kept):
            pass
        run = finished_run(cell.implementation, cell.seed, config, given, parts, kept)
    return run | {"id": cell.id, "settings": json.loads(cell.setting)}


@lru_cache(maxsize=4)
def _parts(name, said, source):
    config = configs.checked(name, json.loads(said))
    return split(config, config.dataset(source))


def cells(name, source=None):
    """All cells of a TOML file with a [sweep]. Raises UserError."""
    said = configs.raw(name)
    sweep = said.pop("sweep", None)
    if not isinstance(sweep, dict) or not isinstance(sweep.get("over"), dict) or not sweep["over"]:
        raise UserError(f"{name} has no [sweep.over]: say what to vary, for example rate = [0.01, 0.1]")
    for key in sweep:
        if key not in KEYS:
            raise UserError(f"[sweep] has no {key!r}: {nearest(key, KEYS)}")
    implementations = sweep.get("implementations", ["hand"])
    for who in implementations:
        if who not in FRAMEWORKS:
            raise UserError(f"[sweep] no implementation {who!r}: {nearest(str(who), FRAMEWORKS)}")
    seeds = sweep.get("seeds", 1)
    if not isinstance(seeds, int) or seeds < 1:
        raise UserError(f"[sweep] seeds {seeds!r}: a whole number, 1 or more, is needed")
    first = said.get("training", {}).get("seed", 0)
    found = []
    for setting in settings(sweep):
        changed = applied(said, setting)
        configs.checked(name, copy.deepcopy(changed))  # refused here, before anything runs
        for who in implementations:
            for seed in range(first, first + seeds):
                found.append(_cell(Path(name).stem, changed, setting, who, seed, source))
    return list({cell.id: cell for cell in found}.values())  # a random draw may come twice


def settings(sweep):
    """The settings of a grid, or `trials` drawn at random: dicts from swept name to value."""
    over, kind = sweep["over"], sweep.get("kind", "grid")
    for key in over:
        if key not in (*PLACES, *HIDDEN):
            raise UserError(f"[sweep.over] has no {key!r}: {nearest(key, (*PLACES, *HIDDEN))}")
    if kind == "grid":
        if not all(isinstance(values, list) and values for values in over.values()):
            raise UserError("[sweep.over] a grid needs a list of values for each name")
        return [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]
    if kind != "random":
        raise UserError(f"[sweep] kind {kind!r}: grid or random")
    trials = sweep.get("trials")
    if not isinstance(trials, int) or trials < 1:
        raise UserError("[sweep] a random sweep needs trials, a whole number")
    rng = np.random.default_rng(6)
    return [{key: _drawn(key, values, rng) for key, values in over.items()} for _ in range(trials)]


def _drawn(key, values, rng):
    """One of a list, or a number from {low, high}: uniform in its logarithm."""
    if isinstance(values, list) and values:
        return values[int(rng.integers(len(values)))]
    if isinstance(values, dict) and set(values) == {"low", "high"} and 0 < values["low"] < values["high"]:
        return float(np.exp(rng.uniform(np.log(values["low"]), np.log(values["high"]))))
    raise UserError(
        f"[sweep.over] {key} {values!r}: a list, or {{ low = ..., high = ... }} with 0 < low < high"
    )


def applied(said, setting):
    """The TOML's sections with a setting put in."""
    said = copy.deepcopy(said)
    for key, value in setting.items():
        if key in PLACES:
            section, name = PLACES[key]
            said.setdefault(section, {})[name] = value
    if any(key in setting for key in HIDDEN):
        network = said.setdefault("network", {})
        sizes, activations = (
            network.get("sizes", [64, 30, 10]),
            network.get("activations", ["sigmoid", "softmax"]),
        )
        depth = setting.get("depth", len(sizes) - 2)
        width = setting.get("width", sizes[1])
        network["sizes"] = [sizes[0], *[width] * depth, sizes[-1]]
        network["activations"] = [*[setting.get("activation", activations[0])] * depth, activations[-1]]
    return said


def _cell(name, said, setting, who, seed, source):
    text = json.dumps(said, sort_keys=True)
    id = hashlib.sha256(json.dumps([text, who, seed, source]).encode()).hexdigest()[:16]
    return Cell(id, name, text, json.dumps(setting, sort_keys=True), who, seed, source)
