"""Run scripts, each in a fork of this process, which has imported what they all import: that takes seconds.

Each line of stdin is a JSON object: argv (the script first), cwd, out and err (files) and environment. The answer is
a line with the script's exit status. No backend of jax starts here: XLA reads its flags in the fork.
"""

import json
import os
import runpy
import sys
from pathlib import Path

import jax.numpy  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import optax  # noqa: F401
import torch  # noqa: F401


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            return run(**asked)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return 0


def run(argv, cwd, out, err, environment):
    """Run the script as Python does: its folder in front, its name __main__, an exception's traceback on stderr."""
    for file, descriptor in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), descriptor)
    os.environ |= environment
    os.chdir(cwd)
    sys.argv, sys.path[0] = argv, str(Path(argv[0]).parent)
    runpy.run_path(argv[0], run_name="__main__")


if __name__ == "__main__":
    sys.exit(main())
