"""The scale and the penalty that make a network's losses the user's."""

import numpy as np

from compare.networks.fit import fit


def test_values_next_to_nothing_have_no_penalty_without_bounds():
    """All of the loss is a penalty, which no factor of the values can be a share of."""
    penalties = np.array([[1.0, 2.0], [2.0, 3.0], [5.0, 7.0]])
    assert fit(1e6 * penalties[:, 0], np.array([1e-310, 3e-310, 2e-310]), penalties) is None
    found = fit(1e6 * penalties[:, 0] + [1.0, 3.0, 2.0], np.array([1.0, 3.0, 2.0]), penalties)
    assert found is not None and found.scale == 1 and np.isfinite(found.l2)
