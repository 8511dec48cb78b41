"""A run as a small TOML file: network, data, optimizer, training, and what others published for it."""

import dataclasses
import random
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from manual.init import SCHEMES

from .. import networks
from ..common.errors import UserError, nearest
from ..common.mapping import Count, Number, Positive, Seed, filled, known
from ..networks import optimizers
from ..networks.data import Dataset, load
from ..user.trio.trio import Trio
from ..user.trio.updates import Rule

RUNS = Path(__file__).parent / "runs"
TEST = 6  # every sixth sample of a user's file is for the test
INITS = (*SCHEMES, "micrograd")
NETWORK: dict[str, Any] = {"name": str, "sizes": list, "activations": list, "criterion": str, "l2": Number}
NETWORK |= {"l2_biases": bool, "init": str, "biases": Number}
OPTIMIZER: dict[str, Any] = {"name": str, "schedule": str, "schedule_fields": dict}
OPTIMIZER |= dict.fromkeys(
    ("rate", "clip", "momentum", "decay", "epsilon", "beta1", "beta2", "initial"), Number
)


@dataclass(frozen=True)
class DataSection:
    """[data]; train: how many of the training samples, None for all."""

    source: str = "digits"
    scale: Positive = 1.0
    train: Count | None = None


@dataclass(frozen=True)
class TrainingSection:
    """[training]: either steps or epochs."""

    steps: Count | None = None
    epochs: Count | None = None
    batch: Count | Literal["all"] = 32
    seed: Seed = 0
    dtype: Literal["float64", "float32"] = "float64"


@dataclass(frozen=True)
class Published:
    """[published]: the figures of others, and the data they are for. curve: a CSV file of losses and accuracies."""

    curve: str | None = None
    data: str | None = None
    test_accuracy: dict | None = None


@dataclass(frozen=True)
class Sections:
    """A whole TOML file."""

    title: str | None = None
    source: str = ""
    network: dict = dataclasses.field(default_factory=dict)
    data: dict = dataclasses.field(default_factory=dict)
    optimizer: dict = dataclasses.field(default_factory=dict)
    training: dict = dataclasses.field(default_factory=dict)
    published: dict | None = None


@dataclass(frozen=True)
class Config:
    """A run. epochs or steps is None; batch is None for all samples at once."""

    name: str
    title: str
    source: str
    net: Any  # a networks.Network, or a Trio
    init: str
    biases: float
    data: str
    scale: float
    train: int | None
    rule: Any  # an optimizers.Optimizer, or a Rule
    steps: int | None
    epochs: int | None
    batch: int | None
    seed: int
    dtype: str
    published: Published | None

    def dataset(self, source: str | None = None) -> Dataset:
        """Load the data of this run, or `source` in its place; scale its inputs, cut its training part."""
        if isinstance(self.net, Trio):
            return held_out(self.net, self.train)
        source = source or self.data
        if source == "mnist":
            raise UserError(f"the run {self.name} is on MNIST-format data: give its place with --data")
        found = moons(self.seed) if source == "moons" else load(source)
        if self.train and len(found.x_train) < self.train:
            raise UserError(
                f"the run {self.name} trains on {self.train} samples; {source} has {len(found.x_train)}"
            )
        return dataclasses.replace(
            found,
            x_train=found.x_train[: self.train] * self.scale,
            y_train=found.y_train[: self.train],
            x_test=found.x_test * self.scale,
        )

    def initial(self, seed: int, dtype: str) -> dict[str, np.ndarray]:
        """Draw the parameters to start from; those of a user's network are given."""
        if isinstance(self.net, Trio):
            return self.net.initial(dtype)
        if self.init == "micrograd":
            return as_micrograd(self.net.fields["sizes"], seed, dtype)
        return networks.initial(self.net, seed, dtype, self.init, self.biases)


def names() -> list[str]:
    """Return the runs that come with the project."""
    return sorted(path.stem for path in RUNS.glob("*.toml"))


def file_of(name: str) -> Path | None:
    """Return the file of a user's network that a TOML file names, relative to it; None of a built-in network."""
    section = raw(name).get("network")
    file = section.get("file") if isinstance(section, dict) else None
    if file is not None and not isinstance(file, str):
        raise UserError(f"{Path(name).stem}: [network] file is {file!r}: the name of a file is needed")
    return None if file is None else Path(name).parent / file


def read(name: str, trio: Trio | None = None) -> Config:
    """Return the Config of a run that comes with the project, or of a TOML file. Raises UserError with one line.

    trio: the network of its `file`.
    """
    said = raw(name)
    said.pop("sweep", None)
    try:
        return checked(Path(name).stem, said, trio)
    except UserError as error:
        raise UserError(f"{Path(name).stem}: {error}") from error


def raw(name: str) -> dict:
    """Return the same as plain dicts, its sections not yet checked."""
    path = RUNS / f"{name}.toml" if str(name) in names() else Path(name)
    if not path.is_file():
        raise UserError(f"no run and no file {str(name)!r}: {nearest(str(name), names())}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a plain ValueError
        raise UserError(f"{path} is not TOML: {error}") from error


def checked(name: str, said: dict, trio: Trio | None = None) -> Config:
    """Return the Config of the sections of a TOML file. Raises UserError."""
    sections = filled(Sections, said, "the file")
    if trio is not None:
        others = [*(key for key in sections.network if key != "file"), *sections.data]
        if others or sections.published:
            raise UserError(
                f"[network] file has its network and data: leave out {', '.join(others) or '[published]'}"
            )
        sections = dataclasses.replace(sections, network={}, data={"source": trio.name})
    elif "file" in sections.network:
        raise UserError("[network] file is a network of yours: threeways baseline takes it")
    network = {"init": "xavier", "biases": 0.0, **known(sections.network, NETWORK, "[network]")}
    init, biases = network.pop("init"), network.pop("biases")
    if init not in INITS:
        raise UserError(f"[network] init {init!r}: {nearest(init, INITS)}")
    rule = {"name": "sgd", **known(sections.optimizer, OPTIMIZER, "[optimizer]")}
    source = filled(DataSection, sections.data, "[data]")
    training = filled(TrainingSection, sections.training, "[training]")
    if (training.steps is None) == (training.epochs is None):
        raise UserError("[training] needs either steps or epochs")
    built = optimizers.optimizer(**{"rate": optimizers.RATES.get(rule["name"], 0.1)} | rule)
    own = trio is not None and bool(trio.updates) and not sections.optimizer
    return Config(
        name=name,
        title=sections.title or name,
        source=sections.source,
        net=networks.network(**network) if trio is None else trio,
        init=init if trio is None else "given",
        biases=biases,
        data=source.source,
        scale=source.scale,
        train=source.train,
        rule=built if trio is None else Rule(trio, None if own else built),
        published=filled(Published, sections.published, "[published]") if sections.published else None,
        **vars(training) | {"batch": None if training.batch == "all" else training.batch},
    )


def held_out(trio: Trio, train: int | None) -> Dataset:
    """Return a user's samples in one fixed order: a sixth for the test, the first `train` of the rest for training.

    Raises UserError where a function draws the batch.
    """
    if callable(trio.batch):
        raise UserError("a baseline needs all samples: x and y in the file, not batch(rng)")
    order = np.random.default_rng(1).permutation(len(trio.x))
    test, rest = order[: len(order) // TEST], order[len(order) // TEST :][:train]
    return Dataset(trio.name, trio.x[rest], trio.y[rest], trio.x[test], trio.y[test])


def moons(seed: int) -> Dataset:
    """Draw micrograd's data: 100 points on two moons, noise 0.1, labels 0 and 1, from the legacy generator."""
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples=100, noise=0.1, random_state=np.random.RandomState(seed))
    return Dataset("two moons", x, y.astype(np.int64), x[:0], y[:0].astype(np.int64))


def as_micrograd(sizes: tuple[int, ...], seed: int, dtype: str) -> dict[str, np.ndarray]:
    """Draw weights uniform in +-1 from Python's `random`, neuron by neuron and layer by layer; biases 0."""
    draw = random.Random(seed)
    params: dict[str, np.ndarray] = {}
    for l, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
        rows = [[draw.uniform(-1, 1) for _ in range(fan_in)] for _ in range(fan_out)]
        params[f"W{l}"], params[f"b{l}"] = np.array(rows, dtype), np.zeros(fan_out, dtype)
    return params
