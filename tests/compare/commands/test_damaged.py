"""Damaged files, absurd options and names that no file can have: one line, exit 2, never a bug of ours."""

import copy
import json
import os
import random
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from compare.cli import main
from compare.commands.report import _dataclass
from compare.common.child import ROOT
from compare.common.errors import UserError
from compare.common.shapes import read_result
from compare.files.starters import text
from tests.compare.report.more_samples import EVERY_KIND

LONG = "x" * 300


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """refused(*arguments) -> the one line with which a command ends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(text("plain"))

    def run(*arguments):
        assert main(list(map(str, arguments))) == 2, capsys.readouterr()
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith("threeways: ")
        return said

    return run


@pytest.mark.parametrize("command", ["gradients", "curves", "run", "time", "graph", "derive"])
@pytest.mark.parametrize("seed", ["-1", "99999999999999"])
def test_a_seed_is_a_number_that_every_generator_takes(command, seed, refused):
    assert "--seed" in refused(command, "--seed", seed)


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "1e300", "1e-300", "-1", "0"])
@pytest.mark.parametrize("option", ["--timeout", "--memory"])
def test_a_limit_is_one_that_can_be_set(option, value, refused):
    assert f"{option} " in refused("check", "mine.py", option, value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", f"{LONG}.py"),
        ("check", "mine.py", "--json", f"{LONG}.json"),
        ("check", "mine.py", "--against", LONG),
        ("check", "mine.py/x.py"),
        ("check", "--init", f"{LONG}.py"),
        ("report", LONG),
        ("report", "mine.py/x.json"),
        ("baseline", f"{LONG}.toml"),
        ("gradients", "--data", LONG),
        ("exercise", "mlp", LONG),
        ("exercise", "mlp", "e", "--points", "inf"),
        ("gradients", "--sizes", f"4,{10**9},{10**9},3", "--activations", "tanh,tanh,softmax"),
    ],
)
def test_names_and_sizes_that_cannot_be_end_in_one_line(arguments, refused):
    refused(*arguments)


def test_an_error_of_the_users_file_has_its_line_by_whatever_path(refused, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "raising.py").write_text('raise ValueError("\x1b[2J")\n')
    for path in (
        "raising.py",
        "sub/../raising.py",
        "./sub/.././raising.py",
        tmp_path / "sub" / ".." / "raising.py",
    ):
        assert "your code raised ValueError: \\x1b[2J (raising.py, line 1)" in refused("check", path)


def test_gradients_that_contain_themselves_are_refused(refused, tmp_path):
    given = "def example():\n    return {'W1': [[1.0, 2]] * 3}, [[1.0, 1]], [[1.0, 1, 1]]\n"
    for grads in ("g = {}; g['W1'] = g", "l = []; l.append(l); g = {'W1': l}", "g = []; g.append(g)"):
        (tmp_path / "cycle.py").write_text(
            f"{given}def backward(params, x, y):\n    {grads}\n    return 1.0, g\n"
        )
        refused("check", "cycle.py")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("[network]\ncriterion = 1979-05-27\n[training]\nepochs = 1\n", "criterion"),
        ("[network]\nsizes = 3\n[training]\nepochs = 1\n", "sizes"),
        ("[network]\nactivations = [[1], {}]\n[training]\nepochs = 1\n", "activation"),
        ("title = 1979-05-27\n[training]\nepochs = 1\n", "title"),
        ('[data]\nsource = ["relu"]\n[training]\nepochs = 1\n', "source"),
        ("a = " + "[" * 3000 + "]" * 3000, "TOML"),
    ],
)
def test_a_value_of_another_kind_in_a_toml_is_named(said, names, refused, tmp_path):
    (tmp_path / "run.toml").write_text(said)
    assert names in refused("baseline", "run.toml", "--out", "out")
    assert not (tmp_path / "out").exists()


def test_a_sweep_without_implementations_is_refused(refused, tmp_path):
    (tmp_path / "run.toml").write_text(
        "[training]\nepochs = 1\n[sweep]\nimplementations = []\n[sweep.over]\nrate = [0.1]\n"
    )
    assert "implementations is empty" in refused("sweep", "run.toml", "--out", "out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_file_and_is_not_waited_for(refused, tmp_path):
    for name in ("r.json", "d.npz", "t.toml", "s.py", "idx/train-images-idx3-ubyte"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / name)
    for command in (
        ("report", "r.json"),
        ("diff", "r.json", "r.json"),
        ("gradients", "--data", "d.npz"),
        ("gradients", "--data", "idx"),
        ("baseline", "t.toml", "--out", "out"),
        ("check", "s.py"),
    ):
        refused(*command)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_standard_output_that_is_full_ends_in_one_line():
    code = "import sys; from compare.cli import main; sys.exit(main(['networks']))"
    with open("/dev/full", "w") as full:
        ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 2
    assert ended.stderr == b"threeways: cannot go on: No space left on device\n"


CLOSED = """
import sys
from compare.cli import main
from compare.common.kernel import without_privileges

without_privileges()  # of root
for command in sys.argv[1:]:
    print(main(command.split()))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_what_may_not_be_read_or_written_ends_in_one_line(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((30, 4)), y=np.zeros(30))
    (tmp_path / "r.json").write_text(json.dumps(EVERY_KIND["grades"]))
    (tmp_path / "open.json").write_text(json.dumps(EVERY_KIND["grades"]))
    (tmp_path / "run.toml").write_text("[training]\nepochs = 1\n[sweep.over]\nrate = [0.1]\n")
    (tmp_path / "mine.py").write_text(text("plain"))
    (tmp_path / "closed").mkdir()
    for name in ("d.npz", "r.json", "run.toml", "mine.py", "closed"):
        (tmp_path / name).chmod(0)
    commands = ["report r.json", "diff r.json r.json", "gradients --data d.npz", "gradients --data closed"]
    commands += ["baseline run.toml --out b", "sweep run.toml --out b", "baseline digits --out closed/b"]
    commands += [
        "check mine.py",
        "check --init closed/mine.py",
        "derive mine.py",
        "exercise --from mine.py e",
    ]
    commands += ["exercise mlp closed/e", "run --out closed/r", "curves --json closed/c.json"]
    commands += ["report open.json --html closed/r.html", "report open.json --figures closed/f"]
    code = [sys.executable, "-c", CLOSED, *commands]
    ended = subprocess.run(
        code, cwd=tmp_path, env=os.environ | {"PYTHONPATH": ROOT}, capture_output=True, text=True
    )
    (tmp_path / "closed").chmod(0o700)
    assert ended.stdout.split() == ["2"] * len(commands), ended.stdout + ended.stderr
    lines = ended.stderr.splitlines()
    assert len(lines) == len(commands) and all(line.startswith("threeways: ") for line in lines)
    assert not list((tmp_path / "closed").iterdir())


def _archive(path, member, head=b"", flags=0, method=zipfile.ZIP_STORED):
    """An .npz with one changed member."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in ("x", "y"):
            with archive.open(f"{name}.npy", "w") as out:
                if name == member:
                    out.write(head)
                else:
                    np.lib.format.write_array(out, np.ones((4, 2)))
    if flags:
        raw = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.index(mark) + offset] |= flags
        path.write_bytes(raw)


HEADERS = {
    "cut short": b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2",
    "no header": b"\x93NUMPY\x01\x00\x02\x00((",
    "another language": b"\x93NUMPY\x01\x00\x10\x00(\n'''              ",
    "huge": b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999,), }\n",
    "no array": b"garbage",
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_damaged_npz_is_refused_by_its_name(name, refused, tmp_path):
    _archive(tmp_path / "data.npz", "x", HEADERS[name])
    assert "data.npz" in refused("gradients", "--data", "data.npz")


def test_an_encrypted_npz_and_idx_of_too_many_axes_are_refused(refused, tmp_path):
    _archive(tmp_path / "data.npz", "", flags=1)
    assert "not a readable .npz" in refused("gradients", "--data", "data.npz")
    (tmp_path / "idx").mkdir()
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / "idx" / name).write_bytes(struct.pack(">HBB200I", 0, 8, 200, *[1] * 200) + b"\0")
    assert "200 dimensions" in refused("gradients", "--data", "idx")


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_result_as_it_was_written_passes_the_door(name, tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(EVERY_KIND[name]))
    assert read_result(tmp_path / "r.json", _dataclass) == json.loads(json.dumps(EVERY_KIND[name]))


@pytest.mark.parametrize(
    ("kind", "place", "value", "said"),
    [
        ("curves", ("environment", "versions", "jaxlib"), [[]], r"environment.versions.jaxlib is \[\[\]\]"),
        ("run", ("curves", "environment", "python"), 3, "curves.environment.python is 3; a text is needed"),
        ("gradients", ("verdicts", 0, "error"), "\x1b", "verdicts.0..error is .*a number is needed"),
        ("gradients", ("verdicts", 0, "grid"), "x", "verdicts.0..grid is 'x'; a list is needed"),
        ("grades", ("submissions", 0, "points"), None, "submissions.0..points is None; a number is needed"),
        ("exercise", ("rules",), {}, "rules is {}; a list is needed"),
        ("curves", ("schema",), ["threeways/curves/1"], "has no schema"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(kind, place, value, said, tmp_path):
    data = json.loads(json.dumps(EVERY_KIND[kind]))
    *way, last = place
    at = data
    for key in way:
        at = at[key]
    at[last] = value
    (tmp_path / "r.json").write_text(json.dumps(data))
    with pytest.raises(UserError, match=said):
        read_result(tmp_path / "r.json", _dataclass)


def test_json_that_is_too_deep_is_refused(refused, tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    for command in (
        ("report", "deep.json"),
        ("diff", "deep.json", "deep.json"),
        ("report", "deep.json", "deep.json"),
    ):
        assert "too deep" in refused(*command)


JUNK = [None, True, -1, 1e308, "", "nan", "\ud800", [], [[]], {}, {"a": 1}, [None] * 3, "9" * 400, 10**30]


def _places(value, place=()):
    """The place of everything in a result, at most six of a list."""
    if place:
        yield place
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value[:6]) if isinstance(value, list) else ()
    )
    for key, item in inside:
        yield from _places(item, (*place, key))


@pytest.mark.parametrize("seed", range(3))
def test_a_result_with_a_changed_entry_is_shown_or_refused(seed, tmp_path, capsys):
    rng = random.Random(seed)
    for name, result in EVERY_KIND.items():
        data = json.loads(json.dumps(result))
        *way, last = rng.choice(list(_places(data)))
        at = data
        for key in way:
            at = at[key]
        if rng.random() < 0.2 and isinstance(at, dict):
            del at[last]
        else:
            at[last] = copy.deepcopy(rng.choice(JUNK))
        (tmp_path / "r.json").write_text(json.dumps(data))
        status = main(["report", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"), "--force"])
        assert status in (0, 2), (name, way, last, capsys.readouterr().err)
