"""Write a baseline to disk as .npz (no pickle) and JSON, each file whole or absent."""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..common.results import environment, plain
from ..common.shapes import check, damaged
from ..networks.data import Dataset, read_npz
from .contenders import Contender
from .kept import Kept
from .measured import Epoch


class Memory:
    """Finished epochs in memory, for a cell: it is finished as a whole or not at all."""

    def __init__(self) -> None:
        self._kept: list[tuple] = []

    def finished(self) -> int:
        return len(self._kept)

    def save(self, epoch: int, contender: Contender, measured: Epoch) -> None:
        self._kept.append((contender.params, contender.state(), measured))

    def restore(self, epoch: int, contender: Contender) -> None:
        contender.put(self._kept[epoch][0])
        contender.put_state(self._kept[epoch][1])

    def measured(self, epoch: int) -> Epoch:
        return self._kept[epoch][2]


class Checkpoints:
    """Finished epochs in a folder: epoch-0000.npz is the state after the first."""

    def __init__(self, kept: Kept, folder: str):
        self.kept, self.folder = kept, folder

    def finished(self) -> int:
        epoch = 0
        while self.kept.has(self._name(epoch)):
            epoch += 1
        return epoch

    def save(self, epoch: int, contender: Contender, measured: Epoch) -> None:
        arrays = {f"param.{name}": array for name, array in contender.params.items()}
        arrays |= {f"state.{k}": array for k, array in enumerate(contender.state())}
        said = np.array(json.dumps(plain(measured)))
        self.kept.write(self._name(epoch), archive(arrays | {"measured": said}))

    def restore(self, epoch: int, contender: Contender) -> None:
        with damaged(self._path(epoch)):
            arrays = read_npz(self._path(epoch))
            params = {name[6:]: array for name, array in arrays.items() if name.startswith("param.")}
            if _described(params) != _described(contender.params):
                raise ValueError(f"its parameters are {_described(params)}")
            states = sum(name.startswith("state.") for name in arrays)
            contender.put(params)
            contender.put_state([arrays[f"state.{k}"] for k in range(states)])

    def measured(self, epoch: int) -> Epoch:
        with damaged(self._path(epoch)):
            found = json.loads(str(read_npz(self._path(epoch))["measured"]))
            check(found, Epoch)
            if found["epoch"] != epoch:
                raise ValueError(f"it is of epoch {found['epoch']}")
        return found

    def _path(self, epoch: int) -> Path:
        return self.kept.folder / self._name(epoch)

    def _name(self, epoch: int) -> str:
        return f"{self.folder}/epoch-{epoch:04}.npz"


Store = Memory | Checkpoints


def _described(params: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    return {name: (array.shape, array.dtype.str) for name, array in sorted(params.items())}


def archive(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of an .npz, without pickle; equal arrays give equal bytes."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 over names, dtypes, shapes and bytes."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def bound(dataset: Dataset) -> dict:
    """Return what binds a folder whatever the run: its data and the versions."""
    whole = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    versions = environment()["versions"]
    return {
        "data_sha256": digest(whole),
        "versions": {name: versions[name] for name in ("numpy", "torch", "jax", "optax")},
    }
