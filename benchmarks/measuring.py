"""Share what every benchmark needs: one pinned core, interleaved contenders, ratios with intervals, a JSON file.

Call `pinned` before you import NumPy, torch or jax, because they size their thread pools at import. Times are CPU
seconds of the whole process, all threads together. They leave out other processes on a shared core, but not the
effect of those processes on the caches.
"""

import os
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "PJRT_NPROC",
)


def pinned():
    """Keep this process on the idlest core it may use, with one thread. Returns the core, or None."""
    os.environ |= dict.fromkeys(THREADS, "1") | {"JAX_PLATFORMS": "cpu", "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    sys.path.insert(0, str(ROOT))
    from compare.timing.process import cores

    core = cores(1)
    if core:
        os.sched_setaffinity(0, core)
    return core[0] if core else None


def calls_for(call, seconds):
    """Return the number of calls that take about `seconds`."""
    call()
    count = 1
    while True:
        took = block(call, count) * count
        if took >= seconds / 3 or count >= 100_000:
            return max(1, round(count * seconds / max(took, 1e-9)))
        count *= 4


def block(call, count):
    """Return the CPU seconds of one call, measured over `count` consecutive calls."""
    start = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - start) / count


def interleaved(calls, rounds=15, seconds=0.02, seed=0):
    """Return {name: [seconds of one call, ...]} of {name: call}: one block of each per round, in random order.

    A disturbance affects the whole round, so ratios within a round vary less than times.
    """
    counts = {name: calls_for(call, seconds) for name, call in calls.items()}
    found = {name: [] for name in calls}
    order, rng = list(calls), random.Random(seed)
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            found[name].append(block(calls[name], counts[name]))
    return found


def ratios(samples, lower):
    """Return {name: interval of its time divided by `lower`'s}, in the JSON form."""
    from compare.common.results import plain
    from compare.common.statistics import ratio

    return {name: plain(ratio(s, samples[lower])) for name, s in samples.items() if name != lower}


def words(interval):
    """Format an interval as '1.04 (1.02 to 1.07)'."""
    return f"{interval['median']:.3g} ({interval['low']:.3g} to {interval['high']:.3g})"


def save(path, name, rows, core):
    """Write rows with their raw samples, the machine and the command."""
    from compare.common.results import environment, write_json

    result = {
        "schema": f"threeways/benchmark-{name}/1",
        "environment": environment(0),
        "core": core,
        "rows": rows,
    }
    if path:
        write_json(path, result)
    return result
