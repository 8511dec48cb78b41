"""Time the start of each command against the bare imports.

    python benchmarks/startup.py --json FILE

Each row is a process of its own, pinned to one core; all take turns in each round. Times are CPU seconds of the process
and its children.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, pinned, save, words

HAND = """
import numpy as np
rng = np.random.default_rng(0)
params = {"W1": rng.standard_normal((4, 3)), "b1": rng.standard_normal(4)}
x, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))

def backward(params, x, y):
    a = np.tanh(x @ params["W1"].T + params["b1"])
    delta = (a - y) * (1 - a**2) / len(x)
    return 0.5 * ((a - y) ** 2).sum() / len(x), {"W1": delta.T @ x, "b1": delta.sum(axis=0)}
"""
WITNESS = {
    "torch": "import torch\n"
    "f = lambda p, x, y: 0.5 * ((torch.tanh(x @ p['W1'].T + p['b1']) - y) ** 2).sum() / len(x)\n",
    "jax": "import jax.numpy as jnp\n"
    "f = lambda p, x, y: 0.5 * ((jnp.tanh(x @ p['W1'].T + p['b1']) - y) ** 2).sum() / len(x)\n",
}
JUDGED = (
    "from threeways import check_gradients\nassert check_gradients(backward, params, x, y, {}_loss=f).ok\n"
)
PROGRAMS = {
    "python": ["-c", "pass"],
    "import numpy, scipy, rich, typer": ["-c", "import numpy, scipy, rich, typer"],
    "import torch": ["-c", "import torch"],
    "import jax, optax": ["-c", "import jax, optax"],
    "import torch, jax, optax": ["-c", "import torch, jax, optax"],
    "threeways --help": ["-m", "threeways", "--help"],
    "threeways check, no framework": ["-m", "threeways", "check", "hand.py"],
    **{
        f"check_gradients with {who}": ["-c", HAND + WITNESS[who] + JUDGED.format(who)]
        for who in ("torch", "jax")
    },
    "threeways gradients": ["-m", "threeways", "gradients"],
}
BARS = [  # (what, over what, how, bar)
    ("threeways --help", "python", "difference", 0.3),
    ("threeways gradients", "import torch, jax, optax", "ratio", 2.5),
    ("check_gradients with torch", "import torch", "ratio", None),
    ("check_gradients with jax", "import jax, optax", "ratio", None),
    ("threeways check, no framework", "import numpy, scipy, rich, typer", "ratio", None),
]


def cpu_of(arguments, folder):
    """Return the CPU seconds of one process."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(rounds, programs=PROGRAMS):
    """Return {program: [CPU seconds]}, one of each per round, without the first round, which fills the disk's cache."""
    found = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "hand.py").write_text(HAND)
        for round_ in range(rounds + 1):
            for name, arguments in programs.items():
                seconds = cpu_of(arguments, folder)
                if round_:
                    found[name].append(seconds)
    return found


def rows_of(samples):
    """Return one row for each program and one for each comparison."""
    from compare.common.results import plain
    from compare.common.statistics import interval, paired

    rows = [{"program": name, "cpu_s": plain(interval(s)), "samples": s} for name, s in samples.items()]
    for what, over, how, bar in BARS:
        if what in samples and over in samples:
            combine = (lambda a, b: a - b) if how == "difference" else (lambda a, b: a / b)
            found = plain(paired(samples[what], samples[over], combine))
            rows.append({"program": what, "over": over, "how": how, "found": found, "bar": bar})
    return rows


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--json", type=Path)
    options = options.parse_args()
    core = pinned()
    rows = rows_of(measured(options.rounds))
    for row in rows:
        if "over" in row:
            print(f"{row['program']}, {row['how']} to {row['over']}: {words(row['found'])}")
        else:
            print(f"{row['program']}: {words(row['cpu_s'])} s")
    save(options.json, "startup", rows, core)


if __name__ == "__main__":
    main()
