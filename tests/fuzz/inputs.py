"""The inputs: a command, and the files it reads, of which some are changed."""

import gzip
import json
import os
import random
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import numpy as np
import typer

from compare.cli import app, main
from compare.files import starters
from tests.compare.report.more_samples import EVERY_KIND
from tests.compare.teaching.attacks import FORGED, HOSTILE
from tests.compare.teaching.sample import RIGHT
from tests.fuzz import newer
from tests.fuzz.changes import TEXTS, change

RUN = """\
title = "a run"
[network]
sizes = [4, 3, 3]
activations = ["tanh", "softmax"]
criterion = "cross_entropy"
[data]
source = "data.npz"
[optimizer]
name = "momentum"
rate = 0.1
[training]
epochs = 2
batch = 8
seed = 0
[sweep]
kind = "grid"
seeds = 1
implementations = ["hand"]
[sweep.over]
rate = [0.01, 0.1]
width = [3, 4]
"""
NUMBERS = [
    "-1",
    "0",
    "1",
    "2",
    "nan",
    "inf",
    "-inf",
    "1e300",
    "1e-300",
    "99999999999999999999",
    "0x10",
    "1.5",
    "",
    "١",
]
PLACES = [
    "",
    ".",
    "..",
    "/",
    "nowhere/x",
    "x" * 300,
    "data.npz/x",
    "data.npz",
    "../../../../x\x1b[2J",
    "a\nb",
    "\udcff.py",
    "~",
]
LISTS = [
    "4,3,3",
    "4",
    "4,-3",
    "4,0,3",
    ",",
    "4,3",
    "4,99999999999,3",
    "a,b",
    "4,3,3,3,3,3,3,3",
    "1e3,3",
    "tanh,softmax",
    "relu",
]
WORDS = [
    "mlp",
    "cnn",
    "lstm",
    "digits",
    "sgd",
    "adam",
    "relu",
    "float32",
    "mse",
    "hand",
    "hint",
    "none",
    "jaxpr",
    "random",
    "l2=1",
]
ARGUMENTS = [text for text in TEXTS if "\0" not in text and "\ud800" not in text]  # what a shell can give
BEGUN = ("--bench", "--init")  # one takes minutes; the other writes where it is told


def made(folder: Path) -> None:
    """Write one valid file of each kind into a folder: what the inputs are changes of."""
    os.chdir(folder)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    np.savez("data.npz", x=x, y=y)
    np.savez("split.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    Path("idx").mkdir()
    for name, a in (("train-images-idx3-ubyte", x.reshape(60, 2, 2)), ("train-labels-idx1-ubyte", y)):
        head = struct.pack(f">HBB{a.ndim}I", 0, 8, a.ndim, *a.shape)
        Path("idx", name).write_bytes(head + np.abs(a).astype(np.uint8).tobytes())
    shutil.copytree("idx", "gz")
    for path in list(Path("gz").iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    Path("run.toml").write_text(RUN)
    Path("results").mkdir()
    for name, result in EVERY_KIND.items():
        Path("results", f"{name}.json").write_text(json.dumps(result))
        main(
            ["report", f"results/{name}.json", "--html", "warm.html", "--force"]
        )  # templates and fonts are read once
    Path("warm.html").unlink()
    Path("own").mkdir()
    for style in starters.STYLES:
        Path("own", f"{style}.py").write_text(starters.text(style))
    Path("own", "assignment.py").rename("assignment.py")
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": [starters.text("plain")]}]
    Path("own", "book.ipynb").write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    )
    Path("class").mkdir()
    Path("class", "right.py").write_text(RIGHT)
    for name, text in {**FORGED, **{n: t for n, (t, _) in HOSTILE.items()}}.items():
        Path("class", f"{name}.py").write_text(text.replace("REACHED", os.devnull), encoding="latin-1")
    main(["exercise", "mlp", "exercise", "--sizes", "4,3,3", "--activations", "tanh,softmax"])
    newer.made(folder)
    for command in ("baseline", "sweep"):
        more = ["--seeds", "1"] if command == "baseline" else ["--workers", "1"]
        if main([command, "run.toml", "--out", command, *more]) != 0:
            raise RuntimeError(f"{command} does not run")
    commands()


def _some(rng: random.Random, folder: str, *suffixes: str) -> Path:
    return rng.choice(
        sorted(p for p in Path(folder).rglob("*") if p.is_file() and (not suffixes or p.suffix in suffixes))
    )


def a_report(rng: random.Random) -> list[str]:
    path = _some(rng, "results")
    change(path, rng)
    return [
        "report",
        str(path),
        *rng.choice(([], ["--figures", "figures"], [str(_some(rng, "results"))], [str(path)])),
    ]


def a_diff(rng: random.Random) -> list[str]:
    shutil.copy("results/baseline.json", "other.json")
    change(Path(rng.choice(("other.json", "results/baseline.json"))), rng)
    return ["diff", "results/baseline.json", rng.choice(("other.json", "baseline"))]


def data_of(rng: random.Random) -> list[str]:
    source = rng.choice(("data.npz", "split.npz", "idx", "gz"))
    change(Path(source) if source.endswith("npz") else _some(rng, source), rng)
    if rng.random() < 0.7:
        return ["gradients", "--sizes", "4,3,3", "--activations", "tanh,softmax", "--data", source]
    return ["baseline", "run.toml", "--data", source, "--out", "b", "--seeds", "1"]


def a_toml(rng: random.Random) -> list[str]:
    change(Path("run.toml"), rng)
    command = rng.choice(("baseline", "sweep"))
    return [
        command,
        "run.toml",
        "--out",
        "out",
        *(["--workers", "1"] if command == "sweep" else ["--seeds", "1"]),
    ]


def a_result_folder(rng: random.Random) -> list[str]:
    command = rng.choice(("baseline", "sweep"))
    path = _some(rng, command)
    if rng.random() < 0.2:
        path.write_bytes(_some(rng, command, path.suffix).read_bytes())
    else:
        change(path, rng)
    if rng.random() < 0.5 and path.is_file():  # and its sum
        _resum(Path(command), path)
    return [
        command,
        "run.toml",
        "--out",
        command,
        *(["--workers", "1"] if command == "sweep" else ["--seeds", "1"]),
    ]


def _resum(folder: Path, path: Path) -> None:
    from compare.training.kept import SUMS, sha256

    name = str(path.relative_to(folder))
    if name != SUMS:
        with (folder / SUMS).open("a") as sums:
            sums.write(f"{sha256(path)}  {name}\n")


def a_file_of_ones_own(rng: random.Random) -> list[str]:
    path = _some(rng, "own")
    change(path, rng)
    way = rng.random()
    limits = ["--timeout", "5", "--memory", "2"]
    if way < 0.8:
        return [
            "check",
            str(path),
            *limits,
            *rng.choice(([], ["--fix"], ["--reveal", "hint"], ["--json", "r.json"])),
        ]
    return ["derive", str(path)] if way < 0.9 else ["exercise", "--from", str(path), "homework"]


def a_submission(rng: random.Random) -> list[str]:
    path = _some(rng, "class")
    change(path if rng.random() < 0.6 else Path("assignment.py"), rng)
    more = [
        "--timeout",
        "3",
        "--memory",
        "1",
        *rng.choice(([], ["--csv", "g.csv"], ["--json", "g.json"], ["--gradescope", "g.json"])),
    ]
    return ["check", str(path), "--against", "assignment.py", *more]


def an_exercise(rng: random.Random) -> list[str]:
    change(Path("exercise/backward.py"), rng)
    return ["check", "exercise", "--timeout", "3", "--memory", "1"]


def options(rng: random.Random) -> list[str]:
    """A command with options of any value: what is usable is stopped where its work would begin."""
    command = rng.choice([name for name in commands() if name != "check"])
    arguments = [command]
    for option in rng.sample(
        commands()[command].params, min(len(commands()[command].params), rng.choice((1, 1, 2, 4)))
    ):
        name = rng.choice(option.opts)
        if name in BEGUN:
            continue
        pool = rng.choice((NUMBERS, NUMBERS, PLACES, LISTS, WORDS, ARGUMENTS))
        value = rng.choice(pool)
        if isinstance(option, click.Argument):
            arguments.append(
                value if rng.random() < 0.7 else rng.choice(("run.toml", "mlp", "results/run.json"))
            )
        elif getattr(option, "is_flag", False):
            arguments.append(name)
        else:
            arguments += [name, value]
    return arguments


def check_options(rng: random.Random) -> list[str]:
    files = rng.choice(
        (["own/plain.py"], [rng.choice(PLACES)], ["class/right.py", "--against", rng.choice(PLACES)])
    )
    name = rng.choice(
        (
            "--timeout",
            "--memory",
            "--jobs",
            "--reveal",
            "--json",
            "--csv",
            "--sandbox",
            "--function",
            "--html",
        )
    )
    return ["check", *files, name, rng.choice(rng.choice((NUMBERS, PLACES, WORDS)))]


@cache
def commands() -> dict[str, click.Command]:
    return typer.main.get_command(app()).commands  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Kind:
    """A kind of input. draw: changes files of the working directory, returns the arguments of a command that reads
    them; weight: how often it is drawn; frameworks: whether the command imports torch and jax."""

    draw: Callable[[random.Random], list[str]]
    weight: int
    frameworks: bool = False


KINDS = {kind.draw.__name__: kind for kind in (
    Kind(a_report, 150), Kind(a_diff, 80), Kind(data_of, 210), Kind(a_toml, 170), Kind(a_result_folder, 80),
    Kind(options, 230), Kind(check_options, 8), Kind(a_file_of_ones_own, 10, True), Kind(a_submission, 6),
    Kind(an_exercise, 5),
    Kind(newer.a_hostile_file, 30, True), Kind(newer.a_notebook, 10, True), Kind(newer.three_versions, 10, True),
    Kind(newer.an_operation, 7, True), Kind(newer.a_baseline_of_a_file, 7, True), Kind(newer.a_place, 25),
    Kind(newer.a_hostile_submission, 4), Kind(newer.a_suite, 1), Kind(newer.the_wild, 30),
    Kind(newer.a_class_of_exercises, 2), Kind(newer.second_order, 25),
)}  # fmt: skip


def kind_of(number: int, seed: int) -> str:
    """Return the kind of an input."""
    rng = random.Random(f"kind {seed} {number}")
    return rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]


def drawn(number: int, seed: int) -> list[str]:
    """Change files of the working directory; return the arguments of a command that reads them."""
    return KINDS[kind_of(number, seed)].draw(random.Random(f"{seed} {number}"))
