"""What is inside the clock, shown with a step that writes down what is done to it."""

from compare.timing import clock
from compare.timing.contender import Prepared


class Notes:
    """A step that counts, and a wait that is noticed."""

    def __init__(self):
        self.events = []

    def step(self, params, state, x, y):
        self.events.append(("step", params))
        return params + 1, state, f"loss {params}"

    def sync(self, tree):
        self.events.append(("wait", tree))

    def prepared(self):
        return Prepared(self.step, 0, None, "x", "y", self.sync, None, None, None)


def test_a_block_feeds_parameters_forward_and_waits_once_for_all_that_its_last_call_returned():
    notes = Notes()
    block = clock.block(notes.prepared(), calls=3, warm=0)
    assert notes.events == [("step", 0), ("step", 1), ("step", 2), ("wait", (3, None, "loss 2"))]
    assert block.calls == 3


def test_warm_calls_come_before_the_block_and_it_starts_again_from_the_first_parameters():
    notes = Notes()
    clock.block(notes.prepared(), calls=2, warm=2)
    assert [e[1] for e in notes.events if e[0] == "step"] == [0, 0, 0, 1]


def test_the_clock_is_read_after_the_wait(monkeypatch):
    notes, read = Notes(), []
    monkeypatch.setattr(
        clock.time, "perf_counter", lambda: read.append(len(notes.events)) or float(len(read))
    )
    block = clock.block(notes.prepared(), calls=3, warm=1)
    # Two events of the warm call, then the clock; three steps and their wait, then the clock again.
    assert read == [2, 6]
    assert block.wall_s == 1.0


def test_a_block_has_at_least_one_call(monkeypatch):
    monkeypatch.setattr(clock, "block", lambda prepared, calls, warm: clock.Block(calls, 10.0, 10.0, 0))
    assert clock.calibrate(None, target_s=0.01) == 1


def test_calibration_scales_to_the_target(monkeypatch):
    monkeypatch.setattr(
        clock, "block", lambda prepared, calls, warm: clock.Block(calls, calls * 1e-5, 0.0, 0)
    )
    assert clock.calibrate(None, target_s=0.01) == 1000


def test_a_busy_core_does_not_shorten_the_blocks(monkeypatch):
    """One of two processes of a program had blocks of one call, the other of eleven, and theirs was half the time."""
    monkeypatch.setattr(
        clock, "block", lambda prepared, calls, warm: clock.Block(calls, calls * 1e-3 + 0.04, calls * 1e-3, 9)
    )
    assert clock.calibrate(None, target_s=0.01, field="cpu_s") == 10
    assert clock.calibrate(None, target_s=0.01) == 1
