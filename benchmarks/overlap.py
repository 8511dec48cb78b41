"""Compare two results of `threeways time`: the share of pairs whose ratio intervals overlap.

threeways time --quick --json quiet.json
taskset -c 1 python -c "while True: sum(range(100000))" &      # on the core that the first result names
threeways time --quick --json busy.json
python benchmarks/overlap.py quiet.json busy.json
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from compare.common.results import read_json
from compare.timing.evaluate import View


def ratios(path):
    """Return {(upper, lower): Interval} of every two contenders, and the warnings."""
    result = read_json(path)
    view = View(result["clock"])
    timed = [c for c in result["contenders"] if c["status"] == "measured"]
    found = {}
    for a, b in itertools.combinations(timed, 2):
        found[a["name"], b["name"]] = view.ratio(
            a["samples"], b["samples"], a["steps_per_call"], b["steps_per_call"]
        )
    return found, result["warnings"]


def main(first, second):
    (a, _), (b, warned) = ratios(first), ratios(second)
    both = a.keys() & b.keys()
    apart = [pair for pair in sorted(both) if a[pair].high < b[pair].low or b[pair].high < a[pair].low]
    print(
        f"{len(both) - len(apart)} of {len(both)} intervals overlap ({100 * (1 - len(apart) / len(both)):.0f} %)"
    )
    for pair in apart:
        print(f"  apart: {' / '.join(pair)}: {a[pair]} and {b[pair]}")
    for warning in warned:
        print(f"  second run: {warning}")


if __name__ == "__main__":
    main(*sys.argv[1:])
