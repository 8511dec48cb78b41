"""THREEWAYS_SEARCH: how many times as long the searches for a change may take."""

import pytest

from compare.cli import main
from compare.common.errors import UserError
from compare.trace.changes.limit import TIMES_AS_LONG, allowed

TORCH = """import torch
torch.manual_seed(0)
params, x, y = {"w": torch.ones(3).double()}, torch.ones(2, 3).double(), torch.zeros(2).double()


def backward(params, x, y):
    e = x @ params["w"] - y
    return 0.5 * (e @ e), {"w": x.T @ e * 2}
"""
FILE = """import numpy as np
params, x, y = {"w": np.arange(3.0)}, np.ones((2, 3)), np.zeros(2)


def backward(params, x, y):
    e = x @ params["w"] - y
    return 0.5 * (e @ e), {"w": x.T @ e * 2}
"""


def test_searches_take_so_many_times_as_long(monkeypatch):
    monkeypatch.setenv(TIMES_AS_LONG, "2.5")
    assert allowed(2.0) == 5.0
    monkeypatch.delenv(TIMES_AS_LONG)
    assert allowed(2.0) == 2.0


@pytest.mark.parametrize("said", ["", "long", "-1", "nan", "inf"])
def test_what_is_no_number_of_times_ends_a_check_in_one_line(said, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(TIMES_AS_LONG, said)
    with pytest.raises(UserError, match=f"THREEWAYS_SEARCH={said!r} is not a number"):
        allowed(2.0)
    file = tmp_path / "mine.py"
    for text in (FILE, TORCH) if said == "long" else (FILE,):
        file.write_text(text)
        assert main(["check", str(file)]) == 2
        printed = capsys.readouterr()
        assert printed.err.count("\n") <= 2 and "THREEWAYS_SEARCH" in printed.err and not printed.out
