"""The one door from a result to its text and its HTML, in a terminal and in a notebook's cell."""

import sys

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.common.results import Displayed
from compare.report.door import brief, text
from compare.report.door import html as shown
from compare.timing.result import TimeResult
from compare.training.training import CurvesResult
from tests.compare.report import more_samples, samples


def halved(params, x, y):
    d = (x @ params["W"].T - y) / len(x)
    return 0.5 * len(x) * (d**2).sum(), {"W": 0.5 * d.T @ x}


def test_a_report_shows_its_verdict_its_table_and_its_maps():
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((2, 3))}
    report = check_gradients(halved, params, rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))
    cell = report._repr_html_()
    assert "✗ WRONG" in cell and "<table>" in cell and "data:image/png" in cell
    assert "<pre>WRONG" not in cell and "<html" not in cell


def test_curves_and_timings_show_their_pictures(monkeypatch):
    for kind, result in ((CurvesResult, samples.curves()), (TimeResult, samples.time())):
        assert issubclass(kind, Displayed)
        assert "<svg" in shown(result)


def test_the_style_of_a_fragment_reaches_nothing_else_in_the_notebook():
    style = shown(samples.curves()).split("<style>")[1].split("</style>")[0].strip()
    assert style.startswith(".threeways {") and style.endswith("}")
    depth = 0
    for place, sign in enumerate(style):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth > 0 or place < len(".threeways {") or place == len(style) - 1


def test_without_what_the_page_needs_the_sentence_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert shown(samples.gradients(wrong="b1")) == "<p>b1: differs from torch and jax.</p>"


@pytest.mark.parametrize("kind", more_samples.EVERY_KIND)
def test_every_result_has_a_text_that_begins_with_its_verdict_and_fits_the_terminal(kind):
    data = more_samples.EVERY_KIND[kind]
    said = text(data)
    assert max(map(len, said.splitlines())) <= 100
    assert said.startswith(brief(data))
    assert said.count("\n") > 2


def test_repr_is_the_verdict_and_two_lines_more_at_most():
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((2, 3))}
    report = check_gradients(halved, params, rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))
    assert repr(report).startswith("<Report: WRONG  W is")
    assert repr(report).count("\n") <= 2
