"""When compiling has paid: in steps, epochs and seconds, never, or at once."""

import pytest

from compare.report.kinds import time
from tests.compare.report import samples

NEVER = {"break_even_steps": None, "reason": "never: the intervals overlap", "break_even": {}}
AT_ONCE = {"break_even_steps": {"median": 1, "low": 1, "high": 1}}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "after 844 [700, 900] steps, 18.8 epochs, 500 ms."),
        (NEVER, "compiling does not pay here: the intervals overlap."),
        (AT_ONCE, "ahead from the first call."),
    ],
)
def test_break_even_is_one_sentence(changed, says):
    said = time.pair(samples.time()["pairs"][0] | changed)
    assert said.startswith("jax.jit is 4.00 times as fast as torch, eager [3.50, 4.40] once warm;")
    assert said.endswith(says)


def test_the_fastest_is_the_verdict_and_nothing_is_where_none_was_timed():
    assert time.verdict(samples.time()).sentence.startswith("Fastest once warm: jax.jit, 150 µs a step")
    assert "No contender" in time.verdict(samples.time(contenders=[])).sentence


def test_the_first_call_in_parts_is_in_the_seconds_of_the_other_tables():
    data = samples.time(clock="cpu")
    for each in data["contenders"]:
        for parts in each.get("ledgers", {}).values():  # another process ran nine tenths of the time
            parts |= {"first_cpu_s": parts["first_s"] / 10, "compiler_import_cpu_s": 0.5}
    table = next(b for b in time.blocks(data) if getattr(b, "name", None) == "ledger")
    before = {c["name"]: c["ledgers"]["fresh machine"] for c in data["contenders"] if "ledgers" in c}
    for row in table.items:
        whole = before[row["name"]]
        assert row["first_s"] == whole["first_cpu_s"]
        parts = ("trace_s", "compile_s", "rest_s")
        assert [row[k] for k in parts] == pytest.approx([whole[k] / 10 for k in parts], rel=1e-12)
        assert row["compiler_import_s"] == 0.5
