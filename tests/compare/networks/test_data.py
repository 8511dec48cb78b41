"""Reading data: what is usable is read exactly, what is not is refused in one line and never run."""

import gzip
import os
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.networks import check_inputs, network
from compare.networks.data import IDX_TYPES, load, read_idx, read_npz

FASHION = Path("/usr/share/datasets/fashion-mnist")  # where Debian's dataset-fashion-mnist puts it


def idx(array, code=0x08):
    """The bytes of an IDX file."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(IDX_TYPES[code]).tobytes()


def write_folder(folder, n_train=6, n_test=3, suffix="-ubyte", pack=lambda raw: raw):
    """A small MNIST: images of 2 x 2 whose pixels count up, labels 0, 1, 2, 0, ..."""
    for split, n in (("train", n_train), ("t10k", n_test)):
        images = np.arange(4 * n).reshape(n, 2, 2) % 256
        (folder / f"{split}-images-idx3{suffix}").write_bytes(pack(idx(images)))
        (folder / f"{split}-labels-idx1{suffix}").write_bytes(pack(idx(np.arange(n) % 3)))
    return folder


def refused(source, *words):
    """The message with which `source` is refused: one line that has the words in it."""
    with pytest.raises(UserError) as caught:
        load(source)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message
    return message


def npz(tmp_path, **arrays):
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    return str(path)


GOOD = {"x": np.arange(20.0).reshape(10, 2), "y": np.arange(10) % 2}


# ---- Drawn data


@pytest.mark.parametrize(
    ("name", "fields", "shape", "classes"),
    [
        ("mlp", {"sizes": (4, 3, 2)}, 4, 2),
        (
            "mlp",
            {"sizes": (2, 3, 1), "criterion": "binary_cross_entropy", "activations": ("tanh", "sigmoid")},
            2,
            2,
        ),
        ("cnn", {"image": (1, 5, 5), "classes": 3}, 25, 3),
        ("gru", {"steps": 3}, 24, 10),
    ],
)
def test_a_network_that_the_digits_do_not_fit_gets_drawn_data(name, fields, shape, classes):
    net = network(name, **fields)
    found = net.load()
    assert (found.name, found.features, found.classes) == ("drawn data", shape, classes)
    assert found.x_train.min() >= 0 and found.x_train.max() <= 1
    check_inputs(net, found)


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm", "transformer"])
def test_without_scikit_learn_every_network_has_data(name, monkeypatch):
    for module in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, module, None)
    net = network(name)
    params, x, _ = check_inputs(net, net.load())
    assert params and len(x) == 32
    with pytest.raises(UserError, match="scikit-learn"):
        load("digits")


# ---- Digits


def test_the_digits_are_all_there_scaled_and_always_split_alike():
    first, again = load("digits"), load()
    assert first.x_train.shape == (1437, 64)
    assert first.x_test.shape == (360, 64)
    assert (first.features, first.classes) == (64, 10)
    assert first.x_train.min() == 0
    assert first.x_train.max() == 1
    assert first.x_train.dtype == np.float64
    assert first.y_train.dtype == np.int64
    assert np.array_equal(first.x_train, again.x_train)


# ---- IDX


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("-ubyte", bytes), ("-ubyte.gz", gzip.compress), (".idx", bytes)],
    ids=lambda v: getattr(v, "__name__", None) or str(v),
)
def test_a_folder_of_idx_files_is_read_gzipped_or_not(tmp_path, suffix, pack):
    data = load(str(write_folder(tmp_path, suffix=suffix, pack=pack)))
    assert data.x_train.shape == (6, 4)
    assert data.x_test.shape == (3, 4)
    assert np.array_equal(data.x_train, np.arange(24).reshape(6, 4) / 255)
    assert data.y_train.tolist() == [0, 1, 2, 0, 1, 2]


def test_a_folder_without_a_test_part_is_read(tmp_path):
    write_folder(tmp_path)
    for path in tmp_path.glob("t10k*"):
        path.unlink()
    data = load(str(tmp_path))
    assert data.x_test.shape == (0, 4)
    assert len(data.y_test) == 0


@pytest.mark.parametrize("code", IDX_TYPES)
def test_every_number_type_of_the_format_is_read(tmp_path, code):
    array = np.array([[1, 2, 3], [4, 5, 6]])
    (tmp_path / "a.idx").write_bytes(idx(array, code))
    assert np.array_equal(read_idx(tmp_path / "a.idx"), array)


@pytest.mark.parametrize("keep", [0, 1, 3, 4, 10, 16, 39])
def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path, keep):
    images = write_folder(tmp_path) / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:keep])
    refused(str(tmp_path), "train-images-idx3-ubyte", "truncated" if keep >= 4 else "not an IDX file")


def test_a_padded_file_is_refused(tmp_path):
    images = write_folder(tmp_path) / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes() + b"\0")
    refused(str(tmp_path), "(6, 2, 2) needs 24 bytes, it has 25")


def test_a_truncated_or_damaged_gzip_is_refused(tmp_path):
    write_folder(tmp_path, suffix="-ubyte.gz", pack=gzip.compress)
    images = tmp_path / "train-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    for damaged in (whole[:-9], whole[:5], whole[:20] + b"\xff\xff" + whole[22:]):
        images.write_bytes(damaged)
        refused(str(tmp_path), "cannot read", "train-images-idx3-ubyte.gz")


@pytest.mark.parametrize("content", [b"", b"P5 28 28\n", b"\x89PNG\r\n", b"\0\0\x0a\x01\0\0\0\x01\0"])
def test_what_is_not_idx_is_refused(tmp_path, content):
    write_folder(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(content)
    refused(str(tmp_path), "train-labels-idx1-ubyte", "not an IDX file")


def test_a_header_that_promises_terabytes_is_refused_at_once(tmp_path):
    write_folder(tmp_path)
    header = struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header)
    refused(str(tmp_path), "truncated")


def test_an_empty_folder_is_told_which_names_were_looked_for(tmp_path):
    refused(str(tmp_path), "train-images")


def test_images_and_labels_of_different_number_are_refused(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(5, int)))
    refused(str(tmp_path), "6 train inputs but 5 labels")


def test_test_images_of_another_size_are_refused(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((3, 3, 3), int)))
    refused(str(tmp_path), "4 features to train on, 9 to test on")


@pytest.mark.skipif(not FASHION.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_fashion_mnist_is_read():
    data = load(str(FASHION))
    assert data.x_train.shape == (60_000, 784)
    assert data.x_test.shape == (10_000, 784)
    assert np.bincount(data.y_train).tolist() == [6000] * 10
    assert np.bincount(data.y_test).tolist() == [1000] * 10
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    # The training set's mean and standard deviation as everybody who normalises it quotes them.
    assert round(float(data.x_train.mean()), 4) == 0.2860
    assert round(float(data.x_train.std()), 4) == 0.3530


# ---- npz


def test_an_npz_already_split_is_read_as_it_is(tmp_path):
    path = npz(tmp_path, x_train=GOOD["x"], y_train=GOOD["y"], x_test=GOOD["x"][:3], y_test=GOOD["y"][:3])
    data = load(path)
    assert np.array_equal(data.x_train, GOOD["x"])
    assert np.array_equal(data.x_test, GOOD["x"][:3])


def test_of_an_npz_with_x_and_y_a_fifth_is_held_out(tmp_path):
    data = load(npz(tmp_path, **GOOD))
    assert (len(data.x_train), len(data.x_test)) == (8, 2)
    assert sorted([*data.x_train[:, 0], *data.x_test[:, 0]]) == sorted(GOOD["x"][:, 0])


def test_bytes_are_scaled_and_floats_are_not(tmp_path):
    pixels = np.full((5, 2), 255)
    assert load(npz(tmp_path, x=pixels.astype("uint8"), y=np.arange(5) % 2)).x_train.max() == 1
    assert load(npz(tmp_path, x=pixels.astype("float32"), y=np.arange(5) % 2)).x_train.max() == 255


def test_other_keys_are_listed(tmp_path):
    refused(npz(tmp_path, images=GOOD["x"], labels=GOOD["y"]), "['images', 'labels']", "x_train", "or x, y")


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_pickled_objects_are_refused_and_never_unpickled(tmp_path):
    sprung = tmp_path / "sprung"
    inside = np.empty(1, object)
    inside[0] = Trap(sprung)
    path = tmp_path / "inside.npz"
    np.savez(path, x=GOOD["x"], y=inside)
    refused(str(path), "pickled objects", "refused")

    bare = tmp_path / "bare.npz"
    bare.write_bytes(pickle.dumps(Trap(sprung)))
    refused(str(bare), "bare.npz")

    assert not sprung.exists()
    pickle.loads(bare.read_bytes())  # the trap does work
    assert sprung.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"hello", b"\x93NUMPY\x01\x00"])
def test_what_is_no_npz_is_refused(tmp_path, content):
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    refused(str(path), "data.npz")


def test_a_single_array_under_the_name_of_an_npz_is_refused(tmp_path):
    path = tmp_path / "data.npz"
    with path.open("wb") as out:
        np.save(out, GOOD["x"])
    refused(str(path), "not a readable .npz")


def test_a_truncated_npz_is_refused(tmp_path):
    path = Path(npz(tmp_path, **GOOD))
    path.write_bytes(path.read_bytes()[:-30])
    refused(str(path), "not a readable .npz")


def test_a_missing_file_is_named(tmp_path):
    refused(str(tmp_path / "no.npz"), "no.npz", "no such file")
    with pytest.raises(UserError, match="no such file"):
        read_npz(tmp_path / "no.npz")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1,2,3\n")
    refused(str(path), "neither a folder of IDX files nor an .npz")


# ---- Values


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_input_that_is_not_finite_is_refused_with_its_row(tmp_path, bad):
    x = GOOD["x"].copy()
    x[7, 1] = bad
    refused(npz(tmp_path, x_train=x, y_train=GOOD["y"]), "train input 7 holds nan or inf")


@pytest.mark.parametrize("bad", [-1, 0.5, np.nan, np.inf, 1e300])
def test_a_label_that_is_no_class_is_refused(tmp_path, bad):
    y = GOOD["y"].astype(float)
    y[4] = bad
    refused(npz(tmp_path, x_train=GOOD["x"], y_train=y), "labels must be the integers 0, 1, ...")


def test_whole_numbers_stored_as_floats_are_labels(tmp_path):
    data = load(npz(tmp_path, x=GOOD["x"], y=GOOD["y"].astype("float32")))
    assert data.y_train.dtype == np.int64
    assert data.classes == 2


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), "empty"),
        (np.zeros((4, 0)), np.zeros(4, int), "no features"),
        (np.zeros(4), np.zeros(4, int), "needed: (N, features) and (N,)"),
        (np.zeros((4, 2)), np.zeros((4, 2), int), "needed: (N, features) and (N,)"),
        (np.float64(3), np.int64(1), "needed: (N, features) and (N,)"),
        (np.zeros((4, 2)), np.zeros(3, int), "labels"),
        (np.zeros((4, 2), complex), np.zeros(4, int), "numbers are needed"),
        (np.zeros((4, 2)), np.array(list("abcd")), "numbers are needed"),
    ],
    ids=["empty", "no-features", "one-axis", "one-hot", "scalars", "lengths", "complex", "text"],
)
def test_shapes_and_types_that_are_no_data_set_are_refused(tmp_path, x, y, says):
    refused(npz(tmp_path, x=x, y=y), says)


def test_a_class_that_only_the_test_part_has_counts(tmp_path):
    path = npz(tmp_path, x_train=GOOD["x"], y_train=GOOD["y"], x_test=GOOD["x"], y_test=GOOD["y"] + 5)
    assert load(path).classes == 7
