"""Time the hand-written gradient and training step against their matrix products and against other libraries.

    python benchmarks/gradient.py --json FILE   five cases, both dtypes
    python benchmarks/gradient.py --all         widths 30 to 2048, batches 1 to 1024, depths 2 to 16, torch.compile
    python benchmarks/gradient.py --memory      NumPy alone; the C library returns freed memory or keeps it
    python benchmarks/gradient.py --user        NumPy alone, and torch in its own process, float32 (user.py)

Each dtype runs in its own child process, pinned to one core. In each case all contenders take turns in one process.
`floor` computes only the matrix products of one forward and one backward pass, into allocated arrays. `scikit-learn` is
MLPClassifier's private `_backprop` on allocated arrays. `scikit-learn fit` is one step of the public `fit`, to compare
with `manual epoch`. `per sample` is the textbook loop over the batch, one column at a time. Networks are sigmoid with a
softmax output and cross-entropy.
"""

import argparse
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import user
from measuring import interleaved, pinned, ratios, save, words
from textbook import per_sample, per_sample_in_place

# (sizes, batch): the texts' network, then widths and depths.
TEXTS = [((784, 30, 10), n) for n in (1, 10, 32, 128, 1024)]
WIDE = [((w, w, 10), n) for w in (128, 512, 1024, 2048) for n in (1, 32, 128, 1024) if w * n <= 1 << 20]
DEEP = [((w,) * d + (10,), 128) for w, d in ((64, 4), (64, 16), (512, 4), (512, 8))]
CASES = TEXTS + WIDE + DEEP
SAMPLE = [
    ((784, 30, 10), 10),
    ((784, 30, 10), 128),
    ((128, 128, 10), 1),
    ((512, 512, 10), 128),
    ((64,) * 8 + (10,), 128),
]
COMPILED = {(784, 30, 10), (512, 512, 10)}  # torch.compile takes seconds for each case
RATE = 0.1
STEPS = 16
EPOCHS = ("manual epoch", "scikit-learn fit")  # what is timed of them is a step
FRESH = [((784, 30, 10), 128), ((512, 512, 10), 128)]
# glibc keeps freed memory for the next array. By default it returns large arrays to the system, and each new array
# costs the page faults of its first touch. An import of torch or jax happens to change that; NumPy alone does not.
KEPT = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}


def floor(params, x, dtype):
    """Compute every matrix product of one forward and one backward pass, except the derivative by the input."""
    import numpy as np

    depth = len(params) // 2
    W = {l: params[f"W{l}"] for l in range(1, depth + 1)}
    a = {0: x} | {l: np.zeros((len(x), len(W[l])), dtype) for l in W}
    z, delta = ({l: np.ones_like(a[l]) for l in W} for _ in range(2))
    dW = {l: np.empty_like(W[l]) for l in W}

    def products():
        for l in W:
            np.matmul(a[l - 1], W[l].T, out=z[l])
        for l in reversed(W):
            np.dot(delta[l].T, a[l - 1], out=dW[l])
            if l > 1:
                np.matmul(delta[l], W[l], out=z[l - 1])

    return products


def scikit(sizes, params, x, y):
    """Return MLPClassifier's loss and gradient of the same network, batch and dtype."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier(sizes[1:-1], activation="logistic", solver="sgd", alpha=0.0)
    onehot = np.eye(sizes[-1], dtype=x.dtype)[y]
    depth = len(sizes) - 1
    net.n_outputs_, net.n_layers_ = sizes[-1], depth + 1  # what `fit` would set
    net.out_activation_, net.loss = "softmax", "log_loss"
    net.coefs_ = [np.ascontiguousarray(params[f"W{l}"].T) for l in range(1, depth + 1)]
    net.intercepts_ = [params[f"b{l}"].copy() for l in range(1, depth + 1)]
    activations = [x] + [np.empty((len(x), m), x.dtype) for m in sizes[1:]]
    deltas = [np.empty_like(a) for a in activations[1:]]
    coefs = [np.empty_like(W) for W in net.coefs_]
    intercepts = [np.empty_like(b) for b in net.intercepts_]
    return lambda: net._backprop(x, onehot, None, activations, deltas, coefs, intercepts)


def epochs(net, params, batch, dtype):
    """Return {name: call}: STEPS steps of gradient descent, with each contender's own batches of shuffled samples.

    scikit-learn runs its public `fit`; manual runs a loop over slices of a permutation.
    """
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    import manual.optimizers
    import manual.steps

    rng, classes = np.random.default_rng(1), net.sizes[-1]
    x = rng.random((STEPS * batch, net.sizes[0])).astype(dtype)
    y = np.arange(len(x)) % classes  # all of them, or MLPClassifier makes a smaller network
    theirs = MLPClassifier(
        net.sizes[1:-1],
        activation="logistic",
        solver="sgd",
        alpha=0.0,
        batch_size=batch,
        learning_rate_init=RATE,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        warm_start=True,
    )
    optimizer = manual.optimizers.SGD(RATE)
    step = manual.steps.eager(net, optimizer)

    def by_hand():
        at, state, order = params, optimizer.init(params), rng.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            at, state, _ = step(at, state, x[chosen], y[chosen])

    def by_scikit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one epoch has not converged
            theirs.fit(x, y)

    return {"manual epoch": by_hand, "scikit-learn fit": by_scikit}


def problem(sizes, batch, dtype):
    """Return (fields of an MLP, params, x, y)."""
    import numpy as np

    import manual

    rng = np.random.default_rng(0)
    fields = sizes, ("sigmoid",) * (len(sizes) - 2) + ("softmax",), "cross_entropy"
    params = manual.MLP(*fields).init(rng, dtype)
    return fields, params, rng.random((batch, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], batch)


def by_numpy(sizes, batch, dtype):
    """Return {name: call} of the contenders that need no framework."""
    import manual

    fields, params, x, y = problem(sizes, batch, dtype)
    net = manual.MLP(*fields)
    calls = {
        "floor": floor(params, x, dtype),
        "manual": lambda: net.loss_and_grads(params, x, y),
        "scikit-learn": scikit(sizes, params, x, y),
    }
    if batch <= 128 and max(sizes[1:]) <= 512:
        calls["per sample"] = per_sample(params, x, y)
        calls["per sample, in place"] = per_sample_in_place(params, x, y)
        calls |= epochs(net, params, batch, dtype)
    return calls


def of_worker(who, sizes, batch, dtype):
    """Return {name: call} of one process of `--user`: products and gradient in NumPy, or torch's gradient."""
    fields, params, x, y = problem(sizes, batch, dtype)
    if who == "torch":
        import torch

        import torch_ref

        torch.set_num_threads(1)
        net, tensors = torch_ref.MLP(*fields), torch_ref.from_numpy((params, x, y))
        return {"torch": lambda: net.loss_and_grads(*tensors)}
    import manual
    import manual.steps

    if who == "numpy":
        manual.steps.keep_memory()
    net = manual.MLP(*fields)
    return {"floor": floor(params, x, dtype), "manual": lambda: net.loss_and_grads(params, x, y)}


def contenders(sizes, batch, dtype, compiled):
    """Return {name: call} of one case."""
    import jax
    import torch

    import jax_ref
    import jax_ref.optimizers
    import jax_ref.steps
    import manual
    import manual.optimizers
    import manual.steps
    import torch_ref
    import torch_ref.optimizers
    import torch_ref.steps

    torch.set_num_threads(1)
    torch._dynamo.reset()
    fields, params, x, y = problem(sizes, batch, dtype)
    calls = by_numpy(sizes, batch, dtype)

    def stepping(package, static=False):
        arrays = package.from_numpy((params, x, y))
        its, optimizer = package.MLP(*fields), package.optimizers.SGD(RATE)
        step = (package.steps.compiled if static else package.steps.eager)(its, optimizer)
        state = optimizer.init(arrays[0])
        return lambda: step(arrays[0], state, *arrays[1:])

    tensors = torch_ref.from_numpy((params, x, y))
    torch_net = torch_ref.MLP(*fields)
    calls["torch"] = lambda: torch_net.loss_and_grads(*tensors)
    jax_arrays, jax_call = jax_ref.from_numpy((params, x, y)), jax.jit(jax_ref.MLP(*fields).loss_and_grads)
    calls["jax.jit"] = lambda: jax.block_until_ready(jax_call(*jax_arrays))
    calls["manual step"], calls["torch step"] = stepping(manual), stepping(torch_ref)
    jitted = stepping(jax_ref, static=True)
    calls["jax.jit step"] = lambda: jax.block_until_ready(jitted())
    if compiled and sizes in COMPILED:
        calls["torch.compile step"] = stepping(torch_ref, static=True)
    return calls


def child(dtype, cases, rounds, seconds=0.02, compiled=False, light=False):
    """Return the rows of these cases, timed in this process. compiled: time torch.compile too; light: NumPy alone."""
    core = pinned()
    rows = []
    for sizes, batch in cases:
        calls = (
            by_numpy(tuple(sizes), batch, dtype)
            if light
            else contenders(tuple(sizes), batch, dtype, compiled)
        )
        samples = interleaved(calls, rounds, seconds)
        samples |= {n: [s / STEPS for s in samples[n]] for n in EPOCHS if n in samples}
        row = {"sizes": sizes, "batch": batch, "dtype": dtype, "core": core, "samples": samples}
        rows.append(row | {"over_floor": ratios(samples, "floor"), "over_manual": ratios(samples, "manual")})
        show(rows[-1])
    return rows


def show(row):
    print(f"{row['sizes']}, batch {row['batch']}, {row['dtype']}", file=sys.stderr)
    print(f"  manual / floor {words(row['over_floor']['manual'])}", file=sys.stderr)
    for name, found in row["over_manual"].items():
        print(f"  {name} / manual {words(found)}", file=sys.stderr)


def measured(cases, rounds, seconds, compiled, dtypes=("float32", "float64"), light=False, more=()):
    """Return the rows of all cases, each dtype in its own process, because jax fixes its float width at the start.

    more: further environment variables of these processes.
    """
    rows = []
    for dtype in dtypes:
        done = subprocess.run(
            [
                sys.executable,
                __file__,
                "--child",
                json.dumps([dtype, cases, rounds, seconds, compiled, light]),
            ],
            env=os.environ | {"JAX_ENABLE_X64": str(int(dtype == "float64"))} | dict(more),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        rows += json.loads(done.stdout)
    return rows


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=0.02, help="CPU seconds per block")
    options.add_argument("--all", action="store_true")
    options.add_argument("--memory", action="store_true")
    options.add_argument("--user", action="store_true")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--json", type=Path)
    options.add_argument("--child", help=argparse.SUPPRESS)
    options.add_argument("--worker", help=argparse.SUPPRESS)
    options = options.parse_args()
    if options.child:
        print(json.dumps(child(*json.loads(options.child))))
        return
    if options.worker:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        user.work(options.worker, of_worker)
        return
    if options.user:
        rows = user.measured(options.rounds, options.seconds)
    elif options.memory:
        rows = []
        for memory, more in (("given back", {}), ("kept", KEPT)):
            found = measured(FRESH, options.rounds, options.seconds, False, light=True, more=more)
            rows += [row | {"memory": memory} for row in found]
    else:
        rows = measured(CASES if options.all else SAMPLE, options.rounds, options.seconds, options.all)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    name = "user" if options.user else "memory" if options.memory else "gradient"
    save(options.json, name, rows, None)


if __name__ == "__main__":
    main()
