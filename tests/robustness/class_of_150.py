"""A class with hostile files, killed again and again and resumed: nothing is lost and no row is graded twice.

python -m tests.robustness.class_of_150 [--right 140] [--kills 10] [--seed 0]
"""

import argparse
import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from compare.common.child import ROOT
from compare.files.starters import text
from tests.compare.teaching.attacks import HOSTILE
from tests.compare.teaching.sample import RIGHT

NAMES = (
    "surrogate", "escape", "long_expression", "kill_parent", "empty_and_long", "million_names", "recursion",
    "base_exception", "no_text", "str_raises",
)  # fmt: skip
CODE = "import sys; from compare.cli import main\nif __name__ == '__main__': sys.exit(main(sys.argv[1:]))\n"


@dataclass(frozen=True)
class Ran:
    """How it ended. kept: rows on the disk at each kill; rows: {submission: row of the table}; left: files and
    folders that should not be there, of the run or among the temporary ones."""

    exit: int
    kept: list[int]
    resumed: int
    rows: dict[str, dict[str, str]]
    left: list[str]

    @property
    def lost(self) -> int:
        """Rows that were on the disk at a kill and were graded again."""
        return (
            max(self.kept, default=0)
            - self.resumed
            + sum(a > b for a, b in zip(self.kept, self.kept[1:], strict=False))
        )


def run(folder: Path, right: int, hostile: tuple[str, ...], kills: int, seed: int = 0, jobs: int = 2) -> Ran:
    """Grade a class of `right` right files and the hostile ones, with SIGKILL at random moments between."""
    (folder / "class").mkdir()
    (folder / "tmp").mkdir()
    (folder / "threeways_.py").write_text(CODE)
    (folder / "assignment.py").write_text(text("assignment"))
    for k in range(right):
        (folder / "class" / f"s{k:03}.py").write_text(f"{RIGHT}\n# {k}\n")
    for name in hostile:
        (folder / "class" / f"{name}.py").write_text(HOSTILE[name][0], encoding="latin-1")
    command = [
        sys.executable,
        str(folder / "threeways_.py"),
        "check",
        str(folder / "class"),
        "--jobs",
        str(jobs),
    ]
    command += [
        "--against",
        str(folder / "assignment.py"),
        "--csv",
        str(folder / "g.csv"),
        "--json",
        str(folder / "g.json"),
    ]
    environment = os.environ | {"PYTHONPATH": ROOT, "TMPDIR": str(folder / "tmp")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": ROOT}
    rng, part, kept = random.Random(seed), folder / "g.csv.part", [0]
    for kill in range(kills):
        process = subprocess.Popen(command, **quiet)
        # So far apart that the last falls before the end.
        most = (right + len(hostile) - kept[-1] - 2) // (kills - kill)
        until = kept[-1] + rng.randint(min(1, most), max(most - 1, min(1, most)))
        while process.poll() is None and _rows(part) < until:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.3))
        ended = process.poll()
        process.send_signal(signal.SIGKILL)
        process.wait()
        if ended is not None:
            raise RuntimeError(f"ended by itself before kill {kill + 1}, with status {ended}")
        kept.append(_rows(part))
    status = subprocess.run(command, **quiet).returncode
    with (folder / "g.csv").open(newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    expected = {"class", "tmp", "threeways_.py", "assignment.py", "g.csv", "g.json"}
    left = [path.name for path in folder.iterdir() if path.name not in expected]
    left += [f"tmp/{path.name}" for path in (folder / "tmp").iterdir()]
    resumed = json.loads((folder / "g.json").read_text())["resumed"]
    return Ran(status, kept[1:], resumed, rows, left)


def _rows(part: Path) -> int:
    with contextlib.suppress(OSError):
        return max(part.read_bytes().count(b"\n") - 1, 0)
    return 0


def main() -> int:
    """Run it and print the figures; 0 where all is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.class_of_150")
    parser.add_argument("--right", type=int, default=140)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ran = run(Path(folder), asked.right, NAMES, asked.kills, asked.seed)
    right = sum(row["status"] == "right" and row["points"] == row["of"] for row in ran.rows.values())
    marked = [name for name in NAMES if ran.rows[name]["points"] != "0"]
    kept, left = ", ".join(map(str, ran.kept)), ", ".join(ran.left) or "nothing"
    print(
        f"{len(ran.rows)} rows, {right} right; killed at {asked.kills} moments, with {kept} rows on the disk"
    )
    print(f"{ran.resumed} rows taken over, {ran.lost} lost; exit {ran.exit}; left behind: {left}")
    print("hostile: " + ", ".join(f"{name} {ran.rows[name]['status']}" for name in NAMES))
    print(f"{time.monotonic() - started:.0f} s")
    good = (
        right == asked.right
        and len(ran.rows) == asked.right + len(NAMES)
        and not (ran.lost or ran.left or marked or ran.exit)
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
