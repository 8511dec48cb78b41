"""Each mistake of a transformer: planted, found, placed and named; the right one is right, in both types."""

import numpy as np
import pytest

from compare.checks.bench.bench import OUTCOMES, judged_planted, outcome
from compare.checks.bench.planting import planted_cases, shown_in
from compare.checks.gradients import check_gradients
from compare.mistakes.catalogue import catalogue

IDS = [id for id, m in catalogue().items() if m.network == "Transformer"]


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_a_planted_mistake_is_found_placed_and_named_in_float32(id):
    """The test of the bench plants it in float64."""
    mistake, dtype = catalogue()[id], "float32"
    drawn, layers, constant = planted_cases(id, 0)[0][0]
    array = shown_in(mistake, drawn, layers, constant, dtype)
    report = judged_planted(mistake, drawn, layers, constant, dtype)
    assert outcome(mistake, array, report) == dict.fromkeys(OUTCOMES, True), str(report)
    assert report.exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize(("modern", "dtype"), [(False, "float64"), (True, "float32")])
def test_a_right_transformer_is_right_and_a_key_bias_a_structural_zero(modern, dtype):
    """The bias adds the same number to a row of scores, which a softmax does not see: nothing but rounding is left."""
    draws = (catalogue()[IDS[0]].draw(np.random.default_rng(seed)) for seed in range(20))
    drawn = min(
        (d for d in draws if d.net.modern == modern), key=lambda d: sum(a.size for a in d.params.values())
    )
    report = check_gradients(drawn.net, *drawn.cast(dtype), network=drawn.net)
    assert report.ok, str(report)
    assert {v.status for v in report.verdicts} == {"agree"}
    if not modern:
        assert "zero" in report["b_k1"].reason


def test_what_cannot_show_is_said_with_its_reason():
    reasons = {id: catalogue()[id].needs for id in IDS}
    drawn = catalogue()[IDS[0]].draw(np.random.default_rng(0))
    one_place = (drawn.net, drawn.params, drawn.x[:, :1], drawn.y[:, :1], frozenset([1]))
    assert "one place" in reasons["attention-mask-missing"](*one_place)
    different = np.arange(drawn.net.vocabulary)[None, :3]
    assert "twice" in reasons["embedding-assigned"](drawn.net, drawn.params, different, different, ())
