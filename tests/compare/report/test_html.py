"""The page: drawn from plain results, complete in itself, with everybody's text escaped."""

import base64
import hashlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from compare.common.errors import UserError
from compare.report.html import fragment, render, render_comparison, write_page
from tests.compare.report import more_samples, samples

ROOT = Path(__file__).resolve().parents[3]
ALL = more_samples.EVERY_KIND | {
    "a stopped run": samples.run(curves=None, time=None, interrupted=True),
    "a run stopped at once": samples.run(gradients=None, curves=None, time=None, interrupted=True),
}


@cache
def page_of(kind):
    return render(ALL[kind])


@pytest.mark.parametrize("kind", ALL)
def test_the_page_fetches_nothing(kind):
    page = page_of(kind)
    assert not re.findall(r'\b(?:src|srcset|href)="(?!#|data:)[^"]*"', page)
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("kind", ALL)
def test_a_page_is_at_most_5_mb(kind):
    assert len(page_of(kind).encode()) <= 5e6


def test_a_page_without_matplotlib_says_what_it_leaves_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = render(ALL["run"])
    assert (
        page.count("Parts of this page are left out: pictures need matplotlib: pip install matplotlib") == 1
    )


def test_no_script_but_the_pages_own_may_run():
    page = render(ALL["run"])
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


@pytest.mark.parametrize("kind", ALL)
def test_a_notebooks_fragment_has_neither_script_nor_id(kind):
    shown = fragment(ALL[kind])
    assert "<script" not in shown and "<button" not in shown
    assert not re.findall(r"<(?:section|h2)[^>]* id=", shown)


@pytest.mark.parametrize("kind", ALL)
def test_every_id_is_used_once_and_every_reference_has_one(kind):
    page = page_of(kind)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    referred = re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)
    assert set(referred) <= set(ids)


def test_text_of_users_is_escaped_everywhere():
    hostile = samples.run(
        environment=samples.environment(command=samples.HOSTILE, cpu=samples.HOSTILE),
        gradients=samples.gradients(warnings=[samples.HOSTILE], about={"data": samples.HOSTILE}),
        curves=samples.curves(network=samples.HOSTILE),
    )
    for contender in hostile["curves"]["contenders"] + hostile["time"]["contenders"]:
        contender["name"] = samples.HOSTILE
    hostile["gradients"]["verdicts"][0] |= {"name": samples.HOSTILE, "reason": samples.HOSTILE}
    for page in (
        render(hostile),
        fragment(hostile),
        render_comparison(hostile, hostile, (samples.HOSTILE, "B")),
    ):
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_what_is_written_into_a_script_cannot_end_it():
    hostile = samples.gradients()
    hostile["verdicts"][0]["name"] = "</script><script>alert('no')</script>"
    page = render(hostile)
    assert page.count("</script>") == page.count("<script") == 2


def test_text_of_users_in_a_graph_is_escaped():
    hostile = more_samples.graph()
    hostile["stages"][0]["nodes"][0]["op"] = samples.HOSTILE
    hostile["stages"][0]["text"] = samples.HOSTILE
    assert "<script>alert" not in render(hostile)


def test_the_verdict_comes_first():
    page = render(samples.gradients(wrong="b1"))
    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    assert heading == "b1: differs from torch and jax."
    assert "✗ WRONG" in page[: page.index("<h1>")]


def test_a_run_agrees_only_if_every_part_does():
    assert "✓ RIGHT" in render(samples.run())
    parted = samples.curves(ok=False, first_divergence=12, reason="two losses are apart")
    page = render(samples.run(curves=parted))
    assert "✗ WRONG" in page
    assert "at step 12" in re.search(r"<h1>(.*?)</h1>", page)[1]


def test_a_stopped_run_says_so_and_shows_what_was_finished():
    page = render(ALL["a stopped run"])
    assert 'id="gradients"' in page and 'id="curves"' not in page
    assert "Stopped before anything was finished" in render(ALL["a run stopped at once"])


def test_who_is_absent_is_said_with_how_to_install_it():
    page = render(samples.curves())
    assert "jax is not installed: pip install jax jaxlib optax" in page
    assert "no C++ compiler here" in render(samples.time())


def test_numbers_that_are_not_finite_are_shown_as_such():
    wrong = samples.gradients(wrong="W1")
    wrong["verdicts"][0] |= {"status": "nonfinite", "values": {"hand": "nan"}, "error": "inf"}
    wrong["verdicts"][0]["grid"][2][5] = "nan"
    page = render(wrong)
    assert ">nan</td>" in page and ">inf</td>" in page


def test_an_existing_page_is_kept_unless_told_otherwise(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("mine")
    with pytest.raises(UserError, match="--force"):
        write_page(path, samples.curves())
    assert path.read_text() == "mine"
    write_page(path, samples.curves(), force=True)
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_a_schema_without_a_page_is_refused_in_a_line():
    with pytest.raises(UserError, match="no page for threeways/gradient/1: did you mean 'gradients'"):
        render(samples.gradients(schema="threeways/gradient/1"))


def test_the_answers_of_an_exercise_are_not_on_its_page():
    page = page_of("exercise")
    assert "✗ NOT YET" in page and "Which f?" in page and "kept back" not in page


def test_a_page_of_very_many_arrays_stays_small_in_larger_blocks():
    verdicts = [samples.verdict(f"W{k}", shape=(100, 80)) for k in range(300)]
    page = render(samples.gradients(verdicts=verdicts))
    assert len(page.encode()) <= 5e6
    assert 'data-rows="32"' in page and 'data-rows="64"' not in page


def test_a_page_is_drawn_without_torch_or_jax():
    code = (
        "import sys; from compare.report.html import render; from tests.compare.report.samples import run;"
        "render(run()); print([name for name in ('torch', 'jax', 'sklearn') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert shown.stdout == "[]\n", shown.stderr
