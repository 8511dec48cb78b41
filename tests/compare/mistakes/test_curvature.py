"""The mistakes of the Hessian times a vector: each is named where it is planted, at second order alone."""

import numpy as np
import pytest

from compare.checks.bench.bench import OUTCOMES, judged_planted, outcome
from compare.checks.bench.planting import planted_cases, shown_in
from compare.mistakes.catalogue import catalogue

MISTAKES = {id: m for id, m in catalogue().items() if m.network == "SecondOrder"}


@pytest.mark.parametrize("id", MISTAKES)
def test_a_factor_held_constant_is_named_and_nothing_else(id):
    drawn, layers, constant = planted_cases(id, 0).cases[0]
    report = judged_planted(MISTAKES[id], drawn, layers, constant, "float64")
    array = shown_in(MISTAKES[id], drawn, layers, constant, "float64")
    assert outcome(MISTAKES[id], array, report) == dict.fromkeys(OUTCOMES, True), str(report)
    assert all(f.one_of == (id,) for f in report.findings)


def test_mistakes_of_first_and_of_second_order_are_not_mixed_up():
    drawn = MISTAKES["hessian-weight-constant"].draw(np.random.default_rng(0))
    concerned = {id for id, m in catalogue().items() if m.concerns(drawn.net)}
    assert concerned == MISTAKES.keys()
    assert len(MISTAKES) == 4
