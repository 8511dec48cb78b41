"""The text and the picture are drawn from the plain JSON form, and say what a newcomer asks."""

import xml.etree.ElementTree as ElementTree

from compare.report.pictures.widths import widths
from compare.report.text import time as text

EVEN = {
    "steps": {"median": 160000, "low": 150000, "high": 171000},
    "epochs": 3550,
    "seconds": 17.7,
    "reason": None,
}
NEVER = {"steps": None, "epochs": None, "seconds": None, "reason": "never: the intervals overlap"}
AT_ONCE = {
    "steps": {"median": 1, "low": 1, "high": 1},
    "epochs": 0.02,
    "seconds": 0.5,
    "reason": "from call 1",
}


def pair(even):
    ratio = {"median": 2.43, "low": 2.37, "high": 2.49}
    states = {"fresh machine": even, "warm cache": even}
    return {
        "static": "s",
        "dynamic": "d",
        "ratio": ratio,
        "break_even": states,
        "break_even_steps": even["steps"],
    }


def test_break_even_is_said_in_steps_epochs_and_seconds():
    said = text.paying([pair(EVEN)])
    assert "160,000 steps [150,000, 171,000], 3,550 epochs, 17.7 s" in said
    assert "s is 2.43 x [2.37, 2.49] as fast as d" in said


def test_never_and_at_once_are_said_in_words():
    assert "never: the intervals overlap" in text.paying([pair(NEVER)])
    assert "ahead from call 1" in text.paying([pair(AT_ONCE)])


def test_an_absent_contender_has_its_reason():
    told = [{"name": "torch.compile", "status": "absent", "reason": "no C++ compiler"}]
    assert text.absent(told) == "torch.compile: absent: no C++ compiler"


def test_the_picture_has_every_contender_and_the_crossing():
    times = [
        {"width": w, "flops": 1e4 * w, "step_s": {"median": w * 1e-6, "low": w * 9e-7, "high": w * 2e-6}}
        for w in (16, 64)
    ]
    fit = {"overhead_s": {"median": 1e-6}, "flops_per_s": {"median": "inf"}}
    found = {
        "widths": [16, 64],
        "contenders": [{"name": name, "times": times, **fit} for name in ("torch", "torch.compile")],
        "crossings": [
            {"static": "jax.jit", "dynamic": "jax", "width": None, "reason": "they do not meet"},
            {"static": "torch.compile", "dynamic": "torch", "width": {"median": 40, "low": 30, "high": 50}},
        ],
    }
    shown = "".join(ElementTree.fromstring(widths(found).svg()).itertext())
    assert "torch.compile" in shown
    assert "torch.compile = torch at 40" in shown
