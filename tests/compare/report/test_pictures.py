"""Pictures are drawn from the plain form alone, the same each time, and change no settings of matplotlib."""

import re
import xml.etree.ElementTree as ElementTree
from functools import cache

import matplotlib
import numpy as np
import pytest

from compare.judge.comparison import Grid
from compare.report.pictures import accuracy, curves, heatmaps, network, sweep, timing, widths
from compare.report.pictures.graph import GraphPicture
from tests.compare.report import more_samples, samples

MLP = "64-30-10, sigmoid, softmax, cross_entropy"
DRAWN = {
    "heatmaps": lambda: heatmaps.heatmaps(samples.gradients(wrong="b1")["verdicts"]),
    "curves": lambda: curves.curves(samples.curves()["contenders"]),
    "timing": lambda: timing.timing(samples.time()["contenders"]),
    "ledger": lambda: timing.ledger(samples.time()["contenders"]),
    "break-even": lambda: timing.break_even(samples.time()["contenders"], samples.time()["pairs"]),
    "widths": lambda: widths.widths(samples.time()["widths"]),
    "accuracies": lambda: accuracy.accuracies(more_samples.baseline()),
    "epochs": lambda: accuracy.by_epoch(more_samples.baseline()),
    "sweep-curves": lambda: sweep.curves(more_samples.sweep()),
    "sweep-heatmap": lambda: sweep.heatmap(more_samples.sweep(), "rate", "width"),
    "sweep-budget": lambda: sweep.budget(more_samples.sweep()),
    "network": lambda: network.network(MLP),
    "graph": lambda: GraphPicture("graph", more_samples.stage("traced", 4), "A graph of four operations"),
}


@cache
def drawn(kind):
    """Return a picture, its SVG, and whether drawing it left matplotlib's settings as they were."""
    before = dict(matplotlib.rcParams)
    picture = DRAWN[kind]()
    svg = picture.svg()
    return picture, svg, dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_is_one_svg_with_a_description(kind):
    root = ElementTree.fromstring(drawn(kind)[1])
    assert root.tag.endswith("svg")
    assert root.get("role") == "img" and len(root.get("aria-label")) > 20


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_is_the_same_each_time(kind):
    assert DRAWN[kind]().svg() == drawn(kind)[1]


@pytest.mark.parametrize("kind", DRAWN)
def test_drawing_leaves_the_settings_of_matplotlib_alone(kind):
    assert drawn(kind)[2]


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_as_a_file_depends_on_no_page(kind):
    picture, *_ = drawn(kind)
    assert "var(--" not in picture.svg_file()
    png = picture.png_file()
    assert png is None or png.startswith(b"\x89PNG")


def test_every_array_has_its_heatmap():
    shown = heatmaps.heatmaps(samples.gradients()["verdicts"]).svg()
    for name in samples.SHAPES:
        assert f"{name}: at most" in shown


def test_arrays_without_a_grid_need_no_picture():
    assert heatmaps.heatmaps([{"name": "W1", "grid": None}]) is None


def test_the_error_of_an_array_is_one_pixel_a_block():
    import base64
    import io

    image = heatmaps.image(np.array([[0.5, 50.0, np.nan]]))
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(image.split(",")[1])))
    assert pixels.shape[:2] == (1, 3)
    as_hex = [matplotlib.colors.to_hex(pixel[:3]) for pixel in pixels[0]]
    assert as_hex == [heatmaps.LIGHT[1], heatmaps.LIGHT[3], heatmaps.NOTHING["light"]]


def test_larger_blocks_are_those_that_the_array_itself_would_be_cut_into():
    units = np.random.default_rng(0).random((150, 90))
    fine = heatmaps.block_maximum(units)
    for most in (32, 16, 4):
        assert np.array_equal(heatmaps.block_maximum(fine, most), heatmaps.block_maximum(units, most))
    judged = Grid(units.shape)
    judged.add((slice(None), slice(None)), units)
    assert np.array_equal(judged.value, fine)
    assert heatmaps.affordable({"W": fine})["W"] is fine


def test_of_very_many_arrays_the_picture_has_the_worst():
    verdicts = [samples.verdict(f"W{k}", shape=(3, 3)) for k in range(30)]
    verdicts[7]["grid"][0][0] = "nan"
    shown = heatmaps.heatmaps(verdicts).svg()
    assert shown.count(": at most") == heatmaps.SHOWN and "W7: at most nan" in shown


def test_equal_curves_are_said_to_be_equal():
    equal = curves.curves(samples.curves(apart=0.0)["contenders"]).svg()
    assert "equal to the last bit at every step" in equal
    assert "equal to the last bit" not in curves.curves(samples.curves()["contenders"]).svg()


def test_curves_that_run_into_nan_are_drawn_all_the_same():
    diverged = samples.curves()["contenders"]
    diverged[1]["loss"][20:] = ["nan"] * 30
    diverged[0]["loss"][30:] = ["inf"] * 20
    assert "parts at step 20" in curves.curves(diverged, first_divergence=20).svg()


def test_a_long_run_makes_no_heavy_picture():
    loss = [1.0 + 1.0 / (k + 1) for k in range(20_000)]
    long = [
        samples.curve("hand", "numpy", loss),
        samples.curve("jax", "jax", [v * (1 + 1e-15) for v in loss]),
    ]
    assert len(curves.curves(long).svg()) < 1e6


def test_the_envelope_is_drawn_relative_to_the_loss_as_the_differences_are():
    found = samples.curves()
    loss = found["contenders"][0]["loss"]
    drawn = curves.curves(found["contenders"], {"loss": [1e-3 * value for value in loss]})
    (shaded,) = drawn.figure.axes[1].collections
    heights = shaded.get_paths()[0].vertices[:, 1]
    assert np.isclose(heights.max(), 1e-3)


def test_who_was_not_timed_is_not_drawn():
    shown = drawn("timing")[1]
    assert "jax.jit" in shown and "torch.compile" not in shown


def test_the_step_at_which_compiling_has_paid_is_marked():
    assert "840 steps" in drawn("break-even")[1]


def test_a_first_call_that_compiles_nothing_has_no_ledger():
    assert timing.ledger([samples.timed("torch", "torch", "dynamic", 1e-3, 1e-2)]) is None


def test_the_colours_of_the_three_follow_the_page():
    shown = drawn("timing")[1]
    for name in ("hand", "torch", "jax"):
        assert re.search(rf"var\(--{name}, #[0-9a-f]{{6}}\)", shown)


def words(picture):
    return [text.strip() for text in ElementTree.fromstring(picture.svg()).itertext() if text.strip()]


@pytest.mark.parametrize(
    ("described", "parts"),
    [
        (MLP, ["64", "30", "10", "input", "sigmoid", "softmax", "entropy"]),
        ("2-4-1, tanh, sigmoid, binary cross-entropy, mean of N=8, W is [in, out]", ["2", "4", "1", "tanh"]),
    ],
)
def test_a_network_with_widths_is_drawn_by_its_units(described, parts):
    assert set(parts) <= set(words(network.network(described)))


@pytest.mark.parametrize(
    ("parameters", "layers"),
    [
        (
            {"W1": (4, 1, 3, 3), "b1": (4,), "gamma1": (4,), "W2": (10, 32), "b2": (10,)},
            [
                ("layer 1", 44, ["W1: 4 × 1 × 3 × 3", "b1, gamma1: 4"]),
                ("layer 2", 330, ["W2: 10 × 32", "b2: 10"]),
            ],
        ),
        (
            {"W_ih": (48, 8), "W_hh": (48, 16), "b": (48,), "W_out": (10, 16), "b_out": (10,)},
            [
                ("", 1200, ["W_ih: 48 × 8", "W_hh: 48 × 16", "b: 48"]),
                ("", 170, ["W_out: 10 × 16", "b_out: 10"]),
            ],
        ),
        (
            {
                "E": (96, 8),
                "W_q1": (8, 8),
                "b_q1": (8,),
                "W_q2": (8, 8),
                "b_q2": (8,),
                "gamma": (8,),
                "t": (),
            },
            [
                ("", 768, ["E: 96 × 8"]),
                ("layers 1 to 2", 72, ["W_q: 8 × 8", "b_q: 8"]),
                ("", 9, ["gamma: 8", "t: scalar"]),
            ],
        ),
    ],
)
def test_any_other_network_is_drawn_by_its_arrays_layer_by_layer(parameters, layers):
    assert network.grouped(parameters) == layers
    said = " ".join(words(network.network("something else, 3 of them", parameters)))
    for heading, _, lines in layers:
        assert heading in said
        assert all(line.split(":")[0] in said for line in lines)


def test_a_deep_network_is_drawn_by_its_arrays_too():
    parameters = {f"{kind}{k}": shape for k in range(1, 10) for kind, shape in (("W", (5, 5)), ("b", (5,)))}
    shown = words(network.network("-".join("5" * 10) + ", relu" * 9 + ", mse", parameters))
    assert "layers 1 to 9" in shown


@pytest.mark.parametrize("described", [None, "", "<b>, $x^1$", "5-5-5, relu"])
def test_what_says_too_little_is_not_drawn(described):
    assert network.network(described) is None


def test_names_of_arrays_are_no_markup():
    shown = " ".join(words(network.network("", {"<b>": (1, 2), "$x^y$": (3,)})))
    assert "<b>" in shown and "$x^y$" in shown


def test_the_lines_of_break_even_cross_at_its_mark_by_either_clock():
    step = {"median": 1e-3, "low": 9e-4, "high": 1.1e-3}
    slow = {"ledger": {"first_s": 9.0, "first_cpu_s": 0.1}, "steady_s": {**step, "median": 2e-3}}
    fast = {"ledger": {"first_s": 1.0, "first_cpu_s": 3.1, "compiler_import_cpu_s": 2.0}, "steady_s": step}
    assert (timing.paid(fast["ledger"], "cpu"), timing.paid(fast["ledger"], "wall")) == (5.1, 1.0)
    count = np.array([1 + (5.1 - 0.1) / (2e-3 - 1e-3)])
    assert np.allclose(timing._total(slow, count, "cpu"), timing._total(fast, count, "cpu"))
    assert not np.allclose(timing._total(slow, count, "wall"), timing._total(fast, count, "wall"))
    sample = samples.time()
    assert "CPU seconds in all" in timing.break_even(sample["contenders"], sample["pairs"], "cpu").svg()
