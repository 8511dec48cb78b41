"""A run as a small TOML file: network, data, optimizer, training, and what others published for it."""

import dataclasses
import math
import random
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from .. import networks
from ..common.errors import UserError, nearest
from ..networks import data, optimizers

RUNS = Path(__file__).parent / "runs"
SECTIONS = {
    "network": ("name", "sizes", "activations", "criterion", "l2", "l2_biases", "init", "biases"),
    "data": ("source", "scale", "train"),
    "optimizer": (
        *("name", "rate", "schedule", "schedule_fields", "clip"),
        *("momentum", "decay", "epsilon", "beta1", "beta2", "initial"),
    ),
    "training": ("steps", "epochs", "batch", "seed", "dtype"),
    "published": ("curve", "data", "test_accuracy"),
}


@dataclass(frozen=True)
class Config:
    """What a TOML file says, checked. epochs or steps is None; batch is None for all samples at once."""

    name: str
    title: str
    source: str
    net: networks.Network
    init: str
    biases: float
    data: str
    scale: float
    train: int | None
    rule: optimizers.Optimizer
    steps: int | None
    epochs: int | None
    batch: int | None
    seed: int
    dtype: str
    published: dict

    def dataset(self, source=None):
        """The data of this run, or `source` in its place; its inputs scaled, its training part cut."""
        source = source or self.data
        if source == "mnist":
            raise UserError(f"the run {self.name} is on MNIST-format data: say with --data where it lies")
        found = moons(self.seed) if source == "moons" else data.load(source)
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

    def initial(self, seed, dtype):
        """The parameters to start from."""
        if self.init == "micrograd":
            return as_micrograd(self.net.fields["sizes"], seed, dtype)
        return networks.initial(self.net, seed, dtype, self.init, self.biases)


def names():
    """The runs that come with the project."""
    return sorted(path.stem for path in RUNS.glob("*.toml"))


def read(name):
    """The Config of a run that comes with the project, or of a TOML file. Raises UserError with one line."""
    said = raw(name)
    said.pop("sweep", None)
    try:
        return checked(Path(name).stem, said)
    except UserError as error:
        raise UserError(f"{Path(name).stem}: {error}") from error


def raw(name):
    """The same as plain dicts, its sections not yet checked."""
    path = RUNS / f"{name}.toml" if str(name) in names() else Path(name)
    if not path.is_file():
        raise UserError(f"no run and no file {str(name)!r}: {nearest(str(name), names())}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}") from error


def checked(name, said):
    """The Config that the sections of a TOML file make. Raises UserError."""
    for key in said:
        if key not in (*SECTIONS, "title", "source"):
            raise UserError(f"no section [{key}]: {nearest(key, SECTIONS)}")
    for section, keys in SECTIONS.items():
        if not isinstance(said.get(section, {}), dict):
            raise UserError(f"{section} must be a section, [{section}]")
        for key in said.get(section, {}):
            if key not in keys:
                raise UserError(f"[{section}] has no {key!r}: {nearest(key, keys)}")
    network, training = dict(said.get("network", {})), said.get("training", {})
    init, biases = network.pop("init", "xavier"), network.pop("biases", 0.0)
    _known_init(init)
    steps, epochs, batch = training.get("steps"), training.get("epochs"), training.get("batch", 32)
    if (steps is None) == (epochs is None):
        raise UserError("[training] needs either steps or epochs")
    for key, value in (("steps", steps), ("epochs", epochs), ("batch", None if batch == "all" else batch)):
        _count(f"[training] {key}", value)
    if training.get("dtype", "float64") not in ("float64", "float32"):
        raise UserError(f"[training] dtype {training['dtype']!r}: float64 or float32 is needed")
    source = said.get("data", {})
    _count("[data] train", source.get("train"))
    scale = source.get("scale", 1.0)
    if not (_real(scale) and math.isfinite(scale) and scale > 0):
        raise UserError(f"[data] scale {scale!r}: a finite number above 0 is needed")
    seed = training.get("seed", 0)
    if not (isinstance(seed, int) and seed >= 0):
        raise UserError(f"[training] seed {seed!r}: a whole number, 0 or more, is needed")
    return Config(
        name=name,
        title=said.get("title", name),
        source=said.get("source", ""),
        net=networks.network(**network),
        init=init,
        biases=biases,
        data=source.get("source", "digits"),
        scale=scale,
        train=source.get("train"),
        rule=_rule(said.get("optimizer", {})),
        steps=steps,
        epochs=epochs,
        batch=None if batch == "all" else batch,
        seed=seed,
        dtype=training.get("dtype", "float64"),
        published=said.get("published", {}),
    )


def _rule(said):
    for key, value in said.items():
        if key not in ("name", "schedule", "schedule_fields") and not _real(value):
            raise UserError(f"[optimizer] {key} {value!r}: a number is needed")
    name = said.get("name", "sgd")
    return optimizers.optimizer(**{"rate": optimizers.RATES.get(name, 0.1)} | said)


def _known_init(init):
    from manual.init import SCHEMES

    if init not in (*SCHEMES, "micrograd"):
        raise UserError(f"[network] init {init!r}: {nearest(str(init), [*SCHEMES, 'micrograd'])}")


def _count(what, value):
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise UserError(f"{what} {value!r}: a whole number, 1 or more, is needed")


def _real(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def moons(seed):
    """micrograd's data: 100 points on two moons, noise 0.1, labels 0 and 1, drawn from the legacy generator."""
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples=100, noise=0.1, random_state=np.random.RandomState(seed))
    return data.Dataset("two moons", x, y.astype(np.int64), x[:0], y[:0].astype(np.int64))


def as_micrograd(sizes, seed, dtype):
    """Weights uniform in +-1 from Python's `random`, neuron by neuron and layer by layer; biases 0."""
    draw, params = random.Random(seed), {}
    for l, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
        rows = [[draw.uniform(-1, 1) for _ in range(fan_in)] for _ in range(fan_out)]
        params[f"W{l}"], params[f"b{l}"] = np.array(rows, dtype), np.zeros(fan_out, dtype)
    return params
