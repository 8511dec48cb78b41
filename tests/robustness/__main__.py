"""python -m tests.robustness: the figures of what must not be lost or forged, each by the tests that hold it.

python -m tests.robustness [kills] [tampering] [forging] [cases] [class]        # all of them, or some
"""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from compare.common.child import ROOT
from tests.compare.teaching.attacks import PAST

KEPT, TEACHING = "tests/compare/training/test_kept.py", "tests/compare/teaching"
KILLS = "20"  # of a baseline, and of a sweep
# {part: (what its tests are, arguments of pytest)}
PARTS = {
    "kills": (
        f"{KILLS} kills each of a baseline and a sweep; a full disk, a folder for reading, a limit of files; workers",
        [KEPT, "-k", "killed or disk or end_the_next or second_run"],
    ),
    "tampering": ("tamperings of a result folder refused with the file's name", [KEPT, "-k", "tampered"]),
    "forging": (
        "attempts at marks for nothing, with bubblewrap and without, of submissions and of exercises",
        [f"{TEACHING}/test_attacks.py", f"{TEACHING}/test_exercise_attacks.py"],
    ),
    "cases": ("robustness cases", ["tests/robustness/test_cases.py"]),
}


def main(asked: list[str]) -> int:
    """Run the parts and print their figures; 0 where all hold."""
    worst = 0
    for part in asked or [*PARTS, "class"]:
        if part == "class":
            worst |= subprocess.run(
                [sys.executable, "-m", "tests.robustness.class_of_150"], cwd=ROOT
            ).returncode
            continue
        what, arguments = PARTS[part]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out.xml")
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:xdist",
                "-p",
                "no:cacheprovider",
                f"--junitxml={out}",
            ]
            environment = os.environ | {"THREEWAYS_KILLS": KILLS, "THREEWAYS_FORGING": "1"}
            ended = subprocess.run(
                [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            cases = list(ElementTree.parse(out).iter("testcase")) if out.exists() else []
        held = {case for case in cases if not list(case)}
        print(f"{part}: {len(held)} of {len(cases)} hold: {what}")
        if part == "forging":
            _forging(cases, held)
        for case in cases:
            if case not in held:
                print(f"    {case.get('name')}: {next(iter(case)).get('message', '')[:150]}")
        if ended.returncode:
            print("\n".join(ended.stdout.splitlines()[-3:]))
        worst |= ended.returncode
    return worst


def _forging(cases: list[ElementTree.Element], held: set[ElementTree.Element]) -> None:
    for mode in ("bwrap", "none"):
        of = [case for case in cases if re.search(rf"earns_more.*-{mode}\]", case.get("name", ""))]
        through = sorted(PAST) if mode == "none" else []
        earned = (
            f"{len(through)} got marks: {', '.join(through)}" if through else "0 got marks they should not"
        )
        print(f"    --sandbox {mode}: {len(of)} attempts, {sum(c in held for c in of)} as stated; {earned}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
