"""
Static and dynamic graphs
=========================

According to text E, a static graph is built at compile time, is fixed while it runs, can be optimised and run in
parallel, and is inflexible. A dynamic graph is the reverse (line E11). This lesson tests the sentences with ``jax.jit``
and ``torch.compile``. **Which of them still hold, and what does a static graph gain?**

Prediction: every sentence on the static graph holds for the graph itself. The program around it is flexible.
"""

import statistics
import textwrap
import time

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import torch

import jax_ref
import torch_ref
from compare import networks
from compare.common.results import plain
from compare.report.pictures.svg import layered
from compare.timing.graphs.graph import drawn
from compare.timing.limits.observation import everything
from jax_ref import optimizers, steps

rng = np.random.default_rng(0)

# %%
# Two graphs of the same gradient
# -------------------------------
# The first picture shows the graph that autograd records during a forward pass, the second the graph that jax traces
# before anything runs. Boxes are operations. The second graph already contains the backward pass.

net = networks.network(sizes=(4, 3, 2), activations=("tanh", "softmax"), criterion="cross_entropy")
params = networks.initial(net, 0, "float32", biases=0.1)
x, y = rng.standard_normal((5, 4)).astype("float32"), rng.integers(0, 2, 5)
stages = {form: plain(drawn(net, form, params, x, y))["stages"] for form in ("autograd", "jaxpr", "hlo")}
for form, found in stages.items():
    for stage in found:
        print(f"{form:9}{stage['name']:10}({stage['kind']}): {stage['operations']:3} operations")


class Picture:
    """Show an SVG in a notebook."""

    def __init__(self, stage, title):
        self.svg = layered(stage, title)

    def __repr__(self):
        return f"a picture of {len(self.svg)} bytes, which a notebook shows"

    def _repr_html_(self):
        return f'<div class="graph">{self.svg}</div>'


Picture(stages["autograd"][0], "recorded by autograd as the forward pass runs")

# %%

Picture(stages["hlo"][1], "run by XLA after optimisation")

# %%
# "Built at compile time", "fixed while it runs"
# ----------------------------------------------
# A side effect in the Python function shows when Python builds the graph.

built = []
scale = {"by": 2.0}


@jax.jit
def scaled(v):
    built.append(v.shape)
    return v * scale["by"]


first = float(scaled(jnp.ones(3))[0])
scale["by"] = 10.0
again = float(scaled(jnp.ones(3))[0])
print(
    f"built {len(built)} time in two calls; the captured value has changed, the result has not: {first}, {again}"
)
assert len(built) == 1 and first == again == 2.0
scaled(jnp.ones(4))
print("a new shape builds another graph:", built)
assert len(built) == 2

# %%
# "Can be optimised"
# ------------------

before, after = (stage["operations"] for stage in stages["hlo"])
print(f"XLA: {before} operations before optimisation, {after} after")
assert after < before

# %%
# "Can be run in parallel"
# ------------------------
# Operations that do not depend on one another can run at the same time. The number of operations, divided by the length
# of the longest chain, gives how many on average.


def at_once(stage):
    """Return (operations, length of the longest chain) of a graph."""
    parents = {node["id"]: [] for node in stage["nodes"]}
    for a, b in stage["edges"]:
        parents[b].append(a)
    chain = {}
    for node in stage["nodes"]:  # in the order of the graph: parents first
        chain[node["id"]] = (node["kind"] == "op") + max((chain[p] for p in parents[node["id"]]), default=0)
    return stage["operations"], max(chain.values())


many, longest = at_once(stages["jaxpr"][0])
print(f"{many} operations, {longest} in the longest chain: {many / longest:.1f} at the same time on average")
assert many > longest

# %%
# A small network has few independent operations. Its parallelism is inside each matrix product. A dynamic graph is hard
# to run in parallel "when inputs have different structure": sequences of lengths 1 to 8 take 36 steps one sample at a
# time. A padded batch takes 8 steps, and nearly half of its work is on padding.

lengths = np.arange(1, 9)
sequences = [rng.standard_normal((n, 3)) for n in lengths]
one_by_one, taken = [], 0
for sequence in sequences:
    h = np.zeros(3)
    for v in sequence:
        h, taken = np.tanh(0.5 * h + v), taken + 1
    one_by_one.append(h)
padded = np.zeros((8, 8, 3))
for i, sequence in enumerate(sequences):
    padded[i, : len(sequence)] = sequence
h = np.zeros((8, 3))
for t in range(8):
    h = np.where((t < lengths)[:, None], np.tanh(0.5 * h + padded[:, t]), h)
assert np.allclose(h, one_by_one, rtol=0, atol=1e-15) and taken == 36

# %%
# "Inflexible", "flexible"
# ------------------------
# ``threeways graph --limits`` runs each experiment in both frameworks and records the error that the framework raises.

limits = everything()
for o in limits.observations:
    print(f"{o.who:14}{o.tried:44.44}{(o.error or o.seen):.40}")
    assert o.as_said, o
seen = {(o.who, o.tried): o for o in limits.observations}
assert seen["jax.jit", "if v > 0, v an argument"].error == "TracerBoolConversionError"
assert seen["torch", "eager: if v > 0"].error is None

# %%
# "Built as the program runs"
# ---------------------------
# The graph that autograd records is as long as the loop that ran, so other data give another graph.


def halved(v):
    """Halve v until it is at most 1; return the number of operations that autograd recorded."""
    while v > 1:
        v = v / 2
    count, node = 0, v.grad_fn
    while node is not None and node.next_functions:
        count, node = count + 1, node.next_functions[0][0]
    return count


recorded = [halved(torch.tensor(float(n), requires_grad=True)) for n in (2, 8, 100)]
print("operations recorded for 2, 8, 100:", recorded)
assert recorded == [1, 3, 7]

# %%
# What a static graph gains, and when it breaks even
# --------------------------------------------------
# Time one training step, op by op and compiled. The contenders take turns, so that a disturbance affects both. The
# results are ratios within this run. ``threeways time`` measures them with intervals, each contender in a process of
# its own.

jax_net = jax_ref.MLP((64, 30, 10), ("sigmoid", "softmax"), "cross_entropy")
start = networks.initial(networks.network(), 0, "float32")
batch = (rng.random((32, 64)).astype("float32"), rng.integers(0, 10, 32))
torch_net = torch_ref.MLP((64, 30, 10), ("sigmoid", "softmax"), "cross_entropy")


def jax_step(make):
    optimizer = optimizers.SGD(0.1)
    step, p = make(jax_net, optimizer), jax_ref.from_numpy(start)
    arguments = (p, optimizer.init(p), *jax_ref.from_numpy(batch))
    return lambda: jax.block_until_ready(step(*arguments))


def torch_step():
    from torch_ref import optimizers, steps

    optimizer = optimizers.SGD(0.1)
    step, p = steps.eager(torch_net, optimizer), torch_ref.from_numpy(start)
    arguments = (p, optimizer.init(p), *torch_ref.from_numpy(batch))
    return lambda: step(*arguments)


def seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


calls = {
    "jax, op by op": jax_step(steps.eager),
    "jax.jit": jax_step(steps.compiled),
    "torch, eager": torch_step(),
}
first = {name: seconds(call) for name, call in calls.items()}
samples = {name: [] for name in calls}
for _ in range(40):
    for name, call in calls.items():
        samples[name].append(seconds(call))
steady = {name: statistics.median(times) for name, times in samples.items()}
unit = steady["jax.jit"]
for name in calls:
    print(
        f"{name:14} a step {steady[name] / unit:6.1f}, the first call {first[name] / unit:8.0f}   (jax.jit's step = 1)"
    )
ahead = first["jax.jit"] - first["jax, op by op"]
gain = steady["jax, op by op"] - steady["jax.jit"]
pays = f"after {max(1, int(np.ceil(ahead / gain)))} steps" if gain > 0 else "never, in this run"
print("compared with op by op, compiling breaks even", pays)  # op by op compiles each operation once, too

n = np.arange(1, 201)
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name in calls:
    axes.loglog(n, (first[name] + (n - 1) * steady[name]) / unit, label=name)
axes.set(xlabel="steps", ylabel="time since the start (jax.jit's step = 1)")
axes.legend()

# %%
# E11, sentence by sentence
# -------------------------

for sentence in limits.sentences:
    said = f"{sentence['sentence']} [{sentence['holds_for']}] {sentence['why']}"
    print(textwrap.fill(said, 100, subsequent_indent="    "))
assert [s["holds_for"] for s in limits.sentences].count("TF1") == 1

# %%
# A static graph is faster where the same step runs many times on the same shapes. A dynamic graph is better where the
# program decides as it runs, and while you write the program. The sentence on inflexibility no longer holds. It was
# true of TensorFlow 1, where the graph *was* the program.
