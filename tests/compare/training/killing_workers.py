"""Kill a worker of a run at random steps, go on each time, and compare the end with that of an undisturbed run.

python -m tests.compare.training.killing_workers KILLS [ENGINE]

Prints what each kill said and how many were told in one line. ENGINE: of ENGINES, torch.gloo by default.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np

from compare import networks
from compare.checks.executions.workers.group import Group
from compare.common.errors import UserError
from compare.networks import optimizers
from compare.training import shared
from compare.training.training import problem

STEPS = 200


def run(engine, checkpoint=None, progress=None):
    """Train a small network over two workers; return the engine's curve."""
    net = networks.network("mlp", sizes=(64, 8, 10))
    data = net.load()
    given = problem(net, optimizers.optimizer("momentum", 0.1), data, STEPS, 30)
    return shared.shared_by_side(given, data, 2, checkpoint, progress, (engine,)).contenders[-1]


def main(kills, engine):
    """Return how many of the kills were told in one line, and whether the end is that of an undisturbed run."""
    whole, rng, groups = run(engine), np.random.default_rng(0), []
    right = Group.__init__

    def noted(self, *arguments):
        groups.append(self)
        right(self, *arguments)

    Group.__init__ = noted
    told, ended = 0, None
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "kept.npz")
        for k in range(kills):
            step = 1 + int(
                (k + rng.uniform(0, 0.9)) * (STEPS - 2) / kills
            )  # later each time: each run goes on
            rank = int(rng.integers(0, 2))

            def kill(done, of, step=step, rank=rank):
                if done == step:
                    children = groups[-1].children
                    os.kill(children[rank % len(children)].process.pid, signal.SIGKILL)

            try:
                run(engine, path, kill)
            except UserError as error:
                said = str(error)
                told += "\n" not in said and "ended: signal SIGKILL" in said and os.path.exists(path)
                print(said.replace(folder, "..."), flush=True)
        ended = run(engine, path)
    same = ended.loss == whole.loss and all(np.array_equal(a, whole.final[n]) for n, a in ended.final.items())
    return told, same


if __name__ == "__main__":
    count, which = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "torch.gloo"
    lines, equal = main(count, which)
    print(f"{lines} of {count} kills were told in one line; the end is {'the same' if equal else 'ANOTHER'}")
    sys.exit(0 if lines == count and equal else 1)
