"""What a function keeps between its calls is put back, whatever else its module holds."""

import functools

import numpy as np

from compare.files.absent import left_out
from compare.trace.recording.kept import undone

with left_out({"__file__": __file__}):
    import wandb as shown  # stands for a package that draws, and has every attribute

counts = [0]


def counted(x):
    shown.log(x)
    counts[0] += 1
    return x


def test_an_object_that_has_every_attribute_ends():
    with undone(counted):
        counted(np.ones(2))
    assert counts == [0]


def test_what_a_partial_holds_is_put_back():
    kept: list[int] = []
    with undone(functools.partial(lambda a, x: a.append(x), kept)):
        kept.append(1)
    assert kept == []
