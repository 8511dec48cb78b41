"""Judge the same right and wrong kernels by other tools' rules, each at its defaults: the table of docs/kernels.md.

    python benchmarks/kernels.py            # torch's tools and jax's; --no-jax leaves jax out

Kernels are those of `threeways mistakes --bench --operations`, at inputs of scale 1: each as it is, rounded in its
type after each operation and with float32 inside, and with each of its mistakes. A mistake counts where it moves its
array by more than 5 ulps of the type.
"""

import sys
import warnings

import numpy as np

from compare.checks.bench.operations.bench import DTYPES, SHOWS, jax_operation, movement, torch_operation
from compare.checks.bench.operations.kernels import KERNELS
from compare.checks.vjp import check_vjp
from compare.common.floats import TYPES

DRAWS = 2


def torch_ways(op, plain, inputs, seed):
    """Yield (tool, whether it passes the operation), for torch's tools."""
    import torch

    leaves = [torch.is_tensor(a) and a.is_floating_point() for a in inputs]

    def grads(function, given):
        given = [a.clone().requires_grad_() if leaf else a for a, leaf in zip(given, leaves, strict=True)]
        out = function(*given)
        cotangent = torch.from_numpy(np.random.default_rng(seed).standard_normal(out.shape)).to(out.dtype)
        return torch.autograd.grad(out, [a for a, leaf in zip(given, leaves, strict=True) if leaf], cotangent)

    wide = [a.double() if leaf else a for a, leaf in zip(inputs, leaves, strict=True)]
    mine, theirs, right = grads(op.apply, inputs), grads(plain, inputs), grads(plain, wide)
    yield "torch.testing.assert_close", all(map(close, mine, theirs))
    yield (
        "flash-attention's rule",
        all(
            bool((m.double() - r).abs().max() <= 2 * (t.double() - r).abs().max())
            for m, t, r in zip(mine, theirs, right, strict=True)
        ),
    )
    given = [a.clone().requires_grad_() if leaf else a for a, leaf in zip(inputs, leaves, strict=True)]
    yield "torch gradcheck", passes(lambda: torch.autograd.gradcheck(op.apply, given))


def close(a, b):
    """Whether assert_close takes two tensors for equal at its defaults."""
    import torch

    return passes(lambda: torch.testing.assert_close(a, b))


def jax_ways(op, plain, inputs, seed):
    """Yield ("jax check_grads", whether it passes the operation)."""
    import jax.numpy as jnp
    from jax.test_util import check_grads

    where = [k for k, a in enumerate(inputs) if hasattr(a, "dtype") and jnp.issubdtype(a.dtype, jnp.inexact)]

    def function(*leaves):
        given = list(inputs)
        for k, leaf in zip(where, leaves, strict=True):
            given[k] = leaf
        return op(*given)

    yield (
        "jax check_grads",
        passes(lambda: check_grads(function, [jnp.asarray(inputs[k]) for k in where], 1, ["rev"])),
    )


def passes(check):
    """Whether a check raises nothing."""
    try:
        check()
    except Exception:
        return False
    return True


def cases(kernel):
    """Yield (mistake or None, seed) of a kernel: right, in both precisions inside, and with each mistake."""
    yield from ((None, seed) for seed in range(DRAWS))
    yield from ((mistake, 0) for mistake in kernel.mistakes)


def count(framework, made, ways):
    """Return {(tool, dtype): [mistakes found, mistakes that show, right called wrong, right]}."""
    counts = {}
    for kernel in KERNELS:
        for dtype in DTYPES:
            for mistake, seed in cases(kernel):
                op, plain, cast = made(kernel, mistake, bool(seed % 2))
                inputs = [cast(a, dtype) for a in kernel.draw(np.random.default_rng([seed, 1]), 1.0)]
                if mistake is not None:
                    name = kernel.mistakes[mistake][0]
                    if not movement(op, plain, inputs, name, cast, seed) / TYPES[dtype].eps > SHOWS:
                        continue
                report = check_vjp(op, *inputs, reference=plain, seed=seed)
                for tool, passed in [*ways(op, plain, inputs, seed), (f"threeways, {framework}", report.ok)]:
                    row = counts.setdefault((tool, dtype), [0, 0, 0, 0])
                    at = 0 if mistake is not None else 2
                    row[at] += not passed
                    row[at + 1] += 1
        print(kernel.name, file=sys.stderr, flush=True)
    return counts


def table(counts):
    """Return the lines of the table in Markdown."""
    lines = ["| | " + " | ".join(DTYPES) + " |", "|---|" + "---|" * len(DTYPES)]
    for tool in dict.fromkeys(tool for tool, _ in counts):
        cells = (counts[tool, dtype] for dtype in DTYPES)
        lines.append(f"| {tool} | " + " | ".join(f"{f} of {m}, {w} of {r}" for f, m, w, r in cells) + " |")
    return lines


if __name__ == "__main__":
    warnings.filterwarnings("ignore", module="torch.autograd.gradcheck")
    found = count("torch", torch_operation, torch_ways)
    print(*table(found), sep="\n", flush=True)
    if "--no-jax" not in sys.argv:
        import jax

        with jax.enable_x64(True):
            found = count("jax", jax_operation, jax_ways)
        print(*table(found)[2:], sep="\n")
