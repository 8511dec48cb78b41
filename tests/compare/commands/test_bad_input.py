"""Unusable input ends with one clear line and exit 2, before anything is written."""

import gzip
import pickle
import struct

import numpy as np
import pytest

from compare.cli import main


def idx(array):
    """The bytes of an IDX file of unsigned bytes."""
    array = np.asarray(array, np.uint8)
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def idx_folder(path, images=None, labels=None):
    path.mkdir()
    images = np.zeros((40, 8, 8)) if images is None else images
    (path / "train-images-idx3-ubyte").write_bytes(images if isinstance(images, bytes) else idx(images))
    (path / "train-labels-idx1-ubyte").write_bytes(labels or idx(np.arange(40) % 10))
    return path


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def samples(n=40, features=64, **changed):
    return {"x": np.zeros((n, features)), "y": np.arange(n) % 10} | changed


def pickled(path):
    np.savez(path, x=np.array([{"a": 1}], dtype=object), y=np.zeros(1))
    return path


def with_nan(path):
    x = np.zeros((40, 64))
    x[17, 3] = np.nan
    return npz(path, **samples(x=x))


def not_an_archive(path):
    path.write_bytes(pickle.dumps([1, 2]))
    return path


DATA = {
    "a missing file": (lambda p: p / "nowhere.npz", "no such file"),
    "a file of another kind": (lambda p: (p / "x.csv").write_text("1,2") and p / "x.csv", "neither"),
    "a folder without IDX files": (lambda p: (p / "d").mkdir() or p / "d", "train-images"),
    "a truncated IDX file": (lambda p: idx_folder(p / "d", idx(np.zeros((40, 8, 8)))[:-5]), "truncated"),
    "an IDX file cut in its header": (
        lambda p: idx_folder(p / "d", idx(np.zeros((40, 8, 8)))[:7]),
        "truncated",
    ),
    "a non-IDX file": (lambda p: idx_folder(p / "d", b"\x89PNG0000"), "not an IDX file"),
    "a damaged gzip": (
        lambda p: idx_folder(p / "d", gzip.compress(idx(np.zeros((40, 8, 8))))[:-9]),
        "cannot read",
    ),
    "pickled objects": (lambda p: pickled(p / "o.npz"), "pickled objects"),
    "an .npz that is none": (lambda p: not_an_archive(p / "n.npz"), "n.npz"),
    "other keys": (lambda p: npz(p / "k.npz", images=np.zeros(3), kind=np.ones(2)), "'images', 'kind'"),
    "nan": (lambda p: with_nan(p / "nan.npz"), "input"),
    "negative labels": (lambda p: npz(p / "l.npz", **samples(y=np.arange(40) - 1)), "labels"),
    "labels out of range": (lambda p: npz(p / "l.npz", **samples(y=np.arange(40))), "labels up to"),
    "labels that are no integers": (lambda p: npz(p / "l.npz", **samples(y=np.arange(40) / 3)), "labels"),
    "fewer labels than samples": (lambda p: npz(p / "l.npz", **samples(y=np.zeros(39, int))), "labels"),
    "no samples": (lambda p: npz(p / "e.npz", **samples(0)), "empty"),
    "other sizes": (lambda p: npz(p / "s.npz", **samples(features=5)), "5 features"),
    "text": (lambda p: npz(p / "t.npz", **samples(x=np.full((40, 64), "a"))), "numbers are needed"),
}

CALLS = {
    "an unknown command": (["gradient"], "gradients"),
    "an unknown option": (["run", "--quickly"], "--quick"),
    "an unknown network": (["gradients", "--network", "mpl"], "'mlp'"),
    "an unknown activation": (["run", "--activations", "sigmoid,sofmax"], "'softmax'"),
    "an unknown criterion": (["run", "--criterion", "crossentropy"], "'cross_entropy'"),
    "sizes that are no numbers": (["run", "--sizes", "64,thirty,10"], "--sizes"),
    "sizes of nothing": (["run", "--sizes", "64,0,10"], "positive"),
    "sizes that do not fit the data": (
        ["run", "--sizes", "32,10", "--activations", "softmax", "--data", "digits"],
        "64 features",
    ),
    "too few outputs": (["run", "--sizes", "64,30,5", "--data", "digits"], "10 outputs"),
    "more activations than layers": (["run", "--activations", "relu,relu,softmax"], "2 activations"),
    "an empty batch": (["gradients", "--batch", "0"], "--batch 0"),
    "a batch larger than the data": (["gradients", "--batch", "100000"], "1437"),
    "a dtype that not all have": (["gradients", "--dtype", "float16"], "float32"),
    "a file that is not there": (["gradients", "mine.py"], "does not exist"),
    "a name of two lines": (["exercise", "week1", "--from", "a\n\nb"], "a\\n\\nb: no such file"),
    "a guess from another tool": (["gradcheck"], "check"),
}


DIGITS = "9" * 5000


def refused(capsys, arguments, says, folder):
    before = sorted(folder.rglob("*"))
    assert main([str(a) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert says in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("command", ("run", "gradients"))
def test_unusable_data_is_refused_in_one_line(kind, command, tmp_path, monkeypatch, capsys):
    make, says = DATA[kind]
    monkeypatch.chdir(tmp_path)
    refused(capsys, [command, "--data", make(tmp_path)], says, tmp_path)


@pytest.mark.parametrize("kind", CALLS)
def test_an_unusable_call_is_refused_in_one_line(kind, tmp_path, monkeypatch, capsys):
    arguments, says = CALLS[kind]
    monkeypatch.chdir(tmp_path)
    refused(capsys, arguments, says, tmp_path)


@pytest.mark.parametrize("option", ("--json", "--html"))
def test_an_existing_file_is_not_overwritten(option, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    refused(capsys, ["gradients", option, taken], "--force", tmp_path)
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("where", ("nowhere/g.json", "."))
def test_an_unwritable_output_is_refused_before_any_work(where, tmp_path, capsys):
    refused(capsys, ["gradients", "--json", tmp_path / where], str(tmp_path), tmp_path)


def test_a_run_into_a_folder_that_cannot_be_made_is_refused(tmp_path, capsys):
    refused(capsys, ["run", "--out", tmp_path / "no" / "folder"], "there is no folder", tmp_path)


def test_a_run_into_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "report").write_text("a file")
    refused(capsys, ["run", "--out", tmp_path / "report"], "a file of that name", tmp_path)


def test_pickled_objects_are_never_unpickled(tmp_path, capsys):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    path = npz(tmp_path / "trap.npz", x=np.array([Trap()], dtype=object), y=np.zeros(1))
    assert main(["gradients", "--data", str(path)]) == 2
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("command", [["baseline"], ["sweep"], ["curves", "--run"]])
def test_a_number_of_too_many_digits_is_refused(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text(f"[training]\nepochs = {DIGITS}\n")
    refused(capsys, [*command, "run.toml"], "is not TOML", tmp_path)
