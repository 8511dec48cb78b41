"""Pictures are drawn from the plain form alone, the same each time, and change no settings of matplotlib."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import pytest

from compare.report import pictures

from . import samples

DRAWN = {
    "heatmaps": lambda: pictures.heatmaps(samples.gradients(wrong="b1")["verdicts"]),
    "curves": lambda: pictures.curves(samples.curves()["contenders"]),
    "timing": lambda: pictures.timing(samples.time()["contenders"]),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_is_one_svg_with_a_description(kind):
    root = ElementTree.fromstring(DRAWN[kind]())
    assert root.tag.endswith("svg")
    assert root.get("role") == "img" and len(root.get("aria-label")) > 20


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_is_the_same_each_time(kind):
    assert DRAWN[kind]() == DRAWN[kind]()


@pytest.mark.parametrize("kind", DRAWN)
def test_drawing_leaves_the_settings_of_matplotlib_alone(kind):
    before = dict(matplotlib.rcParams)
    DRAWN[kind]()
    assert dict(matplotlib.rcParams) == before


def test_every_array_has_its_heatmap():
    shown = pictures.heatmaps(samples.gradients()["verdicts"])
    for name in samples.SHAPES:
        assert f"{name}: at most" in shown


def test_arrays_without_a_grid_need_no_picture():
    assert pictures.heatmaps([{"name": "W1", "grid": None}]) is None


def test_equal_curves_are_said_to_be_equal():
    equal = pictures.curves(samples.curves(apart=0.0)["contenders"])
    assert "equal to the last bit at every step" in equal
    assert "equal to the last bit" not in pictures.curves(samples.curves()["contenders"])


def test_curves_that_run_into_nan_are_drawn_all_the_same():
    diverged = samples.curves()["contenders"]
    diverged[1]["loss"][20:] = ["nan"] * 30
    diverged[0]["loss"][30:] = ["inf"] * 20
    assert "<svg" in pictures.curves(diverged, first_divergence=20)


def test_who_was_not_timed_is_not_drawn():
    shown = pictures.timing(samples.time()["contenders"])
    assert "jax.jit" in shown and "torch.compile" not in shown


def test_the_colours_of_the_three_follow_the_page():
    shown = DRAWN["timing"]()
    for name in ("hand", "torch", "jax"):
        assert re.search(rf"var\(--{name}, #[0-9a-f]{{6}}\)", shown)
