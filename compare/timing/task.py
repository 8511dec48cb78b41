"""The task to time. The parent saves it in a folder, and the child loads it."""

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..networks import Network
from ..user.trio.trio import Trio

ABOUT = ("threads", "device", "epoch", "rate")


@dataclass(frozen=True)
class Task:
    """SGD steps of a network on one batch, all NumPy. epoch: steps of one.  widths: hidden widths to time, too."""

    net: Network | Trio
    params: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    threads: int = 1
    device: str = "cpu"
    epoch: int = 45
    rate: float = 0.1
    seed: int = 0
    widths: tuple[int, ...] = ()

    @property
    def dtype(self) -> str:
        """The floating type that is timed."""
        return str(next(iter(self.params.values())).dtype)

    @property
    def clock(self) -> str:
        """The field of a Block that other processes leave alone, where there is one."""
        return "cpu_s" if self.device == "cpu" and self.threads == 1 else "wall_s"

    def save(self, folder: Path, name: str) -> None:
        """Write NAME.json and NAME.npz into the folder; what only the parent needs is left out."""
        about = {key: getattr(self, key) for key in ABOUT}
        (folder / f"{name}.json").write_text(json.dumps({"net": self.net.saved(), "about": about}))
        arrays: dict[str, Any] = {f"params.{key}": p for key, p in self.params.items()}
        np.savez(folder / f"{name}.npz", x=self.x, y=self.y, **arrays)


def load(folder: Path, name: str) -> Task:
    """Read what `Task.save` wrote."""
    said = json.loads((folder / f"{name}.json").read_text())
    with np.load(folder / f"{name}.npz") as arrays:
        params = {key[7:]: arrays[key] for key in arrays.files if key.startswith("params.")}
        return Task(_network(said["net"]), params, arrays["x"], arrays["y"], **said["about"])


def _network(said: dict[str, Any]) -> Network | Trio:
    """Return a built-in network; of a user's file what its reader, 'module:function', makes of it."""
    if "reader" not in said:
        return Network(**said)
    module, _, name = said["reader"].partition(":")
    trio = getattr(import_module(module), name)(said["file"])
    trio.held = said["held"]
    return trio
