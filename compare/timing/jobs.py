"""The job of a child: what it trains. The parent saves it in a folder, the child loads it."""

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ABOUT = ("class_name", "fields", "rate", "threads", "device", "epoch")


@dataclass(frozen=True)
class Job:
    """A class of the three packages by name, its fields, and NumPy arrays. epoch: steps of one."""

    class_name: str
    fields: dict
    params: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    rate: float
    threads: int
    device: str
    epoch: int

    def build(self, package: str) -> Any:
        """Build the network of `package`: "manual", "torch_ref" or "jax_ref"."""
        return getattr(import_module(package), self.class_name)(**self.fields)

    def save(self, folder: Path, name: str) -> None:
        """Write NAME.json and NAME.npz into the folder."""
        about = {key: getattr(self, key) for key in ABOUT} | {"names": list(self.params)}
        (folder / f"{name}.json").write_text(json.dumps(about))
        arrays: dict[str, Any] = {f"params.{key}": p for key, p in self.params.items()}
        np.savez(folder / f"{name}.npz", x=self.x, y=self.y, **arrays)


def load(folder: Path, name: str) -> Job:
    """Read what `Job.save` wrote."""
    about = json.loads((folder / f"{name}.json").read_text())
    with np.load(folder / f"{name}.npz") as arrays:
        params = {key: arrays[f"params.{key}"] for key in about.pop("names")}
        return Job(params=params, x=arrays["x"], y=arrays["y"], **about)
