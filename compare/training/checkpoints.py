"""What a baseline leaves on disk: .npz without pickle and JSON, each whole or not there at all."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from ..common.errors import UserError
from ..common.results import plain, write_json
from ..networks.data import read_npz


def save_arrays(path, arrays):
    """An .npz under a temporary name, on the disk before it gets its own: a kill at any moment leaves no half."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
            np.savez(out, allow_pickle=False, **arrays)
            out.flush()
            os.fsync(out.fileno())
        os.replace(out.name, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def digest(arrays):
    """sha256 over names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


class Checkpoints:
    """The epochs of one implementation and seed, a folder: epoch-0000.npz is the state after the first."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".epoch-*"):  # what a kill interrupted
            left.unlink(missing_ok=True)

    def finished(self):
        """How many epochs are there, without a gap."""
        epoch = 0
        while self._path(epoch).exists():
            epoch += 1
        return epoch

    def save(self, epoch, contender, measured):
        """Everything that the next epoch goes on from, and what this one measured, in one file."""
        arrays = {f"param.{name}": array for name, array in contender.params.items()}
        arrays |= {f"state.{k}": array for k, array in enumerate(contender.state())}
        save_arrays(self._path(epoch), arrays | {"measured": np.array(json.dumps(plain(measured)))})

    def restore(self, epoch, contender):
        """Put the contender where it was after this epoch."""
        arrays = read_npz(self._path(epoch))
        contender.put({name[6:]: array for name, array in arrays.items() if name.startswith("param.")})
        states = sum(name.startswith("state.") for name in arrays)
        contender.put_state([arrays[f"state.{k}"] for k in range(states)])

    def measured(self, epoch):
        """What an epoch measured."""
        return json.loads(str(read_npz(self._path(epoch))["measured"]))

    def _path(self, epoch):
        return self.folder / f"epoch-{epoch:04}.npz"


def claim(folder, settings):
    """Make the folder of a baseline, or go on in it; refuse one that was begun with other settings."""
    folder, known = Path(folder), Path(folder) / "settings.json"
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
