"""Hints: a layer whose weight and bias are both wrong points at what they share."""

from pathlib import Path

import pytest

from compare.common.results import plain
from compare.teaching.hints import questions

from ..user.forms.judged import report_on

CASES = Path(__file__).parents[1] / "files" / "cases"
EXAMPLE = (CASES / "hint_misleading_tanh.py").read_text().partition("\ndef example")[2]


def asked(text, folder):
    report = plain(report_on(text, folder))
    return questions(report, {v["name"]: v["status"] for v in report["verdicts"]})


@pytest.mark.parametrize(("name", "layer"), [("hint_misleading_tanh", 1), ("hint_misleading_minus2", 2)])
def test_a_layer_that_is_wrong_as_a_whole_points_at_its_delta(name, layer, tmp_path):
    text = (CASES / f"{name}.py").read_text()
    text = text if "def example" in text else f"{text}\ndef example{EXAMPLE}"
    first, *others = asked(text, tmp_path)
    assert first.startswith(f"W{layer} and b{layer} are both wrong, and share one factor: the error term")
    assert not any("bias" in question for question in others)


def test_a_bias_alone_is_asked_about_alone(tmp_path):
    text = (CASES / "hint_misleading_tanh.py").read_text()
    text = text.replace("(1 - a1)", "(1 - a1**2)").replace('"b1": d1.sum(0)', '"b1": d1.mean(0)')
    assert not any("share one factor" in question for question in asked(text, tmp_path))
