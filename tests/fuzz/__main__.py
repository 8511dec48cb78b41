"""python -m tests.fuzz: how often hostile input ends in another way than with a status and a line."""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from compare.common.progress import steps_bar
from tests.fuzz.running import prepared, tried

EXAMPLES = 3  # of each kind that are printed


def main() -> int:
    """Try inputs and print what went wrong; 0 where nothing did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=1000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--only", type=int, help="one input; its files are kept")
    asked = parser.parse_args()
    shared = Path("/dev/shm")
    parent = Path(tempfile.mkdtemp(prefix="threeways-fuzz-", dir=shared if shared.is_dir() else None))
    (parent / "valid").mkdir()
    found, started, done = [], time.monotonic(), 0
    try:
        prepared(parent / "valid")
        if asked.only is not None:
            found = tried(
                asked.only, asked.seed, parent / "valid", kept=Path(tempfile.mkdtemp(prefix="fuzz-kept-"))
            )
            asked.count = 1
        else:
            with steps_bar("inputs", asked.count) as progress:
                for done in range(asked.count):
                    for one in tried(asked.first + done, asked.seed, parent / "valid"):
                        found.append(one)
                        print(
                            f"{one.kind}: --seed {asked.seed} --only {one.number}: {one.said}",
                            file=sys.stderr,
                            flush=True,
                        )
                    if progress:
                        progress(done + 1, asked.count)
    except KeyboardInterrupt:
        asked.count = done
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    for kind, number in Counter((one.input, one.kind) for one in found).most_common():
        print(f"{number:5}  {kind[1]} ({kind[0]})")
        for one in [one for one in found if (one.input, one.kind) == kind][:EXAMPLES]:
            print(
                f"         --seed {asked.seed} --only {one.number}  {' '.join(map(ascii, one.arguments))[:150]}"
            )
            print(f"         {ascii(one.said)[:200]}")
    print(
        f"{asked.count} inputs in {time.monotonic() - started:.0f} s, {len(found)} times something was wrong"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
