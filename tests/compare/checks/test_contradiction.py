"""A network recognised from the loss is withdrawn where differences side with the candidate against it."""

from types import SimpleNamespace

import numpy as np
import pytest

from compare.checks.stages.witnesses import _contradicted
from compare.witnesses import Witness

UNIT, ERROR = (
    1e-15,
    1e-10,
)  # of a rule and of a difference: a difference tells apart what is 1e-9 from another
RIGHT = np.array([1.0, -2.0, 0.5])


def contradicted(candidate, network, differences=RIGHT, given=False, error=ERROR):
    rules = Witness("manual", 0.0, {"W": network}, units={"W": np.full(3, UNIT)})
    measured = Witness("numerical", 0.0, {"W": differences}, {"W": np.full(3, error)})
    return _contradicted(
        SimpleNamespace(
            reference=SimpleNamespace(given=given),
            answer=SimpleNamespace(arrays={"W": candidate}),
            witnesses=[rules, measured],
        )
    )


def off(by):
    return RIGHT + np.array([0, by, 0])


def test_differences_that_side_with_the_candidate_contradict_the_network():
    """tanh z and arctan z have slopes that part at z^4/3: by 3e-5 at z = 0.1, far beyond the error of a difference."""
    assert contradicted(RIGHT, off(3e-5))


def test_differences_that_side_with_the_network_do_not():
    assert not contradicted(off(3e-5), RIGHT)


def test_differences_that_side_with_neither_do_not():
    assert not contradicted(off(3e-5), off(-3e-5))


def test_a_network_that_was_named_is_never_withdrawn():
    assert not contradicted(RIGHT, off(3e-5), given=True)


def test_where_all_agree_nothing_is_contradicted():
    assert not contradicted(RIGHT, RIGHT)


def test_a_candidate_that_differences_cannot_tell_from_the_network_is_not_judged_by_it():
    """log(p + 1e-12) differs from log p by 1e-12 / p: far beyond a unit, far below a difference's error."""
    assert contradicted(off(1e-12), RIGHT)


@pytest.mark.parametrize("error", (np.inf, 1.0))
def test_what_was_not_differenced_or_only_roughly_contradicts_nothing(error):
    assert not contradicted(RIGHT, off(3e-5), error=error)
