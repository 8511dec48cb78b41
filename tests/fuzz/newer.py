# ruff: noqa: E501  # tables of hostile things
"""Inputs of a user's own files: hostile ones, places that are no files, networks, operations, suites, classes, cases."""

import json
import os
import random
import shutil
import socket
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.compare.checks.audit.test_audit import LAYERS, TESTS
from tests.fuzz import hostile
from tests.fuzz.changes import change, of_python

LIMITS = ["--timeout", "3", "--memory", "1"]
CASE = """\
source = "a book"
date = "2020-01-01"
code = "layer"
mistake = "a factor"
cause = "The factor is forgotten."
true = "W is off by a half."
lines = ["d = (z - y)"]
array = "W"
off = 0.5
"""
BASELINE = """\
[network]
file = "mine.py"
[optimizer]
name = "momentum"
rate = 0.05
[training]
epochs = 1
batch = 8
"""
MINE = """\
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(30, 4))
y = x[:, :2] + 0.1
params = {"W": rng.normal(size=(2, 4))}


def hand(params, x, y):
    error = x @ params["W"].T - y
    return (error**2).mean(), {"W": 2 * error.T @ x / error.size}
"""


@cache
def files(which: str) -> list[str]:
    """The texts of hostile files, in order."""
    return [
        text
        for _, text in sorted(
            {"own": hostile.own, "three": hostile.three, "op": hostile.operations}[which]().items()
        )
    ]


def made(folder: Path) -> None:
    """Write what these inputs are changes of."""
    Path("suite").mkdir()
    Path("suite", "layers.py").write_text(LAYERS)
    Path("suite", "test_layers.py").write_text(TESTS)
    Path("suite", "pyproject.toml").write_text("[project]\nname = 'suite'\n")
    for name in ("one", "two"):
        Path("wild", name).mkdir(parents=True)
        Path("wild", name, "case.toml").write_text(CASE)
        Path("wild", name, "right.py").write_text(hostile.HAND.format(**hostile.GIVEN))
        Path("wild", name, "wrong.py").write_text(
            hostile.HAND.format(**hostile.GIVEN).replace("d = (z - y) / len(x)", "d = (z - y)")
        )
    Path("mine.py").write_text(MINE)
    Path("mine.toml").write_text(BASELINE)
    for name in ("adams", "brown"):
        shutil.copytree("exercise", Path("handed", name))


def _written(rng: random.Random, which: str, name: str = "f.py") -> str:
    text = rng.choice(files(which))
    raw = text.encode("utf-8", "surrogatepass")
    Path(name).write_bytes(of_python(raw, rng) if rng.random() < 0.3 else raw)
    return name


def a_hostile_file(rng: random.Random) -> list[str]:
    name = _written(rng, "own")
    more = rng.choice(
        (
            [],
            [],
            [],
            ["--fix"],
            ["--reveal", "hint"],
            ["--json", "r.json"],
            ["--html", "r.html"],
            ["--certify"],
        )
    )
    return ["check", name, *LIMITS, *more] if rng.random() < 0.9 else ["derive", name]


def a_hostile_submission(rng: random.Random) -> list[str]:
    Path("class").mkdir(exist_ok=True)
    name = _written(rng, "own", "class/hostile.py")
    # The function's own parameters, so that it is judged.
    text = (
        Path(name)
        .read_bytes()
        .replace(b'params["W"]', b'params["W1"]')
        .replace(b'params["b"]', b'params["b1"]')
    )
    Path(name).write_bytes(text)
    return [
        "check",
        name,
        "--against",
        "assignment.py",
        *LIMITS,
        *rng.choice(([], ["--csv", "g.csv"], ["--json", "g.json"])),
    ]


def a_notebook(rng: random.Random) -> list[str]:
    """A notebook whose cells, or whose frame, are other than they should be."""
    text = rng.choice(files("own"))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": text.splitlines(keepends=True)}
    cells: list = [cell]
    damage: list[Callable[[], object]] = [
        lambda: cell.update(source=3), lambda: cell.update(source=[1, 2]), lambda: cell.update(source=None), lambda: cell.pop("source"),
        lambda: cell.update(cell_type="raw"), lambda: cell.pop("cell_type"), lambda: cells.append(None), lambda: cells.append({}), lambda: cells.clear(),
        lambda: cells.append(cell | {"source": "%%bash\nsleep 99"}), lambda: cells.append(cell | {"source": "!sleep 99\n%time x = 1\n?np"}),
        lambda: cells.insert(0, cell | {"source": "while True: pass"}), lambda: cells.insert(0, cell | {"source": "1 / 0"}), lambda: cells.extend([cell] * 300),
        lambda: cells.append(cell | {"source": "\ud800 = 1"}), lambda: cells.append(cell | {"source": "await f()"}), lambda: cells.insert(0, cell | {"source": "import os; os._exit(0)"}),
        lambda: cells.append(cell | {"outputs": [{"data": "x" * 10**6}]}), lambda: cell.update(source=text.replace("\n", "\r")), lambda: None,
    ]  # fmt: skip
    rng.choice(damage)()
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    whole = rng.choice(
        [book] * 6
        + [cells, {"worksheets": [{"cells": cells}]}, {"cells": {"a": cell}}, {"cells": None}, {}, 3, [book]]
    )
    raw = json.dumps(whole).encode()
    raw = rng.choice(
        [raw] * 5
        + [
            b"\xef\xbb\xbf" + raw,
            raw.decode().encode("utf-16"),
            raw[: len(raw) // 2],
            b"[" * 5000,
            raw + b"\0",
            b"",
        ]
    )
    Path("f.ipynb").write_bytes(raw)
    return ["check", "f.ipynb", *LIMITS]


def _encoded(name: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(MINE.encode(name))


PLACES: list[Callable[[Path], object]] = [
    lambda p: p.write_bytes(b"\xef\xbb\xbf" + MINE.encode()), _encoded("utf-16"), _encoded("utf-32"), lambda p: p.write_bytes(MINE.encode() + b"\0"),
    lambda p: p.write_bytes(MINE.replace("\n", "\r\n").encode()), lambda p: p.write_bytes(MINE.replace("\n", "\r").encode()), lambda p: p.write_bytes(b"# \xe9\n" + MINE.encode()),
    lambda p: p.write_bytes(b"# coding: latin-1\n# \xe9\n" + MINE.encode()), lambda p: p.write_bytes(b"# coding: nonsense\n" + MINE.encode()), lambda p: p.write_bytes(b"# coding: rot13\n"),
    lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"#\n" * 10**5), lambda p: p.write_text("x = " + "1" * 10**5), lambda p: p.write_text("x = " + "(" * 3000), lambda p: p.write_text("\\"),
    lambda p: p.write_text("x = '''"), lambda p: p.write_text("from __future__ import braces"), lambda p: p.write_text("return 1"), lambda p: p.write_text("\tx = 1\n  y = 2"), lambda p: p.write_text("x = 1 if" + " 1 if" * 2000),
    lambda p: p.write_bytes(b"\x7fELF" + bytes(range(256)) * 99), lambda p: p.write_text("if 1:\n" + "".join(" " * d + "if 1:\n" for d in range(1, 150)) + " " * 150 + "pass"), lambda p: p.write_text("\u202e = 1"),
    lambda p: p.mkdir(), lambda p: p.symlink_to(p.name), lambda p: p.symlink_to("nowhere"), lambda p: os.mkfifo(p), lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to("/dev/null"), lambda p: p.symlink_to("/proc/self/mem"),
    lambda p: p.symlink_to("/dev/full"), lambda p: p.symlink_to("/"), lambda p: socket.socket(socket.AF_UNIX).bind(str(p)), lambda p: os.truncate(os.open(p, os.O_CREAT | os.O_RDWR), 3 << 30), lambda p: p.symlink_to("/proc/self/fd/0"),
]  # fmt: skip


def a_place(rng: random.Random) -> list[str]:
    """What is no file, or no text, under a name that any command may be given."""
    end = rng.choice((".py", ".py", ".ipynb", ".toml", ".json", ".npz", ""))
    path = Path(rng.choice(("p", "numpy", "torch", "compare", "a b", "-x", "é", "json")) + end)
    rng.choice(PLACES)(path)
    name = rng.choice((f"./{path}", str(path.absolute())))
    commands = [
        ["check", name, *LIMITS], ["check", f"{name}:f", *LIMITS], ["check", f"{name}:f", "--reference", "g", *LIMITS], ["gradients", name], ["curves", name], ["curves", "--run", name],
        ["graph", name], ["executions", name, "--workers", "0", "--compiler", "eager"], ["derive", name], ["exercise", "--from", name, "hw"], ["audit", name, "--many", "1"], ["report", name], ["diff", name, name],
        ["gradients", "--data", name], ["baseline", name, "--out", "b"], ["sweep", name, "--out", "s"], ["check", "class/right.py", "--against", name], ["check", name, "--against", "assignment.py", *LIMITS],
        ["check", "handed", "--against", name, *LIMITS], ["mistakes", "--wild", "--wild-cases", name], ["gradients", "--json", name, "--sizes", "4,3,3"], ["report", "results/run.json", "--html", name], ["curves", "--workers", "2", "--checkpoint", name, "--steps", "2"],
    ]  # fmt: skip
    return rng.choice(commands)


def three_versions(rng: random.Random) -> list[str]:
    name = _written(rng, "three")
    ways = (
        ["gradients", name],
        ["gradients", name, "--dtype", "float32"],
        ["curves", name, "--steps", "3"],
        ["graph", name],
    )
    return [*rng.choice(ways), *rng.choice(([], [], ["--json", "r.json"], ["--html", "r.html"]))]


def an_operation(rng: random.Random) -> list[str]:
    name = _written(rng, "op")
    of = rng.choice(("Scale", "scale", "Scale.apply", "plain", "none", "example"))
    more = rng.choice(
        (
            ["--reference", "plain"],
            ["--reference", "plain", "--sweep"],
            ["--reference", "plain", "--order", "2"],
            ["--operation"],
            ["--reference", "none"],
        )
    )
    return ["check", f"{name}:{of}", *more, *LIMITS]


def a_suite(rng: random.Random) -> list[str]:
    path = Path("suite", rng.choice(("layers.py", "test_layers.py", "test_layers.py", "pyproject.toml")))
    change(path, rng)
    if rng.random() < 0.2:
        Path("suite", "conftest.py").write_text(rng.choice(hostile.HEADS))
    wanted = rng.choice(
        (
            [],
            ["--functions", "layers:affine_backward"],
            ["--functions", rng.choice(("a", ":", "layers:", "no:f", "layers:no", "../x:f"))],
        )
    )
    options = rng.choice(
        ([], ["--pytest", rng.choice(("-k none", "'", "--no-such", "-p no:python", "\0"[:0]))])
    )
    return [
        "audit",
        "suite",
        "--many",
        "1",
        "--jobs",
        "1",
        "--timeout",
        "5",
        *wanted,
        *options,
        *rng.choice(([], ["--keep", "kept"])),
    ]


def the_wild(rng: random.Random) -> list[str]:
    change(Path("wild/one", rng.choice(("case.toml", "case.toml", "right.py", "wrong.py"))), rng)
    return ["mistakes", "--wild", "--wild-cases", "wild", *rng.choice(([], ["--json", "r.json"]))]


def a_baseline_of_a_file(rng: random.Random) -> list[str]:
    change(Path(rng.choice(("mine.py", "mine.toml"))), rng)
    return ["baseline", "mine.toml", "--out", "mine", "--seeds", "1"]


def a_class_of_exercises(rng: random.Random) -> list[str]:
    change(Path("handed", rng.choice(("adams", "brown")), "backward.py"), rng)
    more = rng.choice(
        (["--csv", "m.csv"], ["--gradescope", "g"], ["--html", "c.html"], ["--json", "c.json"], [])
    )
    return ["check", "handed", "--against", "exercise/backward.py", *LIMITS, "--jobs", "1", *more]


def second_order(rng: random.Random) -> list[str]:
    change(Path("data.npz"), rng)
    return [
        "gradients",
        "--order",
        "2",
        "--sizes",
        "4,3,3",
        "--activations",
        "tanh,softmax",
        "--data",
        "data.npz",
    ]
