"""The benchmarks in their smallest form. Only ratios are asserted; one that a busy machine spoils is measured again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    """Import a module from the folder of the scripts."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return __import__


def child(code):
    """Run `code` from the benchmarks' folder in a process of its own; return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(claim, *codes):
    """Raise AssertionError unless the claim is true of what the codes print, in one of three measurements."""
    rows = []
    for _ in range(3):
        rows.append([child(code) for code in codes])
        if claim(*rows[-1]):
            return
    raise AssertionError(rows)


@pytest.mark.bench
def test_the_gradient_is_not_far_from_its_products_and_far_ahead_of_a_loop_over_samples():
    measured = "gradient.child('float64', [[[784, 30, 10], 128]], 3, light=True)[0]"

    def claim(row):
        floor, loop = row["over_floor"]["manual"], row["over_manual"]["per sample"]
        return floor["median"] < 4 < loop["median"]

    check(claim, f"import json, gradient; print(json.dumps({measured}))")


@pytest.mark.bench
def test_a_verdict_costs_no_more_than_a_few_gradients():
    code = "import json, checking; print(json.dumps(checking.run('gradients', 'float64', 3)))"
    check(lambda row: row["over"]["verdict"]["median"] < 12, code)


@pytest.mark.bench
def test_a_verdict_is_linear_and_holds_little_more_than_its_arrays():
    codes = (
        f"import json, checking; print(json.dumps(checking.run('growing', 'verdict', {n}, 'float64')))"
        for n in (10**6, 4 * 10**6)
    )

    def claim(small, large):
        linear = large["ns_per_parameter"] < 6 * small["ns_per_parameter"]
        return linear and large["peak_over_parameters_itemsize_witnesses"] < 4

    check(claim, *codes)


def test_the_page_is_drawn_from_json_alone(benchmarks, tmp_path):
    write, measuring = benchmarks("write"), benchmarks("measuring")
    interval = {"median": 2.0, "low": 1.9, "high": 2.1}
    rows = [
        {"program": "python", "cpu_s": interval, "samples": [2.0]},
        {"program": "a", "over": "python", "how": "ratio", "found": interval, "bar": 3},
    ]
    measuring.save(tmp_path / "startup.json", "startup", rows, 0)
    page = write.page(tmp_path)
    assert "| a, ratio to python | 2 (1.9 to 2.1) | 3 |" in page and "## Start-up" in page


def test_the_page_in_docs_is_the_one_its_json_gives(benchmarks):
    folder = ROOT / "docs" / "benchmarks"
    assert folder.with_suffix(".md").read_text() == benchmarks("write").page(folder)


def test_readmes_table_is_the_one_its_json_gives(benchmarks):
    write, readme = benchmarks("write"), (ROOT / "README.md").read_text(encoding="utf-8")
    gradient = json.loads((ROOT / "docs" / "benchmarks" / "gradient.json").read_text())
    assert write.into_readme(readme, write.short(gradient)) == readme
