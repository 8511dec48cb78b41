"""An array read in blocks says what it says as a whole."""

import numpy as np
import pytest

from compare.common import blocks
from compare.judge.comparison import Comparison, norm, worst_index
from compare.witnesses import Witness

SHAPES = [(50, 40), (7,), (1, 300), (300, 1), (5, 6, 70), ()]


def compared(mine, theirs, unit, error=None):
    return Comparison(mine, Witness("w", 0.0, {"g": theirs}, error and {"g": error}), "g", unit)


def drawn(shape, seed=0):
    rng = np.random.default_rng(seed)
    theirs = rng.standard_normal(shape)
    return theirs + 1e-12 * rng.standard_normal(shape), theirs, 1e-13 * (1 + rng.random(shape))


@pytest.fixture
def in_small_blocks(monkeypatch):
    def switch():
        monkeypatch.setattr(blocks, "ONE", 6)
        monkeypatch.setattr(blocks, "BLOCK", 6)

    return switch


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_say_what_the_whole_says(shape, in_small_blocks):
    whole = compared(*drawn(shape))
    in_small_blocks()
    parts = compared(*drawn(shape))
    assert parts.worst_index == whole.worst_index and parts.ratio == whole.ratio
    assert np.array_equal(parts.grid, whole.grid)
    assert parts.error == pytest.approx(whole.error, rel=1e-12)
    assert parts.noise == pytest.approx(whole.noise, rel=1e-12)


def test_nan_in_a_late_block_is_the_worst(in_small_blocks):
    in_small_blocks()
    mine, theirs, unit = drawn((20, 5))
    theirs[17, 3] = np.nan
    found = compared(mine, theirs, unit)
    assert np.isnan(found.ratio) and found.worst_index == (17, 3)


def test_the_blocks_of_an_array_cover_each_entry_once(in_small_blocks):
    in_small_blocks()
    for shape in SHAPES:
        seen = np.zeros(shape, int)
        for where in blocks.blocks(seen):
            seen[where] += 1
        assert (seen == 1).all()


@pytest.mark.parametrize("spoiled", ("nothing", "nan", "no unit", "not looked at"))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_worst_entry_alone_is_the_one_a_comparison_finds(shape, spoiled, in_small_blocks):
    mine, theirs, unit = (np.array(a) for a in drawn(shape))
    middle = tuple(n // 2 for n in shape)
    if spoiled == "nan":
        theirs[middle] = np.nan
    elif spoiled == "no unit":
        unit[middle] = mine[middle] = theirs[middle] = 0
    elif spoiled == "not looked at":
        unit[compared(mine, theirs, unit).worst_index] = np.inf
    in_small_blocks()
    assert worst_index(mine, theirs, unit) == compared(mine, theirs, unit).worst_index


@pytest.mark.parametrize(
    "sizes", ((1.0,), (1e-220,), (1e220,), (1e-220, 1.0), (1.0, 1e220), (1e-150, 1e-220, 1e160))
)
def test_a_norm_neither_over_nor_underflows(sizes, in_small_blocks):
    in_small_blocks()
    array = np.concatenate([size * np.arange(1.0, 13) for size in sizes])
    largest = max(sizes)
    assert norm(array) == pytest.approx(largest * np.sqrt(((array / largest) ** 2).sum()), rel=1e-14)
