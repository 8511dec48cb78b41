"""Another point has one sample fewer, whatever the layout, so that no number is taken for the batch size."""

import numpy as np
import pytest

from compare.trace.changes.points import _with_fewer


def shapes(given):
    return (
        tuple(map(np.shape, given))
        if isinstance(given, tuple)
        else np.shape(given)
        if given is not None
        else None
    )


@pytest.mark.parametrize(
    ("x", "y", "fewer"),
    [
        ((5, 3), (5, 2), ((4, 3), (4, 2))),
        (((5, 3), (5, 2)), (5,), (((4, 3), (4, 2)), (4,))),
        ((2, 5, 3), (5,), ((2, 4, 3), (4,))),
        ((3, 5), (1, 5), ((3, 4), (1, 4))),
        ((2, 5, 3), None, ((2, 4, 3), None)),
        ((5,), None, ((4,), None)),
    ],
)
def test_the_last_sample_is_left_out(x, y, fewer):
    def made(shape):
        return tuple(map(np.zeros, shape)) if isinstance(shape[0], tuple) else np.zeros(shape)

    found = list(_with_fewer(made(x), None if y is None else made(y)))
    assert tuple(map(shapes, found[0])) == fewer


@pytest.mark.parametrize(("x", "y"), [(np.zeros((2, 3)), np.zeros(2)), (3.0, None), ({"a": 1}, np.zeros(5))])
def test_of_two_samples_and_of_other_inputs_none_is(x, y):
    assert not list(_with_fewer(x, y))
