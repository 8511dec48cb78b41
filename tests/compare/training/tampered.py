"""Changes of the folder of a baseline or a sweep: {name: (command, change(folder), what the refusal names)}."""

import json
import os
import shutil

import numpy as np

from compare.training.kept import SUMS, Kept


def first_cells(out):
    return sorted((out / "cells").iterdir())[:2]


def swapped(one, other):
    was = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(was)


def edited(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def forged_accuracy(path):
    with np.load(path) as archive:
        arrays = dict(archive)
    measured = json.loads(str(arrays["measured"])) | {"validation_accuracy": 1.0}
    np.savez(path, **arrays | {"measured": np.array(json.dumps(measured))})


def other_cell(out):
    one, other = first_cells(out)
    one.write_bytes(other.read_bytes())


def resummed(out, change, name):
    """Change a file, and its sum as well."""
    change(out / name)
    with Kept(out.parent / "unused") as kept:
        kept.folder = out.parent / "scratch"
        kept.write(name, (out / name).read_bytes())
    lines = [line for line in (out / SUMS).read_text().splitlines() if not line.endswith(f"  {name}")]
    (out / SUMS).write_text("\n".join([*lines, f"{kept.sums[name]}  {name}"]) + "\n")


HAND = "seed-0/hand"
TAMPERED = {
    "a bit of a checkpoint": (
        "baseline",
        lambda out: flipped(out / HAND / "epoch-0000.npz"),
        "hand/epoch-0000.npz",
    ),
    "a truncated checkpoint": (
        "baseline",
        lambda out: os.truncate(out / HAND / "epoch-0001.npz", 700),
        "hand/epoch-0001.npz",
    ),
    "two epochs swapped": (
        "baseline",
        lambda out: swapped(out / HAND / "epoch-0000.npz", out / HAND / "epoch-0001.npz"),
        "hand/epoch-000",
    ),
    "two seeds swapped": (
        "baseline",
        lambda out: swapped(out / HAND / "epoch-0001.npz", out / "seed-1/hand/epoch-0001.npz"),
        "hand/epoch-0001.npz",
    ),
    "a forged validation accuracy": (
        "baseline",
        lambda out: forged_accuracy(out / HAND / "epoch-0000.npz"),
        "hand/epoch-0000.npz",
    ),
    "a foreign start": (
        "baseline",
        lambda out: shutil.copy(out / "seed-1/start.npz", out / "seed-0/start.npz"),
        "seed-0/start.npz",
    ),
    "a truncated start": (
        "baseline",
        lambda out: os.truncate(out / "seed-0/start.npz", 100),
        "seed-0/start.npz",
    ),
    "a foreign start with its sum": (
        "baseline",
        lambda out: resummed(
            out, lambda path: shutil.copy(out / "seed-1/start.npz", path), "seed-0/start.npz"
        ),
        "seed-0/start.npz",
    ),
    "another epoch with its sum": (
        "baseline",
        lambda out: resummed(
            out, lambda path: shutil.copy(out / HAND / "epoch-0000.npz", path), f"{HAND}/epoch-0001.npz"
        ),
        "hand/epoch-0001.npz",
    ),
    "a checkpoint of garbage with its sum": (
        "baseline",
        lambda out: resummed(out, lambda path: path.write_bytes(b"garbage"), f"{HAND}/epoch-0001.npz"),
        "hand/epoch-0001.npz",
    ),
    "a foreign checkpoint": (
        "baseline",
        lambda out: shutil.copy(out / HAND / "epoch-0001.npz", out / HAND / "epoch-0002.npz"),
        "hand/epoch-0002.npz",
    ),
    "scikit-learn's accuracy": (
        "baseline",
        lambda out: edited(out / "seed-0/scikit-learn.json", '"test_accuracy": 0.', '"test_accuracy": 1.'),
        "scikit-learn.json",
    ),
    "the settings": (
        "baseline",
        lambda out: edited(out / "settings.json", '"batch": 32', '"batch": 16'),
        "settings.json",
    ),
    "the report": (
        "baseline",
        lambda out: edited(out / "report.json", '"test_accuracy": 0.', '"test_accuracy": 1.'),
        "report.json",
    ),
    "the sums": ("baseline", lambda out: (out / SUMS).write_text("x\n"), SUMS),
    "no sums": ("baseline", lambda out: (out / SUMS).unlink(), "settings.json"),
    "another cell": ("sweep", other_cell, "cells/"),
    "another cell with its sum": (
        "sweep",
        lambda out: resummed(out, lambda _: other_cell(out), f"cells/{first_cells(out)[0].name}"),
        "cells/",
    ),
    "a cell of other types with its sum": (
        "sweep",
        lambda out: resummed(
            out, lambda path: edited(path, '"epochs": [', '"epochs": 3, "e": ['), f"cells/{first_cells(out)[0].name}"
        ),
        "cells/",
    ),
    "a cell's accuracy": (
        "sweep",
        lambda out: edited(first_cells(out)[0], '"test_accuracy": 0.', '"test_accuracy": 1.'),
        "cells/",
    ),
    "a truncated cell": ("sweep", lambda out: os.truncate(first_cells(out)[0], 40), "cells/"),
    "another TOML of the same name": (
        "sweep",
        lambda out: edited(out.parent / "run.toml", "rate = [0.01, 0.1]", "rate = [0.02, 0.1]"),
        "begun with optimizer.rate",
    ),
    "another TOML of a baseline": (
        "baseline",
        lambda out: edited(out.parent / "run.toml", "sizes = [64, 5, 10]", "sizes = [64, 6, 10]"),
        "begun with net",
    ),
}  # fmt: skip


def flipped(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
