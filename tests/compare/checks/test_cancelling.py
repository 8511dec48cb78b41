"""A gradient whose terms cancel in floats, exactly or all but a few digits, is judged by its formula."""

import numpy as np
import pytest

from compare.checks.bench.families.drawing import drawn
from compare.checks.gradients import check_gradients

pytest.importorskip("flint")


@pytest.mark.parametrize("number, dtype", [(49, "float32"), (50, "mixed"), (257, "float32")])
def test_a_derivative_whose_terms_cancel_in_floats_is_no_contradiction(number, dtype):
    function = drawn([31, number], dtype)
    with np.errstate(all="ignore"):
        report = check_gradients(function.hand, function.params, function.x, function.y)
    assert report.ok and all(v.proved for v in report.verdicts), str(report)
