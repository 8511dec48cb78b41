"""Time the gradient in the user's situation: NumPy alone in a fresh process, torch in another, both on one core.

`python benchmarks/gradient.py --user` runs this. The two processes alternate blocks. Each process is a Worker that
answers one question at a time: prepare a case, or time a block of calls. Times are CPU seconds of that process.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from measuring import block, calls_for, pinned, ratios, words

CASES = [((784, 30, 10), 10), ((784, 30, 10), 128), ((512, 512, 10), 128), ((512, 512, 10), 1024)]
# name of a Worker: what it times. numpy calls manual.steps.keep_memory first, as a user who trains does.
WORKERS = {"numpy": ("floor", "manual"), "numpy, default": ("floor", "manual"), "torch": ("torch",)}
DTYPE = "float32"


class Worker:
    """Run one fresh process, as a context manager."""

    def __init__(self, who, core):
        command = [sys.executable, str(Path(__file__).with_name("gradient.py")), "--worker", who]
        self.process = subprocess.Popen(
            command,
            env=os.environ | {"BENCHMARK_CORE": "" if core is None else str(core)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *question):
        """Send a question and return the answer."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def work(who, calls_of):
    """Answer the questions on standard input. calls_of: (who, sizes, batch, dtype) -> {name: call}."""
    core = os.environ["BENCHMARK_CORE"]
    if core:
        os.sched_setaffinity(0, {int(core)})
    calls, counts = {}, {}
    for line in sys.stdin:
        kind, *rest = json.loads(line)
        if kind == "case":
            sizes, batch, seconds = rest
            calls = calls_of(who, tuple(sizes), batch, DTYPE)
            counts = {name: calls_for(call, seconds) for name, call in calls.items()}
            answer = counts
        else:
            answer = block(calls[rest[0]], counts[rest[0]])
        print(json.dumps(answer), flush=True)


def measured(rounds, seconds, seed=0):
    """Return the rows of all cases; each round times one block of every contender, in random order."""
    core, rows = pinned(), []
    for sizes, batch in CASES:
        workers = {who: Worker(who, core) for who in WORKERS}
        try:
            for worker in workers.values():
                worker.ask("case", sizes, batch, seconds)
            order = [(who, name) for who, names in WORKERS.items() for name in names]
            samples = {f"{who}: {name}": [] for who, name in order}
            rng = random.Random(seed)
            for _ in range(rounds):
                rng.shuffle(order)
                for who, name in order:
                    samples[f"{who}: {name}"].append(workers[who].ask("block", name))
        finally:
            for worker in workers.values():
                worker.__exit__()
        rows.append({"sizes": sizes, "batch": batch, "dtype": DTYPE, "core": core, "samples": samples})
        rows[-1]["over_floor"] = ratios(samples, "numpy: floor")
        rows[-1]["over_manual"] = ratios(samples, "numpy: manual")
        show(rows[-1])
    return rows


def show(row):
    """Print the ratios of a case: gradient to products, the same by default, and torch to gradient."""
    own = ratios(row["samples"], "numpy, default: floor")["numpy, default: manual"]
    print(f"{row['sizes']}, batch {row['batch']}, {row['dtype']}", file=sys.stderr)
    print(f"  gradient / its products {words(row['over_floor']['numpy: manual'])}", file=sys.stderr)
    print(f"  the same without keep_memory {words(own)}", file=sys.stderr)
    print(f"  torch / gradient {words(row['over_manual']['torch: torch'])}", file=sys.stderr)
