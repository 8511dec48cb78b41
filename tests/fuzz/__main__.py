"""python -m tests.fuzz: how often hostile input ends in another way than with a status and a line."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.inputs import KINDS, kind_of
from tests.fuzz.running import Tried, prepared, tried, with_frameworks

EXAMPLES = 3  # of each kind of fault that are printed
SAID_EVERY = 60.0  # seconds between two lines of progress
FAULTS = ("traceback", "exit 4", "hang", "leftover", "process left")  # each has a figure of its own


def main() -> int:
    """Try inputs and print what went wrong; 0 where nothing did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=1000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--only", type=int, help="one input; its files are kept")
    parser.add_argument("--kinds", default="", help="some kinds of input alone, with commas between")
    parser.add_argument(
        "--log", type=Path, help="a line for each input; the same command goes on behind the last"
    )
    asked = parser.parse_args()
    wanted = asked.kinds.split(",") if asked.kinds else list(KINDS)
    if unknown := set(wanted) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}: known are {', '.join(KINDS)}")
    numbers = [asked.only] if asked.only is not None else range(asked.first, asked.first + asked.count)
    kinds = {number: kind_of(number, asked.seed) for number in numbers}
    done = _logged(asked.log, asked.seed)
    todo = [n for n in numbers if n not in done and (kinds[n] in wanted or asked.only is not None)]
    # Those that need torch and jax come last: until then this process has none of them.
    todo.sort(key=lambda n: KINDS[kinds[n]].frameworks)
    started = time.monotonic()
    try:
        _try(todo, kinds, asked, done, started)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    _print(list(done.values()), asked.seed, time.monotonic() - started)
    return 1 if any(one.found for one in done.values()) else 0


def _logged(log: Path | None, seed: int) -> dict[int, Tried]:
    """Return the inputs of an earlier run."""
    lines = log.read_text().splitlines() if log and log.exists() else []
    found = [json.loads(line) for line in lines]
    return {one["number"]: Tried(**one) for one in found if one.pop("seed") == seed}


def _try(todo, kinds, asked, done, started) -> None:
    shared = Path("/dev/shm")
    parent = Path(tempfile.mkdtemp(prefix="threeways-fuzz-", dir=shared if shared.is_dir() else None))
    (parent / "valid").mkdir()
    told, frameworks = started, False
    try:
        prepared(parent / "valid")
        for place, number in enumerate(todo):
            if KINDS[kinds[number]].frameworks and not frameworks:
                with_frameworks()
                frameworks = True
            kept = Path(tempfile.mkdtemp(prefix="fuzz-kept-")) if asked.only is not None else None
            one = done[number] = tried(number, asked.seed, parent / "valid", kept)
            if asked.log:
                with asked.log.open("a") as log:
                    log.write(json.dumps({"seed": asked.seed} | asdict(one)) + "\n")
            for what, said in one.found:
                print(
                    f"{what}: --seed {asked.seed} --only {number} ({one.kind}): {said!a}",
                    file=sys.stderr,
                )
            if time.monotonic() - told > SAID_EVERY:
                told = time.monotonic()
                faults = sum(bool(each.found) for each in done.values())
                print(
                    f"{place + 1} of {len(todo)} in {told - started:.0f} s, {faults} with a fault",
                    file=sys.stderr,
                )
            sys.stderr.flush()
        if asked.only is not None:
            print(
                f"threeways {' '.join(map(ascii, done[asked.only].arguments))}\nin {kept}/work: see out and err"
            )
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _print(found: list[Tried], seed: int, seconds: float) -> None:
    """Print each kind of fault with examples, the inputs by kind, and the figures."""
    faults = [(one, what, said) for one in found for what, said in one.found]
    for (kind, what), number in Counter((one.kind, what) for one, what, _ in faults).most_common():
        print(f"{number:5}  {what} ({kind})")
        for one, _, said in [f for f in faults if (f[0].kind, f[1]) == (kind, what)][:EXAMPLES]:
            print(f"         --seed {seed} --only {one.number}  {' '.join(map(ascii, one.arguments))[:150]}")
            print(f"         {ascii(said)[:200]}")
    statuses = ("0", "1", "2", "3")
    head = "".join(f"  exit {s}" for s in statuses)
    print(f"{'kind':24}{'inputs':>7}{head}{'faults':>8}{'s each':>8}")
    for kind in sorted({one.kind for one in found}):
        of = [one for one in found if one.kind == kind]
        ended = Counter(str(one.status) for one in of)
        row = "".join(f"{ended[s]:8}" for s in statuses)
        each = sum(one.seconds for one in of) / len(of)
        print(f"{kind:24}{len(of):7}{row}{sum(bool(one.found) for one in of):8}{each:8.2f}")
    count = Counter(what for _, what, _ in faults)
    figures = [f"{count[what]} {what}" for what in FAULTS]
    figures.append(f"{sum(n for what, n in count.items() if what not in FAULTS)} other")
    print(f"{len(found)} inputs, {', '.join(figures)}; this run {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
