"""The page: drawn from plain results, complete in itself, with everybody's text escaped."""

import re

import pytest

from compare.errors import UserError
from compare.report.html import render, write_page

from . import samples

ALL = {
    "gradients": samples.gradients(),
    "wrong gradients": samples.gradients(wrong="b1"),
    "curves": samples.curves(),
    "time": samples.time(),
    "run": samples.run(),
    "a stopped run": samples.run(curves=None, time=None, interrupted=True),
    "a run stopped at once": samples.run(gradients=None, curves=None, time=None, interrupted=True),
}


@pytest.mark.parametrize("kind", ALL)
def test_the_page_fetches_nothing_and_runs_nothing(kind):
    page = render(ALL[kind])
    assert not re.findall(r'\b(?:src|href)="(?!#|data:)[^"]*"', page)
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page and "<script" not in page


@pytest.mark.parametrize("kind", ALL)
def test_every_id_is_used_once_and_every_reference_has_one(kind):
    page = render(ALL[kind])
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
    page = render(hostile)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_verdict_comes_first():
    page = render(samples.gradients(wrong="b1"))
    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    assert heading == "b1: differs from torch and jax."
    assert "disagreement" in page[: page.index("<h1>")]


def test_a_run_agrees_only_if_every_part_does():
    assert "agreement" in render(samples.run())
    parted = samples.curves(ok=False, first_divergence=12, reason="two losses are apart")
    page = render(samples.run(curves=parted))
    assert "disagreement" in page
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
    assert "<td>nan</td>" in page and "<td>inf</td>" in page


def test_an_existing_page_is_kept_unless_told_otherwise(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("mine")
    with pytest.raises(UserError, match="--force"):
        write_page(path, samples.curves())
    assert path.read_text() == "mine"
    write_page(path, samples.curves(), force=True)
    assert path.read_text().startswith("<!DOCTYPE html>")
