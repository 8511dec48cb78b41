"""A Python process of its own, in which only the repository's packages are in front."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python(*arguments, path=(ROOT,), cwd=None):
    """Run Python with `arguments` and the folders of `path` in front of its own; return the CompletedProcess."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,  # ends one that hangs
        check=False,
    )
