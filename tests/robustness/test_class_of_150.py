"""A small class of the kind of class_of_150, killed twice."""

import sys

import pytest

from tests.robustness.class_of_150 import NAMES, run


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_a_class_with_hostile_files_that_is_killed_loses_nothing(tmp_path):
    hostile = (NAMES[0], NAMES[3])
    ran = run(tmp_path, 10, hostile, 2)
    assert (ran.exit, ran.lost, ran.left) == (0, 0, [])
    assert len(ran.rows) == 12 and ran.resumed >= max(ran.kept) > 0
    assert {name for name, row in ran.rows.items() if row["status"] != "right"} == set(hostile)
