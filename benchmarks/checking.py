"""Measure the cost of a verdict, compared with gradcheck and check_grads, with its gradients, and as they grow.

    python benchmarks/checking.py --peers --json FILE   all cases, many minutes
    python benchmarks/checking.py --quick               10^6 parameters

Each case runs in a child process with one thread, pinned to one core; the contenders take turns in it. Memory is the
peak of the child above its memory before the first array; it includes the arrays that the child judges.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from measuring import interleaved, pinned, ratios, save, words

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
CHECKED = (10**3, 10**4, 10**5, 10**6, 10**7)


def problem(sizes, batch, seed=0, dtype="float64"):
    """Return (net, params, x, y) of a sigmoid-softmax network with non-zero biases."""
    import numpy as np

    import manual

    net = manual.MLP(sizes, ("sigmoid",) * (len(sizes) - 2) + ("softmax",))
    rng = np.random.default_rng(seed)
    params = {n: p + 0.1 * rng.standard_normal(p.shape) * (p.ndim == 1) for n, p in net.init(rng).items()}
    params = {n: p.astype(dtype) for n, p in params.items()}
    return net, params, rng.random((batch, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], batch)


def against_peers(rounds):
    """Compare the whole check with its peers: 784-30-10, 23,860 parameters, batch 10, float64."""
    import jax
    import numpy as np
    import torch
    from jax.test_util import check_grads

    import jax_ref
    from compare.checks.gradients import check_gradients

    net, params, x, y = problem((784, 30, 10), 10)

    class Hand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *parts):
            arrays = {n: p.numpy() for n, p in zip(params, parts, strict=True)}
            loss, ctx.grads = net.loss_and_grads(arrays, x, y)
            return torch.tensor(loss)

        @staticmethod
        def backward(ctx, delta):
            return tuple(delta * torch.from_numpy(ctx.grads[n]) for n in params)

    leaves = [torch.from_numpy(p.copy()).requires_grad_() for p in params.values()]
    theirs = jax_ref.MLP(net.sizes, net.activations)

    def peer(fast):
        return lambda: torch.autograd.gradcheck(Hand.apply, leaves, eps=1e-6, atol=1e-5, fast_mode=fast)

    def check():
        assert check_gradients(net, params, x, y, network=net).ok

    def jax_check():
        with jax.enable_x64(True):
            arrays = jax_ref.from_numpy(params)
            check_grads(lambda p: theirs.loss(p, x, np.asarray(y)), (arrays,), order=1, modes=["rev"])

    calls = {"check_gradients": check, "gradcheck, slow": peer(False), "gradcheck, fast": peer(True)}
    samples = interleaved(calls | {"jax check_grads": jax_check}, rounds, seconds=0.1)
    return {"samples": samples, "over": ratios(samples, "check_gradients")}


def against_gradients(dtype, rounds, sizes=(1000, 900, 100), batch=64):
    """Compare the verdict and the whole check with the sum of their gradients: manual, torch and jax (compiled).

    As in the check, manual's gradient is in `dtype` and the witnesses' gradients are in float64.
    """
    import jax
    import numpy as np

    import jax_ref
    import torch_ref
    from compare.checks.gradients import check_gradients
    from compare.judge.verdicts import judge
    from compare.witnesses import Witness

    net, params, x, y = problem(sizes, batch, dtype=dtype)
    fields = net.sizes, net.activations
    wide = {n: p.astype(float) for n, p in params.items()}, x.astype(float), y
    tensors = torch_ref.from_numpy(wide)
    by_torch, by_jax = torch_ref.MLP(*fields), jax.jit(jax_ref.MLP(*fields).loss_and_grads)
    with jax.enable_x64(True):
        arrays = jax_ref.from_numpy(wide)

    def gradients():
        net.loss_and_grads(params, x, y)
        by_torch.loss_and_grads(*tensors)
        with jax.enable_x64(True):
            jax.block_until_ready(by_jax(*arrays))

    right = net.loss_and_grads(params, x, y)[1]
    units = {n: np.finfo(dtype).eps * (np.abs(g) + 1e-3) for n, g in right.items()}
    witnesses = [
        Witness(who, 0.0, {n: g.astype(float) for n, g in right.items()}, units=units)
        for who in ("torch", "jax")
    ]
    shapes = {n: p.shape for n, p in params.items()}
    calls = {
        "gradients": gradients,
        "verdict": lambda: judge(right, witnesses, shapes, np.dtype(dtype)),
        "check": lambda: check_gradients(net, params, x, y, network=net),
    }
    samples = interleaved(calls, rounds, seconds=0.1)
    count = sum(p.size for p in params.values())
    return {
        "parameters": count,
        "batch": batch,
        "dtype": dtype,
        "samples": samples,
        "over": ratios(samples, "gradients"),
    }


def growing(what, count, dtype):
    """Measure CPU seconds and peak memory of one verdict, or one check of values against torch, of `count` entries."""
    import time

    import numpy as np

    from compare.timing.clock import peak_memory

    judge, check, Witness = _imported(what)
    columns = 10 ** (len(str(count)) // 2)
    shape, rng, held = (count // columns, columns), np.random.default_rng(0), peak_memory()
    w = np.resize(rng.standard_normal(1 << 16).astype(dtype), shape)
    if what == "verdict":
        theirs = w * np.asarray(1 + np.finfo(dtype).eps, dtype)
        units = np.abs(w)
        units += np.asarray(1, dtype)
        units *= np.asarray(np.finfo(dtype).eps, dtype)
        witnesses = [Witness(n, 0.0, {"W": theirs}, units={"W": units}) for n in ("torch", "jax")]
        arguments = ({"W": w}, witnesses, {"W": shape})
        begin = time.process_time()
        assert all(v.passes for v in judge(*arguments, np.dtype(dtype)))
    else:
        x = rng.standard_normal((8, columns)).astype(dtype)
        a = x @ w.T  # L = sum of (x W^T)^2 / 2
        grads = {"W": a.T @ x}
        begin = time.process_time()
        report = check(grads, {"W": w}, x, torch_loss=lambda p, x: 0.5 * ((x @ p["W"].T) ** 2).sum())
        assert report.ok, str(report)
    seconds, peak = time.process_time() - begin, peak_memory() - held
    bytes_ = count * np.dtype(dtype).itemsize
    count_of = 2 if what == "verdict" else 1
    return {
        "what": what,
        "parameters": count,
        "dtype": dtype,
        "cpu_s": seconds,
        "ns_per_parameter": 1e9 * seconds / count,
        "peak_bytes": peak,
        "peak_over_parameters_itemsize_witnesses": peak / (bytes_ * count_of),
    }


def _imported(what):
    """Run one small case of each kind, so that the figures leave out the imports."""
    import numpy as np

    from compare.checks.gradients import check_gradients
    from compare.judge.verdicts import judge
    from compare.witnesses import Witness

    if what == "check":
        w, x = np.ones((3, 2)), np.ones((4, 2))
        check_gradients(
            {"W": (x @ w.T).T @ x}, {"W": w}, x, torch_loss=lambda p, x: 0.5 * ((x @ p["W"].T) ** 2).sum()
        )
    return judge, check_gradients, Witness


CASES = {"peers": against_peers, "gradients": against_gradients, "growing": growing}


def run(case, *arguments):
    """Run a case in its own child process and return the result."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps([case, arguments])],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {"case": case, **json.loads(done.stdout)}


def show(row):
    if row["case"] == "growing":
        peak = row["peak_over_parameters_itemsize_witnesses"]
        print(
            f"{row['what']}, {row['parameters']:,} {row['dtype']}: {row['cpu_s']:.3g} s, "
            f"{row['ns_per_parameter']:.3g} ns each, peak {peak:.2f} x parameters x itemsize x witnesses"
        )
        return
    over = "check_gradients" if row["case"] == "peers" else f"gradients, {row['parameters']:,} {row['dtype']}"
    for name, found in row["over"].items():
        print(f"{name} / {over}: {words(found)}")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--quick", action="store_true")
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument(
        "--peers", action="store_true", help="time gradcheck and check_grads too: half a minute per round"
    )
    options.add_argument("--most", type=int, help="largest number of parameters")
    options.add_argument("--json", type=Path)
    options.add_argument("--child", help=argparse.SUPPRESS)
    options = options.parse_args()
    core = pinned()
    if options.child:
        case, arguments = json.loads(options.child)
        print(json.dumps(CASES[case](*arguments)))
        return
    sizes = SIZES if options.most is None else [n for n in SIZES if n <= options.most]
    plan = [("gradients", dtype, options.rounds) for dtype in ("float64", "float32")]
    plan += [("peers", 3)] if options.peers else []
    if not options.quick:
        plan += [("growing", "verdict", count, dtype) for dtype in ("float32", "float64") for count in sizes]
        plan += [("growing", "check", count, "float32") for count in CHECKED if count in sizes]
    rows = []
    for case in plan:
        rows.append(run(*case))
        show(rows[-1])
        save(options.json, "checking", rows, core)


if __name__ == "__main__":
    main()
