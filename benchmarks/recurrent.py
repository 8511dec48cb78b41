"""Time the hand-written gradient of a recurrent network against torch eager, torch's fused layer and jax.jit.

    python benchmarks/recurrent.py --cells lstm,gru,rnn --steps 64 --width 128 --batch 32 --blocks 40

The contenders share one core, start from the same float32 arrays and must give the same loss. Each block runs every
contender once, so that a disturbance affects all of them. Times are CPU seconds of the process. The output is the
median with the interval of compare/common/statistics.py, and the ratio of the hand-written gradient to each contender.
"""

import argparse
import os
import sys
import time
from pathlib import Path

# Set one thread before any of them is imported.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax
import numpy as np
import torch

import jax_ref
import manual
import torch_ref
from compare.common import statistics

FUSED = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def contenders(cell, steps, width, batch):
    """Return {name: function without arguments that computes loss and gradients and returns the loss}."""
    fields = {"cell": cell, "inputs": width, "hidden": width, "classes": 10, "steps": steps}
    rng, net = np.random.default_rng(0), manual.Recurrent(**fields)
    params = net.init(rng, "float32")
    x, y = rng.standard_normal((batch, steps * width)).astype("float32"), rng.integers(0, 10, batch)
    in_torch, in_jax = torch_ref.Recurrent(**fields), jax_ref.Recurrent(**fields)
    tensors, arrays = torch_ref.from_numpy((params, x, y)), jax_ref.from_numpy((params, x, y))
    compiled = jax.jit(in_jax.loss_and_grads)
    return {
        "hand": lambda: net.loss_and_grads(params, x, y)[0],
        "torch eager": lambda: in_torch.loss_and_grads(*tensors)[0],
        f"torch.nn.{FUSED[cell].__name__}": fused(cell, width, *tensors),
        "jax.jit": lambda: jax.block_until_ready(compiled(*arrays))[0],
    }


def fused(cell, width, params, x, y):
    """Build torch's own layer with the same parameters; its second bias is 0, like b_hn of a new network."""
    layer = FUSED[cell](width, width)
    ours = {"weight_ih_l0": "W_ih", "weight_hh_l0": "W_hh", "bias_ih_l0": "b"}
    layer.load_state_dict(
        {n: params[o] for n, o in ours.items()} | {"bias_hh_l0": torch.zeros_like(params["b"])}
    )
    leaves = [*layer.parameters(), *(params[n].clone().requires_grad_() for n in ("W_out", "b_out"))]
    steps = x.reshape(len(x), -1, width).swapaxes(0, 1).contiguous()

    def run():
        loss = torch.nn.functional.cross_entropy(layer(steps)[0][-1] @ leaves[-2].T + leaves[-1], y)
        torch.autograd.grad(loss, leaves)
        return loss.detach()

    return run


def measure(runs, blocks):
    """Return {name: [CPU seconds, one for each block]}."""
    samples = {name: [] for name in runs}
    for block in range(blocks + 2):
        for name, run in runs.items():
            begun = time.process_time()
            run()
            if block > 1:  # the first two compile and fill the caches
                samples[name].append(time.process_time() - begun)
    return samples


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cells", default="lstm,gru,rnn")
    options.add_argument("--steps", type=int, default=64)
    options.add_argument("--width", type=int, default=128)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--blocks", type=int, default=40)
    options = options.parse_args()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for cell in options.cells.split(","):
        runs = contenders(cell, options.steps, options.width, options.batch)
        losses = [float(run()) for run in runs.values()]
        assert np.ptp(losses) <= 1e-5, losses
        samples = measure(runs, options.blocks)
        print(f"{cell}, {options.steps} steps, width {options.width}, batch {options.batch}, float32")
        for name, found in samples.items():
            t, r = statistics.interval(found), statistics.ratio(samples["hand"], found)
            print(
                f"  {name:14} {1e3 * t.median:7.1f} ms [{1e3 * t.low:.1f}, {1e3 * t.high:.1f}]"
                f"   hand / this {r.median:5.2f} [{r.low:.2f}, {r.high:.2f}]"
            )


if __name__ == "__main__":
    main()
