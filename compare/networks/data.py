"""Load samples: scikit-learn's digits, a folder of MNIST-style IDX files, or an .npz.

Inputs are float64 of shape (N, features), labels integers (N,); pixels 0 .. 255 are scaled to 0 .. 1.
"""

import gzip
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.errors import UserError
from ..common.results import regular

MOST_AXES = 32  # of NumPy before version 2
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
SPLITS = {"train": ("train-images*", "train-labels*"), "test": ("t10k-images*", "t10k-labels*")}


@dataclass(frozen=True)
class Dataset:
    """A classification data set, already split; the test part may be empty."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def features(self) -> int:
        return self.x_train.shape[1]

    @property
    def classes(self) -> int:
        return int(max(self.y_train.max(), self.y_test.max(initial=0))) + 1


def load(source: str | Path = "digits") -> Dataset:
    """Return the data set named `source`: "digits" or a path. Raises UserError where it is unusable."""
    if source == "digits":
        return _digits()
    path = Path(source)
    if path.is_dir():
        parts = _idx_folder(path)
    elif path.suffix == ".npz":
        parts = _npz(path)
    elif path.exists():
        raise UserError(f"{path} is neither a folder of IDX files nor an .npz")
    else:
        raise UserError(f"--data {source}: no such file or folder; 'digits' needs none")
    return Dataset(str(path), *_checked(path, parts))


def drawn(features: int, classes: int) -> Dataset:
    """Return as many samples as the digits have, drawn: x uniform in 0 .. 1, labelled by a random linear map."""
    rng = np.random.default_rng(0)
    x, teacher = rng.random((1797, features)), rng.standard_normal((features, classes))
    y = ((x - 0.5) @ teacher).argmax(axis=1)
    return Dataset("drawn data", x[:1437], y[:1437], x[1437:], y[1437:])


def _digits() -> Dataset:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UserError(
            "the digits come with scikit-learn: pip install scikit-learn, or give --data"
        ) from error
    x, y = load_digits(return_X_y=True)
    # One fixed shuffle, so that the split does not depend on a run's seed: 1,437 to train, 360 to test.
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16.0, y[order].astype(np.int64)
    return Dataset("digits", x[:1437], y[:1437], x[1437:], y[1437:])


def _idx_folder(folder: Path) -> list[np.ndarray | None]:
    parts: list[np.ndarray | None] = []
    for split, patterns in SPLITS.items():
        for pattern in patterns:
            found = sorted(
                p for p in folder.glob(pattern) if p.name.endswith(("ubyte", "ubyte.gz", ".idx", ".idx.gz"))
            )
            if not found and split == "test":
                parts.append(None)
            elif not found:
                raise UserError(f"{folder} has no {pattern}-ubyte or -ubyte.gz, the MNIST names of IDX files")
            else:
                parts.append(read_idx(found[0]))
    return parts


def read_idx(path: str | Path) -> np.ndarray:
    """Return the array of an IDX file, gzipped or not (MNIST's format: magic, sizes, then big-endian values)."""
    path = regular(path)
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in IDX_TYPES:
        raise UserError(f"{path} is not an IDX file: it starts with {raw[:4].hex() or 'nothing'}")
    dtype, ndim = np.dtype(IDX_TYPES[raw[2]]), raw[3]
    if ndim > MOST_AXES:
        raise UserError(f"{path} has {ndim} dimensions; at most {MOST_AXES} can be")
    header = 4 + 4 * ndim
    if len(raw) < header:
        raise UserError(f"{path} is truncated: its header ends early")
    shape = struct.unpack(f">{ndim}I", raw[4:header])
    expected = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(raw) - header != expected:
        raise UserError(
            f"{path} is truncated or padded: {shape} needs {expected} bytes, it has {len(raw) - header}"
        )
    return np.frombuffer(raw, dtype, offset=header).reshape(shape)


def _npz(path: Path) -> list[np.ndarray | None]:
    arrays = read_npz(path)
    if {"x_train", "y_train"} <= arrays.keys():
        return [arrays["x_train"], arrays["y_train"], arrays.get("x_test"), arrays.get("y_test")]
    if {"x", "y"} <= arrays.keys():
        x, y = np.atleast_1d(arrays["x"]), np.atleast_1d(arrays["y"])
        held_out = len(x) // 5
        return [x[held_out:], y[held_out:], x[:held_out], y[:held_out]]
    raise UserError(
        f"{path} has the keys {sorted(arrays)}; needed: x_train, y_train (and x_test, y_test), or x, y"
    )


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz; pickled objects are refused, never unpickled."""
    try:
        with open(regular(path), "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"no such file: {path}") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    except (
        Exception
    ) as error:  # an archive can be damaged in many ways: zipfile and NumPy's header raise as many
        if "allow_pickle" in str(error) or "pickled" in str(error):
            raise UserError(
                f"{path} holds pickled objects, which can run code: refused. Save plain arrays."
            ) from error
        what = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"{path} is not a readable .npz ({what}): write it with np.savez") from error


def _checked(path: Path, parts: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x_train, y_train, x_test, y_test = parts
    checked: list[np.ndarray] = []
    for x, y, which in ((x_train, y_train, "train"), (x_test, y_test, "test")):
        if x is None or y is None:  # of the test part
            checked += [checked[0][:0], checked[1][:0]]
            continue
        if x.ndim < 2 or y.ndim != 1:
            raise UserError(
                f"{path}: {which} inputs are {x.shape} and labels {y.shape}; needed: (N, features) and (N,)"
            )
        if len(x) != len(y):
            raise UserError(f"{path}: {len(x)} {which} inputs but {len(y)} labels")
        if which == "train" and len(x) == 0:
            raise UserError(f"{path}: the training set is empty")
        if x.dtype.kind not in "uifb" or y.dtype.kind not in "uif":
            raise UserError(f"{path}: {which} inputs are {x.dtype}, labels {y.dtype}; numbers are needed")
        features = int(np.prod(x.shape[1:]))
        if features == 0:
            raise UserError(f"{path}: {which} inputs are {x.shape}: no features")
        scaled = x.reshape(len(x), features) / (255.0 if x.dtype == np.uint8 else 1.0)
        if not np.isfinite(scaled).all():
            row = int(np.argwhere(~np.isfinite(scaled))[0, 0])
            raise UserError(f"{path}: {which} input {row} holds nan or inf")
        if not ((y >= 0) & (y < 2**31) & (y == np.floor(y))).all():  # nan is none of these
            raise UserError(
                f"{path}: {which} labels must be the integers 0, 1, ...; found {y.min()} .. {y.max()}"
            )
        checked += [scaled.astype(np.float64), y.astype(np.int64)]
    if checked[2].shape[1] != checked[0].shape[1]:
        raise UserError(
            f"{path}: {checked[0].shape[1]} features to train on, {checked[2].shape[1]} to test on"
        )
    return checked
