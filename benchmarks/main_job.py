"""Time the parts of `threeways run`.

    python benchmarks/main_job.py --json FILE

The figures are wall seconds of each part, from the report, and of the whole process, which may use every core.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, save

BAR_S = 40


def once():
    """Return {part: wall seconds} of one run; `rest` covers imports, data and writing the report."""
    import resource

    with tempfile.TemporaryDirectory() as folder:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "threeways", "run", "--out", "report"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        whole, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(Path(folder, "report", "report.json").read_text())
    parts = report["seconds"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**parts, "rest": whole - sum(parts.values()), "whole": whole, "cpu": cpu}


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path)
    options = options.parse_args()
    sys.path.insert(0, str(ROOT))
    from compare.common.results import plain
    from compare.common.statistics import interval

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    runs = [once() for _ in range(options.rounds)]
    rows = [
        {"part": part, "wall_s": plain(interval([r[part] for r in runs])), "samples": [r[part] for r in runs]}
        for part in runs[0]
    ]
    for row in rows:
        print(f"{row['part']:10} {row['wall_s']['median']:.1f} s")
    print(f"bar: {BAR_S} s; load before: {load}")
    save(options.json, "main-job", [*rows, {"part": "load before", "value": load}], None)


if __name__ == "__main__":
    main()
