"""Raw results: JSON that anything can read, and files that appear whole or not at all."""

import dataclasses
import json
import math
import os

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.common.results import (
    check_writable,
    environment,
    number,
    plain,
    read_json,
    write_json,
    write_text,
)


@dataclasses.dataclass(frozen=True)
class Result:
    """One of a command, in small."""

    losses: tuple
    grid: np.ndarray
    inner: dict
    schema: str = "threeways/small/1"


RESULT = Result(
    (1.5, math.nan), np.array([[math.inf, -math.inf, 2.0]], "float32"), {3: np.int64(7), "none": None}
)


def test_plain_opens_dataclasses_and_arrays_and_spells_what_is_not_finite():
    assert plain(RESULT) == {
        "losses": [1.5, "nan"],
        "grid": [["inf", "-inf", 2.0]],
        "inner": {"3": 7, "none": None},
        "schema": "threeways/small/1",
    }


def test_numpys_own_scalars_become_pythons():
    for value in (np.float32(0.5), np.float64(0.5)):
        assert type(plain(value)) is float
    assert type(plain(np.bool_(True))) is bool
    assert plain(np.float64("nan")) == "nan"


@pytest.mark.parametrize("value", [1.5, math.inf, -math.inf, math.nan])
def test_number_is_the_inverse_of_plain(value):
    back = number(plain(value))
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_a_result_is_strict_json_and_reads_back(tmp_path):
    write_json(tmp_path / "r.json", RESULT)

    def refuse(constant):
        raise AssertionError(f"bare {constant} in the file")

    assert json.loads((tmp_path / "r.json").read_text(), parse_constant=refuse) == plain(RESULT)
    assert read_json(tmp_path / "r.json") == plain(RESULT)


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"schema": "other/1"}', '{"schema": 3}'])
def test_json_that_is_not_ours_is_refused(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"r\.json"):
        read_json(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "r.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"r\.json"):
        read_json(tmp_path / "r.json")


def test_a_missing_result_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        read_json(tmp_path / "no.json")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "report.html"
    write_text(path, "old")
    write_text(path, "new µ")
    assert path.read_text(encoding="utf-8") == "new µ"
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_written_file_can_be_read_by_those_the_umask_allows(tmp_path):
    """Temporary files are private; what they become is not."""
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "r.txt", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "r.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_when_writing_fails_the_old_file_stays_and_nothing_else_is_left(tmp_path, monkeypatch, failing):
    path = tmp_path / "report.html"
    write_text(path, "old")

    def full(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(UserError, match=r"cannot write .*No space left on device"):
            write_text(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_text_that_cannot_be_encoded_is_written_as_an_escape(tmp_path):
    write_text(tmp_path / "r.txt", "bad \ud800")
    assert (tmp_path / "r.txt").read_text() == "bad \\ud800"


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path):
    existing = tmp_path / "there.json"
    existing.write_text("{}")
    check_writable(None)
    check_writable(tmp_path / "new.json")
    check_writable(existing, force=True)
    for path, says in (
        (existing, "--force replaces it"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "new.json", "there is no folder"),
        (existing / "new.json", "there is no folder"),
    ):
        with pytest.raises(UserError, match=says):
            check_writable(path)
    assert os.listdir(tmp_path) == ["there.json"]


def test_a_folder_that_is_not_ours_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(UserError, match="no permission"):
        check_writable(tmp_path / "r.json")


def test_the_environment_says_where_a_result_was_made():
    found = environment(seed=3)
    assert found["seed"] == 3
    assert found["versions"]["numpy"] == np.__version__
    assert found["cores"] >= 1
    assert found["cpu"]
    json.dumps(found, allow_nan=False)
