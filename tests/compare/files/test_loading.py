"""What a path that is no file to check is answered with."""

import pytest

from compare.common.errors import UserError
from compare.files.loading import load


def test_a_folder_with_one_file_says_how_to_check_it(tmp_path):
    (tmp_path / "net.py").write_text("x = 1\n")
    with pytest.raises(UserError, match=r"is a folder: threeways check \S*net\.py checks the file in it"):
        load(tmp_path)


def test_a_folder_of_several_files_needs_the_assignment(tmp_path):
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("x = 1\n")
    with pytest.raises(UserError, match="is a folder; a folder of submissions needs --against"):
        load(tmp_path)
