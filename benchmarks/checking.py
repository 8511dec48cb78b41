"""What a verdict costs: check_gradients beside gradcheck's slow mode, and beside the gradients it compares.

    python benchmarks/checking.py            [784, 30, 10] at batch 10, and 10^6 parameters
    python benchmarks/checking.py --small    only the first

One core, one thread; both sides in this process, interleaved; medians and the ratios of each round.
"""

import os
import sys

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PJRT_NPROC": "1"}
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from statistics import median
from time import perf_counter

import numpy as np
import torch

import manual
import torch_ref
from compare.checking import check_gradients
from compare.judge.verdicts import judge
from compare.witnesses import Evidence


def problem(sizes, batch, seed=0):
    """(net, params, x, y) of a sigmoid-softmax network, biases not 0."""
    net = manual.MLP(sizes, ("sigmoid",) * (len(sizes) - 2) + ("softmax",))
    rng = np.random.default_rng(seed)
    params = {n: p + 0.1 * rng.standard_normal(p.shape) * (p.ndim == 1) for n, p in net.init(rng).items()}
    return net, params, rng.random((batch, sizes[0])), rng.integers(0, sizes[-1], batch)


def seconds(call):
    start = perf_counter()
    call()
    return perf_counter() - start


def against_gradcheck(rounds=3):
    """The texts' [784, 30, 10], 23,860 parameters, batch 10, float64: the whole check against one gradcheck."""
    net, params, x, y = problem((784, 30, 10), 10)

    class Hand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *parts):
            loss, ctx.grads = net.loss_and_grads(
                {n: p.numpy() for n, p in zip(params, parts, strict=True)}, x, y
            )
            return torch.tensor(loss)

        @staticmethod
        def backward(ctx, delta):
            return tuple(delta * torch.from_numpy(ctx.grads[n]) for n in params)

    leaves = [torch.from_numpy(p.copy()).requires_grad_() for p in params.values()]
    ours, theirs = [], []
    check_gradients(net, params, x, y, network=net)  # witnesses warm
    for _ in range(rounds):
        ours.append(seconds(lambda: check_gradients(net, params, x, y, network=net)))
        theirs.append(seconds(lambda: torch.autograd.gradcheck(Hand.apply, leaves, eps=1e-6, atol=1e-5)))
    ratios = sorted(t / o for t, o in zip(theirs, ours, strict=True))
    print(
        f"[784, 30, 10], batch 10: check_gradients {median(ours):.2f} s, gradcheck slow {median(theirs):.2f} s"
    )
    print(f"  gradcheck / check_gradients: median {median(ratios):.1f}, {ratios[0]:.1f} to {ratios[-1]:.1f}")


def against_gradients(sizes=(1000, 900, 100), batch=64, rounds=5):
    """Judging alone beside the gradients that it compares, and the whole check beside them."""
    net, params, x, y = problem(sizes, batch)
    reference = torch_ref.MLP(net.sizes, net.activations)
    tensors, xt, yt = (torch_ref.from_numpy(t) for t in (params, x, y))

    def gradients():
        net.loss_and_grads(params, x, y)
        reference.loss_and_grads(tensors, xt, yt)

    hand = Evidence("hand", 0.0, net.loss_and_grads(params, x, y)[1])
    witness = Evidence("torch", 0.0, torch_ref.to_numpy(reference.loss_and_grads(tensors, xt, yt)[1]))
    units = {"torch": {n: 1e-15 * np.abs(g) + 1e-18 for n, g in hand.arrays.items()}}
    shapes = {n: p.shape for n, p in params.items()}
    bare, judged, whole = [], [], []
    check_gradients(net, params, x, y, network=net)
    for _ in range(rounds):
        bare.append(seconds(gradients))
        judged.append(seconds(lambda: judge(hand, [witness], units, shapes, np.dtype("float64"))))
        whole.append(seconds(lambda: check_gradients(net, params, x, y, network=net)))
    count = sum(p.size for p in params.values())
    print(f"{count:,} parameters, batch {batch}: gradients by hand and torch {median(bare) * 1e3:.0f} ms")
    verdict, check = median(judged) / median(bare), median(whole) / median(bare)
    print(f"  verdict / gradients {verdict:.2f}, whole check / gradients {check:.1f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    against_gradcheck()
    if "--small" not in sys.argv:
        against_gradients()
