"""Time contenders against themselves: how often does the interval of the ratio contain 1, and how wide is it?

    python benchmarks/control.py --runs 36 --contenders numpy,torch,jax.jit
    python benchmarks/control.py --runs 100 --contenders torch --file docs/examples/cnn.py

With --file it is the user's network of that file, as `threeways time FILE` times it. Each run is `threeways time
--quick` of one contender, in two fresh processes of the same program. The output is the share of runs whose interval
contains 1.00, the median half-width, and the standard deviation between processes, which evaluate.BETWEEN_SD states.
"""

import argparse
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from compare import networks
from compare.common.results import plain
from compare.common.statistics import median
from compare.files.trio import read
from compare.networks import data
from compare.timing import evaluate
from compare.timing.measure import measure, time_steps


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=36)
    options.add_argument("--contenders", default="numpy,torch,jax.jit")
    options.add_argument("--json", type=Path)
    options.add_argument("--file", type=Path)
    options = options.parse_args()
    once = of_file(options.file) if options.file else built_in()
    rows = []
    for run in range(options.runs):
        for name in options.contenders.split(","):
            found = once(name, run)
            blocks = {"one": found.contenders[0].samples, "other": found.control.samples}
            rows.append({"contender": name, "clock": found.clock, **plain(found.control.ratio), **blocks})
            if options.json:
                options.json.write_text(json.dumps(rows))
    report(rows)


def built_in():
    """Return what times a contender of the default network."""
    net = networks.network()
    params, x, y = networks.check_inputs(net, data.load(), 32, dtype="float32")
    return lambda name, seed: measure(net, x, y, params, contenders=[name], quick=True, seed=seed)


def of_file(file):
    """Return what times a contender of the network in a user's file."""
    trio = read(file)
    return lambda name, seed: time_steps(trio, [name], quick=True, seed=seed)


def report(rows):
    for name in [*dict.fromkeys(r["contender"] for r in rows), "all"]:
        mine = [r for r in rows if name in (r["contender"], "all")]
        held = sum(r["low"] <= 1 <= r["high"] for r in mine)
        half = median([(r["high"] - r["low"]) / 2 for r in mine])
        # log(ratio of two processes) has twice the variance of one
        sd = math.sqrt(sum(math.log(r["median"]) ** 2 for r in mine) / len(mine) / 2)
        cpu = sum(r["clock"] == "cpu" for r in mine)
        print(
            f"{name:10} {held} of {len(mine)} intervals contain 1.00 ({100 * held / len(mine):.0f} %), "
            f"median half-width {100 * half:.1f} %, between processes {100 * sd:.1f} % "
            f"(stated: {100 * evaluate.BETWEEN_SD:.1f} %), {cpu} on the CPU clock"
        )


if __name__ == "__main__":
    main()
