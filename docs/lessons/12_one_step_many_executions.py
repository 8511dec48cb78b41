"""
One step, many executions
=========================

A training step is written once and executed in many ways: eagerly, compiled, in micro-batches that are accumulated, in
shards on workers. **Are these the same step, and what decides it?**

Prediction: how a step is executed changes the last digits and nothing else, as long as every part of the batch counts
by its share of the *denominator*, the thing that the loss is a mean over. Averaging parts as if they were of one size
is wrong by far more than rounding, and no error message says so.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

import manual
import torch_ref
from manual.parallel import Accumulated, DataParallel, parts

rng = np.random.default_rng(0)
net = manual.MLP(sizes=(20, 16, 5), activations=("tanh", "softmax"), criterion="cross_entropy")
params = net.init(rng)
x, y = rng.normal(size=(30, 20)), rng.integers(0, 5, 30)
loss, grads = net.loss_and_grads(params, x, y)


def apart(other, right=grads):
    """Return the largest difference of two gradients, relative to the largest entry."""
    largest = max(np.abs(g).max() for g in right.values())
    return max(np.abs(np.asarray(other[n]) - g).max() for n, g in right.items()) / largest


# %%
# Eager and compiled
# ------------------
# A compiler may fuse and reorder operations. What it may not do is change a digit that rounding does not. torch traces
# the derivative here and runs its graph; the answer is compared with the derivation.

there = torch_ref.MLP(net.sizes, net.activations, net.criterion)
tensors, samples, labels = torch_ref.from_numpy((params, x, y))
eager = torch_ref.to_numpy(there.loss_and_grads(tensors, samples, labels)[1])
graph = torch.compile(torch.func.grad(there.loss), backend="aot_eager")
compiled = torch_ref.to_numpy(graph(tensors, samples, labels))
print(f"torch eager    {apart(eager):.0e}")
print(f"torch compiled {apart(compiled):.0e}")
assert apart(eager) < 1e-13 and apart(compiled) < 1e-13

# %%
# Accumulated
# -----------
# 30 samples do not fit into memory, 12 do: micro-batches of 12, 12 and 6. The loss is a mean over samples, so
#
# .. math:: L = \sum_i w_i L_i, \qquad w_i = n_i / N.
#
# A training loop that divides each micro-batch's loss by their number, 3, gives the last six samples twice the weight
# of the others.

sizes = (12, 12, 6)
right = Accumulated(net, sizes, tuple(n / 30 for n in sizes)).loss_and_grads(params, x, y)[1]
means = Accumulated(net, sizes, (1 / 3,) * 3).loss_and_grads(params, x, y)[1]
summed = Accumulated(net, sizes, (1.0,) * 3).loss_and_grads(params, x, y)[1]
print(f"weighted by n_i / N      {apart(right):.0e}")
print(f"averaged, each 1/3       {apart(means):.1%}")
print(f"summed, no denominator   {apart(summed):.0%}")
assert apart(right) < 1e-13 and apart(means) > 0.05 and apart(summed) > 1

# %%
# The denominator is what the loss is a mean over
# -----------------------------------------------
# Sequences are padded, and the loss is a mean over the tokens that are *not* padding. Two micro-batches of two
# sequences each have equal numbers of samples and unequal numbers of tokens. Weights by samples are wrong here too.

lengths = np.array([9, 8, 2, 1])
tokens = rng.normal(size=(4, 9))  # a loss for each token of each sequence
kept = np.arange(9) < lengths[:, None]
whole = tokens[kept].mean()
halves = [tokens[h][kept[h]].mean() for h in (slice(0, 2), slice(2, 4))]
counts = [int(lengths[:2].sum()), int(lengths[2:].sum())]
by_tokens = sum(n * half for n, half in zip(counts, halves, strict=True)) / sum(counts)
by_samples = sum(halves) / 2
print(f"whole {whole:.6f}   by tokens {by_tokens:.6f}   by samples {by_samples:.6f}")
assert abs(by_tokens - whole) < 1e-14 < abs(by_samples - whole)

# %%
# Sharded
# -------
# Workers each take a shard, and an all-reduce puts the gradients together. torch's DistributedDataParallel divides the
# sum by the number of workers: right where shards are equal, the mean of means where they are not. 30 samples on 4
# workers are 8, 8, 7 and 7.

print("shards", [s.stop - s.start for s in parts(30, 4)])
shared = DataParallel(net, 4).loss_and_grads(params, x, y)[1]


class MeanOfMeans(DataParallel):
    """Divide by the number of workers, whatever their shards."""

    def share(self, rank, shards, meeting, params, x, y):
        loss, grads = self.net.loss_and_grads(params, x[shards[rank]], y[shards[rank]])
        return loss / self.workers, {name: g / self.workers for name, g in grads.items()}


averaged = MeanOfMeans(net, 4).loss_and_grads(params, x, y)[1]
print(f"all-reduce of shares w_i dL_i   {apart(shared):.0e}")
print(f"mean of the workers' means      {apart(averaged):.1%}")
assert apart(shared) < 1e-13 and apart(averaged) > 1e-3

# %%
# A batch norm has no denominator that helps
# ------------------------------------------
# It normalises with the mean and the variance of the batch it sees. A shard has others: no weights make the whole of
# the parts. Workers have to add up the statistics too ("synchronised" batch norm); accumulation cannot.

cnn = manual.CNN(image=(1, 8, 8), channels=(2,), classes=5)
start = cnn.init(rng)
images, classes = rng.normal(size=(16, 64)), rng.integers(0, 5, 16)
one = cnn.loss_and_grads(start, images, classes)[1]
synchronised = DataParallel(cnn, 2).loss_and_grads(start, images, classes)[1]
own = Accumulated(cnn, (8, 8), (0.5, 0.5)).loss_and_grads(start, images, classes)[1]
print(f"statistics of all workers   {apart(synchronised, one):.0e}")
print(f"each its own                {apart(own, one):.0%}")
assert apart(synchronised, one) < 1e-12 and apart(own, one) > 0.005

# %%
# All at once
# -----------
# ``threeways executions`` does this for a network of yours: every execution against the float64 run of the same code,
# in rounding units, and the mistake named.

labels_, values = zip(
    ("eager", apart(eager)),
    ("compiled", apart(compiled)),
    ("accumulated, n_i/N", apart(right)),
    ("accumulated, 1/3", apart(means)),
    ("sharded, n_i/N", apart(shared)),
    ("sharded, 1/4", apart(averaged)),
    ("batch norm, synchronised", apart(synchronised, one)),
    ("batch norm, own", apart(own, one)),
    strict=True,
)
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
colours = ["C3" if v > 1e-9 else "C0" for v in values]
axes.barh(labels_, [max(v, 1e-17) for v in values], color=colours)
axes.set(
    xscale="log", xlabel="largest difference from the gradient of the whole batch, relative", xlim=(1e-17, 10)
)
axes.invert_yaxis()
plt.show()

# %%
# What held
# ---------
# The prediction: executions differ by 1e-16 or so. Parts put together by anything but their share of the denominator
# differ by a per cent and more, and so does a batch norm that sees a part. The loss goes down in either case.
