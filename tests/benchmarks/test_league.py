"""The league's bookkeeping: what counts as found, as a false alarm and as not taken, and the table in the page."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def league():
    pytest.importorskip("scipy")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield __import__("league")


@pytest.fixture(scope="module")
def files(league):
    """A wrong gradient and its correction, a right one that was accused, an update rule and its correction."""
    names = {"ridge-tutorial-two-lambda", "caffe-batchnorm-mean-y", "adam-power-forgotten"}
    return list(league.candidates([c for c in league.cases() if c.name in names]))


@pytest.mark.parametrize(
    "name", ["np.allclose, central differences", "norm ratio of courses, 2e-7", "scipy check_grad"]
)
def test_a_tool_is_counted_on_gradients_and_does_not_take_updates(name, league, files):
    row = league.of_tool(name, league.TOOLS[name], files)
    counted = {k: row[k] for k in ("found", "cases", "false_alarms", "right", "not_taken")}
    assert counted == {"found": 1, "cases": 2, "false_alarms": 0, "right": 3, "not_taken": 2}


def test_torch_and_jax_take_the_gradient_as_their_own(league, files):
    for package, tool in (("torch", "torch gradcheck, slow"), ("jax", "jax check_grads")):
        pytest.importorskip(package)
        row = league.of_tool(package, league.TOOLS[tool], files)
        assert (row["found"], row["false_alarms"], row["raised"]) == (1, 0, [])


def test_a_tool_that_raises_has_no_verdict_and_one_that_is_absent_no_row(league, files):
    def refuses(case):
        raise ValueError("shapes")

    def absent(case):
        raise ImportError

    row = league.of_tool("refuses", refuses, files)
    assert row["found"] == row["false_alarms"] == 0 and row["not_taken"] == 5 and len(row["raised"]) == 3
    assert league.of_tool("absent", absent, files) == {"tool": "absent", "absent": True}


def test_the_table_of_the_page_is_replaced(league, tmp_path):
    page = tmp_path / "league.md"
    page.write_text(f"before\n{league.BEGIN}\nold\n{league.END}\nafter\n")
    row = {"tool": "a", "found": 1, "cases": 2, "false_alarms": 0, "right": 3, "line": 0, "explained": 0}
    row |= {"not_taken": 2, "files": 5, "cpu_s": 1.0}
    league.write_page(page, [row, {"tool": "b", "absent": True}])
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n") and "| a | 1/2 | 0/3 |" in text
    assert "old" not in text and "| b |" not in text
