"""Check and time the hand-written gradient in GPT-2's shape: 124 million parameters, every array judged, float32.

    python benchmarks/gpt2.py                  12 layers, 768 wide, 12 heads, 50257 tokens, one sequence of 64
    python benchmarks/gpt2.py --layers 2       the same with fewer blocks
    python benchmarks/gpt2.py --json FILE      write the raw figures

Each contender runs in its own process, on one thread. The benchmark measures the seconds of the second gradient (jax
has compiled it by then) and the peak memory of the process. Then `compare`'s judge compares manual's float32 gradient
with torch's and jax's in float64. Its unit is the float32 rounding of manual's own operations, measured in three runs
that perturb each operation by an ulp. It judges torch's float32 gradient in the same unit. Weights are random (xavier);
vectors are perturbed by 0.1 N(0, 1). The benchmark needs 8 GB of memory, and 5 GB in the folder for temporary files.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PJRT_NPROC": "1"}
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from compare import networks
from compare.common.results import environment, plain, write_json
from compare.judge.verdicts import judge
from compare.witnesses import Witness
from compare.witnesses.rounding.units import THRESHOLD, unit

DRAWS = 3
GIB = 2**30


def problem(layers, dtype):
    """Return (network, params, x, y), the same numbers in every process; float64 holds the float32 numbers."""
    fields = {"context": 1024, "heads": 12, "width": 768, "vocabulary": 50257, "layers": layers}
    net = networks.network("transformer", **fields)
    params = networks.initial(net, 0, "float32", biases=0.1)
    for name in params:
        params[name] = params[name].astype(dtype, copy=False)
    ids = np.random.default_rng(1).integers(0, 50257, 65)
    return net, params, ids[None, :-1], ids[None, 1:]


# ---- What one process does


def hand(layers, dtype):
    net, *case = problem(layers, dtype)
    return net.build("hand").loss_and_grads, case, lambda grads: grads


def torch(layers, dtype):
    import torch

    import torch_ref

    torch.set_num_threads(1)
    net, *case = problem(layers, dtype)
    native = [torch_ref.from_numpy(tree) for tree in case]
    return net.build("torch").loss_and_grads, native, torch_ref.to_numpy


def jax(layers, dtype):
    import jax

    import jax_ref

    jax.config.update("jax_enable_x64", dtype == "float64")  # a process of its own: nothing else lives here
    net, *case = problem(layers, dtype)
    native = [jax_ref.from_numpy(tree) for tree in case]
    compiled = jax.jit(net.build("jax").loss_and_grads)
    return lambda *arguments: jax.block_until_ready(compiled(*arguments)), native, jax_ref.to_numpy


def noise(layers, folder):
    """Compute three hand-written gradients in float32, each operation perturbed by an ulp."""
    from compare.witnesses.rounding.noisy import Rounding, noisy

    net, params, x, y = problem(layers, "float32")
    for draw in range(DRAWS):
        save(net.build("hand").loss_and_grads(noisy(params, Rounding(draw)), x, y)[1], folder / f"draw{draw}")


def gradient(who, layers, dtype, folder, repeat):
    """Write one gradient into `folder`; return its seconds and the peak memory of this process."""
    compute, arguments, to_numpy = {"hand": hand, "torch": torch, "jax": jax}[who](layers, dtype)
    seconds = []
    for _ in range(1 + repeat):
        start = time.perf_counter()
        loss, grads = compute(*arguments)
        seconds.append(time.perf_counter() - start)
    peak = peak_bytes()  # before the copy that is written
    save(to_numpy(grads), folder / f"{who}-{dtype}")
    return {"who": who, "dtype": dtype, "loss": float(loss), "seconds": seconds, "peak_bytes": peak}


def peak_bytes():
    """Return the peak memory of this process; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def save(grads, folder):
    folder.mkdir()
    for name, array in grads.items():
        np.save(folder / f"{name}.npy", np.asarray(array))


# ---- What the parent does with it


def child(*arguments):
    """Run this file in a child process; return its last line of output, read as JSON."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


class Stored(dict):
    """Map names to arrays on disk; open each array on access."""

    def __init__(self, folder, names):
        super().__init__((name, folder / f"{name}.npy") for name in names)

    def __getitem__(self, name):
        return np.load(super().__getitem__(name), mmap_mode="r")


def judged(folder, names, who):
    """Return {name: Verdict} of a float32 gradient, one array at a time, because all together do not fit in memory."""
    draws = [Stored(folder / f"draw{k}", names) for k in range(DRAWS)]
    witnesses = [Stored(folder / f"{w}-float64", names) for w in ("torch", "jax")]
    mine, exact = Stored(folder / f"{who}-float32", names), Stored(folder / "hand-float64", names)
    # A key's bias is a structural zero. The judge recognises it by the size of the other gradients, so it gets them.
    beside = {"gamma": np.array(witnesses[0]["gamma"])}
    found = {}
    for name in names:
        units = {name: unit([d[name] for d in draws], exact[name], np.float32)}
        units["gamma"] = np.ones(beside["gamma"].shape) if name != "gamma" else units["gamma"]
        evidence = [
            Witness(w, 0.0, beside | {name: a[name]}, units=units)
            for w, a in zip(("torch", "jax"), witnesses, strict=True)
        ]
        expected = {n: beside[n].shape for n in beside} | {name: mine[name].shape}
        hand = {"gamma": mine["gamma"], name: mine[name]}
        verdicts = judge(hand, evidence, expected, np.float32)
        found[name] = next(v for v in verdicts if v.name == name)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--layers", type=int, default=12)
    options.add_argument("--json", type=Path)
    options.add_argument("--folder", type=Path, help="folder for temporary files")
    options.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = options.parse_args()
    if options.child:
        who, layers, dtype, folder = options.child
        if who == "noise":
            noise(int(layers), Path(folder))
            print(json.dumps({"peak_bytes": peak_bytes()}))
        else:
            print(json.dumps(gradient(who, int(layers), dtype, Path(folder), int(dtype == "float32"))))
        return
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report(run(options.layers, Path(folder)), start, options.json)


def run(layers, folder):
    """Run all processes one after the other; return {"runs", "verdicts"}."""
    runs = []
    for who, dtype in [(w, d) for d in ("float32", "float64") for w in ("hand", "torch", "jax")]:
        runs.append(child("--child", who, layers, dtype, folder))
        r = runs[-1]
        print(
            f"{who:6}{dtype:9} loss {r['loss']:.7f}   gradient {r['seconds'][-1]:6.2f} s   "
            f"peak memory {r['peak_bytes'] / GIB:5.2f} GiB",
            flush=True,
        )
    runs.append({"who": "noise"} | child("--child", "noise", layers, "float32", folder))
    names = list(networks.network("transformer", layers=layers).build("hand").parameters)
    return {"runs": runs, "verdicts": {who: judged(folder, names, who) for who in ("hand", "torch")}}


def report(found, start, path):
    for who, verdicts in found["verdicts"].items():
        statuses = [v.status for v in verdicts.values()]
        worst = max(verdicts.values(), key=lambda v: v.ratio)
        errors = sorted(v.error for v in verdicts.values())
        print(
            f"{who} in float32: {statuses.count('agree')} of {len(statuses)} arrays agree; the worst entry, in "
            f"{worst.name}, is {worst.ratio:.2g} units off ({THRESHOLD:g} are allowed); relative error of an array "
            f"{errors[len(errors) // 2]:.1e} (median), {errors[-1]:.1e} (most)"
        )
        for v in verdicts.values():
            if v.status != "agree":
                print(f"  {v.name}: {v.status}, {v.reason}")
    total, peak = time.perf_counter() - start, max(peak_bytes(), *(r["peak_bytes"] for r in found["runs"]))
    print(
        f"total {total:.0f} s; most memory in one process {peak / GIB:.2f} GiB, here {peak_bytes() / GIB:.2f} GiB"
    )
    if path:
        rows = {
            who: [{k: v for k, v in plain(row).items() if k != "grid"} for row in verdicts.values()]
            for who, verdicts in found["verdicts"].items()
        }
        write_json(
            path, {"environment": environment(0), "total_s": total, "runs": found["runs"], "verdicts": rows}
        )


if __name__ == "__main__":
    main()
