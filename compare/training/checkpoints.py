"""What a baseline leaves on disk: .npz without pickle and JSON, each whole or not there at all."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..common.results import plain, write_json
from ..networks.data import read_npz
from .contenders import Contender


class Memory:
    """Finished epochs in memory, for a cell: it is finished as a whole or not at all."""

    def __init__(self) -> None:
        self._kept: list[tuple] = []

    def finished(self) -> int:
        return len(self._kept)

    def save(self, epoch: int, contender: Contender, measured: dict) -> None:
        self._kept.append((contender.params, contender.state(), measured))

    def restore(self, epoch: int, contender: Contender) -> None:
        contender.put(self._kept[epoch][0])
        contender.put_state(self._kept[epoch][1])

    def measured(self, epoch: int) -> dict:
        return self._kept[epoch][2]


class Checkpoints:
    """Finished epochs in a folder: epoch-0000.npz is the state after the first."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".epoch-*"):  # what a kill interrupted
            left.unlink(missing_ok=True)

    def finished(self) -> int:
        epoch = 0
        while self._path(epoch).exists():
            epoch += 1
        return epoch

    def save(self, epoch: int, contender: Contender, measured: dict) -> None:
        arrays = {f"param.{name}": array for name, array in contender.params.items()}
        arrays |= {f"state.{k}": array for k, array in enumerate(contender.state())}
        save_arrays(self._path(epoch), arrays | {"measured": np.array(json.dumps(plain(measured)))})

    def restore(self, epoch: int, contender: Contender) -> None:
        arrays = read_npz(self._path(epoch))
        contender.put({name[6:]: array for name, array in arrays.items() if name.startswith("param.")})
        states = sum(name.startswith("state.") for name in arrays)
        contender.put_state([arrays[f"state.{k}"] for k in range(states)])

    def measured(self, epoch: int) -> dict:
        return json.loads(str(read_npz(self._path(epoch))["measured"]))

    def _path(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:04}.npz"


Store = Memory | Checkpoints


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an .npz under a temporary name, to the disk before it is renamed: a kill at any moment leaves no half."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
            np.savez(out, allow_pickle=False, **arrays)
            out.flush()
            os.fsync(out.fileno())
        os.replace(out.name, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 over names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Make the folder of a baseline, or go on in it; refuse one that was begun with other settings."""
    known = folder / "settings.json"
    settings = plain(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make {folder}: {error.strerror}") from error
    if not known.exists():
        if any(not path.name.startswith(".") for path in folder.iterdir()):
            raise UserError(f"{folder} holds something else; --out names an empty folder, or one to go on in")
        write_json(known, settings)
        return
    try:
        there = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {known}: {error}") from error
    for key in sorted(set(there) | set(settings)):
        if there.get(key) != settings.get(key):
            raise UserError(
                f"{folder} was begun with {key} {there.get(key)}, now it is {settings.get(key)}; give another --out"
            )
