"""The clock: only calls of the step and the wait for their result are inside it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .contender import Prepared

try:
    import resource
except ImportError:  # Windows has no such receipt
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Block:
    """Some calls in a row: seconds of all of them; cpu_s counts every thread of the process.

    involuntary: how often the process was preempted meanwhile.
    """

    calls: int
    wall_s: float
    cpu_s: float
    involuntary: int


def block(prepared: Prepared, calls: int, warm: int = 2) -> Block:
    """Time `calls` calls from the starting parameters, each fed with what the one before returned.

    The wait comes once, at the end: every call needs the parameters of the one before, so the last result is
    there only when all are. A few calls before it, unclocked, refill the caches that other processes have used.
    """
    params, state = prepared.params, prepared.state
    for _ in range(warm):
        prepared.call(params, state)
    step, x, y = prepared.step, prepared.x, prepared.y
    assert step is not None
    before = involuntary_switches()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        params, state, loss = step(params, state, x, y)
    prepared.sync((params, state, loss))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Block(calls, wall, cpu, involuntary_switches() - before)


def calibrate(prepared: Prepared, target_s: float, field: str = "wall_s") -> int:
    """Return how many calls fill a block of about `target_s` seconds; at least one.

    field: of a Block. On one core of a CPU it is "cpu_s": by the wall clock, a step that another process interrupts
    gets shorter blocks, and in a shorter block a call takes longer, since it refills caches.
    """
    calls = 1
    while True:
        seconds = min(getattr(block(prepared, calls, warm=1), field) for _ in range(2))
        if seconds >= target_s / 4 or calls >= 1_000_000:
            return max(1, round(calls * target_s / max(seconds, resolution())))
        calls *= 4


def timed(part: str, work: Callable[[], Any]) -> dict[str, float]:
    """Return {part_s: seconds, part_cpu_s: those of the CPU, of this process and of the compilers it ran}."""
    wall, cpu = time.perf_counter(), cpu_of_all()
    work()
    return {f"{part}_s": time.perf_counter() - wall, f"{part}_cpu_s": cpu_of_all() - cpu}


def resolution() -> float:
    """Return the smallest step of this clock, in seconds."""
    return time.get_clock_info("perf_counter").resolution


def involuntary_switches() -> int:
    """Return how often this process was preempted."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else 0


def cpu_of_all() -> float:
    """Return the CPU seconds of this process and of those it has started and waited for (a C++ compiler)."""
    started = resource.getrusage(resource.RUSAGE_CHILDREN) if resource else None
    return time.process_time() + (started.ru_utime + started.ru_stime if started else 0.0)


def peak_memory() -> int | None:
    """Return the most bytes this process has held; None where the system keeps no count."""
    if not resource:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
