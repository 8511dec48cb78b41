"""What curves say: that they agree, where they part, who is absent, how far a stopped run came."""

import pytest

from compare.report import door
from compare.report.kinds.curves import verdict
from tests.compare.report import samples

ALONE = [samples.curve("hand", "numpy", [2.3]), samples.curve("torch", "torch", [], "torch is not installed")]
PARTED = {
    "ok": False,
    "first_divergence": 0,
    "finding": {"contender": "hand"},
    "reason": "wrong gradient: at step 0 hand's gradient of b1 is off",
}


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({}, "right", "AGREE  hand and torch train alike for all 50 steps."),
        (PARTED, "wrong", "PART  hand parts from the others at step 0."),
        ({"steps": 99, "interrupted": True}, "right", "(stopped after 50 of 99)"),
        ({"contenders": ALONE, "ok": None}, "inconclusive", "ALONE  Only hand took part"),
        ({"contenders": [samples.curve("hand", "numpy", [])]}, "right", "STOPPED  No step was finished"),
        ({"ok": None, "reason": "stopped before"}, "inconclusive", "STOPPED  Stopped before."),
    ],
)
def test_the_verdict_is_the_first_line(changed, status, says):
    data = samples.curves(**changed)
    assert verdict(data).status == status
    assert says in door.text(data).splitlines()[0]


def test_a_wrong_gradient_is_named_in_the_second_line():
    assert "Wrong gradient: at step 0 hand's gradient of b" in door.text(samples.curves(**PARTED))


def test_the_text_fits_100_columns_and_says_how_to_install_what_is_absent():
    lines = door.text(samples.curves()).splitlines()
    assert max(map(len, lines)) <= 100
    assert "Note: jax is absent: jax is not installed: pip install jax jaxlib optax" in lines
