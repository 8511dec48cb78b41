"""Run a baseline or a sweep by hand alone, killed where a file is half there, again and again, then to its end.

python -m tests.compare.training.killing baseline|sweep FOLDER KILLS: prints how many kills struck. They fall before and
after each fsync and each rename, and each run goes on from what the last one left.
"""

import contextlib
import dataclasses
import os
import signal
import sys

from compare.networks import data
from compare.training import baseline, cells, sweep
from compare.training import config as configs

TOML = """
[network]
sizes = [64, 5, 10]
activations = ["tanh", "softmax"]
[training]
epochs = 2
[sweep]
seeds = 2
[sweep.over]
rate = [0.01, 0.1]
width = [5, 12]
"""


def run(command, folder):
    """Run it to its end; return its raw result."""
    if command == "baseline":
        baseline.absent = lambda who: who != "hand"  # type: ignore[assignment, return-value]  # a run is short
        said = dataclasses.replace(configs.read("digits"), epochs=2)
        return baseline.baseline(said, data.load(), [0, 1], f"{folder}/out")
    file = f"{folder}/mine.toml"
    if not os.path.exists(file):
        with open(file, "w") as out:
            out.write(TOML)
    return sweep.sweep("mine", cells.cells(file), f"{folder}/out", workers=1)


def dying(point):
    """End this process before (even) or after (odd) the n-th fsync or rename."""
    passed = iter(range(10**6))

    def wrapped(call):
        def done(*arguments):
            number = next(passed)
            if point == 2 * number:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = call(*arguments)
            if point == 2 * number + 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return done

    os.fsync, os.replace = wrapped(os.fsync), wrapped(os.replace)


def killed(command, folder, kills):
    """Run it `kills` times, each ended at another point; return how many ended so."""
    import sklearn.neural_network  # noqa: F401  # once, not in each child

    struck = 0
    for point in range(kills):
        child = os.fork()
        if not child:
            dying(point % 8)  # six to a file: by the last it is done, and the next begun
            with contextlib.suppress(BaseException):
                run(command, folder)
            os._exit(0)
        struck += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    return struck


if __name__ == "__main__":
    print(killed(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    run(sys.argv[1], sys.argv[2])
