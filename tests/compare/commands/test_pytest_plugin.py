"""A check asserted in a test: the summary line is the diagnosis, and a page of the failure is left where asked."""

import sys
from subprocess import run

from compare.commands import pytest_plugin

TEST = """
import numpy as np
from threeways import assert_vjp_correct

def backward(g, x):
    return 2 * g * np.cos(x)

def test_right(vjp_correct):
    assert vjp_correct((np.sin, lambda g, x: g * np.cos(x)), np.ones(3)).ok

def test_wrong():
    assert_vjp_correct((lambda x: np.sin(x), backward), np.arange(1.0, 4.0))
"""


def test_a_failures_summary_line_is_the_diagnosis_and_its_page_is_written(tmp_path):
    (tmp_path / "test_ops.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    # Not loaded twice where the project is installed.
    loaded = ["-p", "no:threeways", "-p", pytest_plugin.__name__]
    options = ["--threeways-html", "pages", "--rootdir", str(tmp_path), "test_ops.py"]
    said = run([*command, *loaded, *options], cwd=tmp_path, capture_output=True, text=True).stdout
    assert "1 failed, 1 passed" in said, said
    (summary,) = (line for line in said.splitlines() if line.startswith("FAILED"))
    assert "WRONG" in summary and "2 times the right value" in " ".join(said.split())
    assert "self = <Report" not in said and "raise_if_wrong" not in said
    (page,) = (tmp_path / "pages").iterdir()
    assert page.suffix == ".html" and "2 times the right value" in page.read_text()
