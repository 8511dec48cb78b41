"""Time a training step of the hand-written convolutional network against torch eager and jax.jit, on one core.

    python benchmarks/cnn.py                 digits (1 x 8 x 8) and an MNIST-sized network (1 x 28 x 28), batch 32
    python benchmarks/cnn.py --small         only the first network
    python benchmarks/cnn.py --json PATH     write all samples too

One process with one thread is pinned to one core, and the contenders take turns with a block of steps each. Times are
CPU seconds of this process, so they leave out other processes on the core. A step is the loss, all gradients and SGD.
"torch, own layers" uses F.batch_norm and nn.Linear's addmm, where torch_ref writes elementary operations.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PJRT_NPROC": "1"}
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

import jax
import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax_ref
import jax_ref.optimizers
import jax_ref.steps
import manual
import manual.optimizers
import manual.steps
import torch_ref
import torch_ref.optimizers
import torch_ref.steps
from compare.common.results import environment, write_json
from compare.common.statistics import interval, ratio

NETWORKS = {
    "digits": manual.CNN(),
    "mnist-sized": manual.CNN(image=(1, 28, 28), channels=(8, 16), kernel=5, padding=2),
}
RATE, BLOCK_S, ROUNDS = 0.1, 0.05, 41


@dataclass(frozen=True)
class Result:
    """Hold the samples: {network: {contender: CPU seconds of one step, one for each round}}."""

    schema: str
    environment: dict
    batch: int
    samples: dict


class OwnLayers(torch_ref.CNN):
    """Build the same network of torch's own fused layers."""

    def _forward(self, params, x, tap=None):
        a = x.reshape(len(x), *self.image)
        for l in range(1, self.depth):
            a = F.conv2d(a, params[f"W{l}"], params[f"b{l}"], self.stride, self.padding)
            a = F.batch_norm(a, None, None, params[f"gamma{l}"], params[f"beta{l}"], training=True)
            a = F.max_pool2d(F.relu(a), self.window)
        return F.linear(a.flatten(1), params[f"W{self.depth}"], params[f"b{self.depth}"])


def contenders(net, batch, seed=0):
    """Return {name: (step, arguments)}; a step is (params, state, x, y) -> (params, state, loss), float32."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, net.image[0] * net.image[1] * net.image[2])).astype("float32")
    start = net.init(rng, "float32"), x, rng.integers(0, net.classes, batch)

    def prepared(package, network, make):
        optimizer = package.optimizers.SGD(RATE)
        params, x, y = package.from_numpy(start)
        return make(network, optimizer), (params, optimizer.init(params), x, y)

    fields = asdict(net)
    return {
        "by hand": prepared(manual, net, manual.steps.eager),
        "torch eager": prepared(torch_ref, torch_ref.CNN(**fields), torch_ref.steps.eager),
        "torch, own layers": prepared(torch_ref, OwnLayers(**fields), torch_ref.steps.eager),
        "jax.jit": prepared(jax_ref, jax_ref.CNN(**fields), jax_ref.steps.compiled),
    }


def seconds(step, arguments, calls):
    """Return the CPU seconds of one step, measured over `calls` consecutive steps."""
    params, state, x, y = arguments
    before = process_time()
    for _ in range(calls):
        params, state, _ = step(params, state, x, y)
    jax.block_until_ready(params)
    return (process_time() - before) / calls


def measured(net, batch, rounds):
    """Return {contender: samples}; the contenders take turns."""
    ready = contenders(net, batch)
    calls = {}
    for name, (step, arguments) in ready.items():
        seconds(step, arguments, 3)
        calls[name] = max(1, round(BLOCK_S / seconds(step, arguments, 10)))
    samples = {name: [] for name in ready}
    for _ in range(rounds):
        for name, (step, arguments) in ready.items():
            samples[name].append(seconds(step, arguments, calls[name]))
    return samples


def report(name, net, batch, samples):
    print(f"{name}: image {net.image}, channels {net.channels}, kernel {net.kernel}, batch {batch}, float32")
    for contender, times in samples.items():
        found, against = interval(times), ratio(samples["by hand"], times)
        print(
            f"  {contender:18} {1e6 * found.median:8.0f} us [{1e6 * found.low:.0f}, {1e6 * found.high:.0f}]"
            f"   by hand takes {against.median:.2f} x [{against.low:.2f}, {against.high:.2f}] of it"
        )


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--small", action="store_true")
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--json", type=Path)
    options = options.parse_args()
    torch.set_num_threads(1)
    found = {}
    for name, net in list(NETWORKS.items())[: 1 if options.small else None]:
        found[name] = measured(net, options.batch, options.rounds)
        report(name, net, options.batch, found[name])
    if options.json:
        write_json(options.json, Result("threeways/benchmark-cnn/1", environment(0), options.batch, found))


if __name__ == "__main__":
    main()
