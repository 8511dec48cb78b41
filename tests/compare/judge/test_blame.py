"""Who is wrong, and who is off only because of somebody above."""

from compare.judge.blame import blame
from compare.judge.verdicts import Verdict

LAYERS = {f"{kind}{l}": l for l in (1, 2, 3) for kind in "Wb"}


def told(*off):
    verdicts = [Verdict(n, "wrong" if n in off else "agree", "") for n in LAYERS]
    return {v.name: v.status for v in blame(verdicts, LAYERS, []) if v.name in off}


def test_below_a_wrong_delta_everything_inherits_it():
    found = told("W2", "b2", "W1", "b1")
    assert found == {"W2": "wrong", "b2": "wrong", "W1": "inherited", "b1": "inherited"}


def test_nothing_is_inherited_through_a_layer_that_is_right():
    assert told("b3", "W1", "b1") == {"b3": "wrong", "W1": "wrong", "b1": "wrong"}


def test_a_weight_beside_a_right_bias_is_wrong_by_itself():
    assert told("W3", "b3", "W2") == {"W3": "wrong", "b3": "wrong", "W2": "wrong"}


def test_an_array_is_not_off_because_of_a_delta_above_that_spoils_no_other():
    verdicts = [Verdict(n, "wrong" if n == "W1" else "agree", "") for n in LAYERS]
    named = [("output_delta", frozenset([3]))]
    assert {v.name: v.status for v in blame(verdicts, LAYERS, named)}["W1"] == "wrong"
