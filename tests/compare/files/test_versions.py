"""A file with the versions of a network, in the process that loads it."""

import pytest

from compare.common.errors import UserError
from compare.files import versions


def test_a_file_that_loads_for_ever_is_said_with_the_time_it_had(tmp_path, monkeypatch):
    monkeypatch.setattr(versions, "LOADING", 1.0)
    file = tmp_path / "mine.py"
    file.write_text("params = {}\nwhile True:\n    pass\n")
    with pytest.raises(UserError, match=r"loading it took more than 1 s in mine.py, line [23]") as raised:
        versions.work(file, "compare.checks.gradients:compare_gradients", {}, ["threeways"])
    assert "--timeout" not in str(raised.value)
