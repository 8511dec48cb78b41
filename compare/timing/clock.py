"""The clock: only calls of the step and the wait for their result are inside it."""

import sys
import time
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows has no such receipt
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Block:
    """Some calls in a row. wall_s, cpu_s: of all of them; cpu_s counts every thread of the process."""

    calls: int
    wall_s: float
    cpu_s: float
    involuntary: int  # how often the core was taken away meanwhile


def block(prepared, calls, warm=2):
    """Time `calls` calls from the starting parameters, each fed with what the one before returned.

    The wait comes once, at the end: every call needs the parameters of the one before, so the last result is
    there only when all are. A few calls before it, unclocked, refill the caches that others have used.
    """
    params, state = prepared.params, prepared.state
    for _ in range(warm):
        prepared.call(params, state)
    step, x, y = prepared.step, prepared.x, prepared.y
    taken = involuntary_switches()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        params, state, loss = step(params, state, x, y)
    prepared.sync((params, state, loss))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Block(calls, wall, cpu, involuntary_switches() - taken)


def calibrate(prepared, target_s):
    """How many calls fill a block of about `target_s` seconds; at least one."""
    calls = 1
    while True:
        seconds = min(block(prepared, calls, warm=1).wall_s for _ in range(2))
        if seconds >= target_s / 4 or calls >= 1_000_000:
            return max(1, round(calls * target_s / max(seconds, resolution())))
        calls *= 4


def resolution():
    """The smallest step this clock shows, in seconds."""
    return time.get_clock_info("perf_counter").resolution


def involuntary_switches():
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else 0


def cpu_of_all():
    """CPU seconds of this process and of the ones it has started and waited for (a C++ compiler)."""
    started = resource.getrusage(resource.RUSAGE_CHILDREN) if resource else None
    return time.process_time() + (started.ru_utime + started.ru_stime if started else 0.0)


def peak_memory():
    """The most memory this process has held, in bytes; None where the system does not tell."""
    if not resource:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
