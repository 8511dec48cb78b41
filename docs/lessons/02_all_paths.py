"""
All paths
=========

Text A (Nielsen's chapter 2 retold) writes a gradient as a sum over *all paths* from the weight to the cost. Each edge
contributes a rate, each path the product of its edges. Backpropagation "is a way of" computing this sum. **Do both
give the same number, and if so, why not sum over paths?**

Prediction: both give the same number up to rounding. Each further layer multiplies the cost of the sum by the width
and adds a constant to the cost of backpropagation.
"""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np

from claims import Claims
from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA
from threeways import check_gradients

claims = Claims("02_all_paths.py")
rng = np.random.default_rng(0)

# %%
# The text's network
# ------------------
# The text counts the input as a layer: 5 inputs, 4 hidden units, 3 outputs, quadratic cost. Its :math:`w^2_{jk}`
# leads from layer 1, the input, to layer 2. Here it is ``W1[j, k]``.

net = MLP((5, 4, 3), ("sigmoid", "sigmoid"), "quadratic")
params = {name: p + 0.3 * rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
x, y = rng.standard_normal((1, 5)), rng.random((1, 3))
loss, grads = net.loss_and_grads(params, x, y)

report = check_gradients(net, params, x, y, network=net)
print(report)
assert report.ok

j, k, dw = 3, 2, 1e-6
moved = {**params, "W1": params["W1"].copy()}
moved["W1"][j, k] += dw


def hidden_inputs(p):
    """Return z of the first hidden layer."""
    return x[0] @ p["W1"].T + p["b1"]


changed = hidden_inputs(moved) - hidden_inputs(params)
assert np.flatnonzero(changed).tolist() == [j] and np.isclose(changed[j], x[0, k] * dw)
claims.judge(
    "A1",
    "three layers; w^l_jk connects unit k of layer l-1 to unit j of layer l; quadratic cost",
    "holds",
    f"perturbing w_jk, j={j}, k={k}, by {dw:g} changes z_j alone, by x_k dw to within "
    f"{abs(changed[j] / (x[0, k] * dw) - 1):.0e}; all {len(report.verdicts)} arrays are the gradient",
)

# %%
# First order: how small must dw be?
# ----------------------------------
# The text replaces dC by the gradient times dw. The remainder must shrink as the square of dw: slope 2 in the figure.

steps = 10.0 ** np.arange(-4, 1.1, 0.5)
left_out = []
for step in steps:
    moved["W1"][j, k] = params["W1"][j, k] + step
    left_out.append(abs(net.loss(moved, x, y) - loss - grads["W1"][j, k] * step))
small = steps < 0.05
rate = np.polyfit(np.log(steps[small]), np.log(np.array(left_out)[small]), 1)[0]
at_one = left_out[int(np.argmin(abs(steps - 1)))] / abs(grads["W1"][j, k])
print(f"the remainder shrinks as dw to the power {rate:.3f}")
assert abs(rate - 2) < 0.05

figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
axes.loglog(steps, left_out, "o-", label="|dC - dC/dw dw|")
axes.loglog(steps, left_out[0] * (steps / steps[0]) ** 2, "--", label="slope 2")
axes.set(xlabel="dw", title="The remainder of the first order")
axes.legend()
claims.judge(
    "A2",
    "dC ~ (dC/dw) dw for a small dw",
    "holds",
    f"the remainder shrinks as dw^{rate:.3f}; at dw = 1 it is {100 * at_one:.0f} % of the first-order term",
)

# %%
# One path, and all of them
# -------------------------
# The rate of an edge is :math:`\partial a_j / \partial a_k = f'(z_j) W_{jk}`. A path ends with the derivative of the
# cost and starts with :math:`f'(z_j) x_k`.


def local_rates(net, params, x, y):
    """Return (dC/da^L, [matrix of edge rates from layer l-1 to l, l = 2 .. L], f'(z^1)) for one sample."""
    a, edges = x, []
    for l in range(1, net.depth + 1):
        f = ACTIVATIONS[net.activations[l - 1]]
        z = a @ params[f"W{l}"].T + params[f"b{l}"]
        a, slope = f(z), f.derivative(z)[0]
        if l == 1:
            first = slope
        else:
            edges.append(slope[:, None] * params[f"W{l}"])
    return CRITERIA[net.criterion].derivative(a, y)[0], edges, first


def sum_over_paths(net, params, x, y, j, k):
    """Return (sum, paths, multiplications) over all paths from W1[j, k] to the cost, each multiplied separately."""
    end, edges, first = local_rates(net, params, x, y)
    total = paths = multiplications = 0
    for units in product(*(range(m) for m in net.sizes[2:])):
        rate = first[j] * x[0, k]
        for edge, below, above in zip(edges, (j, *units), units, strict=False):
            rate = rate * edge[above, below]
        total += rate * end[units[-1]]
        paths, multiplications = paths + 1, multiplications + len(edges) + 2
    return total, paths, multiplications


end, (edges,), first = local_rates(net, params, x, y)

# %%
# Line A3 takes the path through :math:`a^2_1` for the weight :math:`w^2_{21}`. But this weight leads to unit 2. The
# last factor, :math:`\partial a^2_1 / \partial w^2_{21}`, is therefore 0, and so is the product.

moved = {**params, "W1": params["W1"].copy()}
moved["W1"][1, 0] += dw
da1_dw21 = first[0] * (hidden_inputs(moved) - hidden_inputs(params))[0] / dw
as_printed = end[2] * edges[2, 0] * da1_dw21
repaired = end[2] * edges[2, 1] * first[1] * x[0, 0]
whole = grads["W1"][1, 0]
print(f"as printed {as_printed}, one path {repaired:.6f}, the gradient {whole:.6f}")
assert as_printed == 0 and abs(repaired - whole) > 0.05 * abs(whole)
claims.judge(
    "A3",
    "dC ~ (dC/da^3_3)(da^3_3/da^2_1)(da^2_1/dw^2_21) dw^2_21",
    "does not hold",
    f"da^2_1/dw^2_21 = 0, so the product is 0, the gradient {whole:.5f}; through a^2_2 it is {repaired:.5f}",
    "w^2_21 leads to unit 2: (dC/da^3_3)(da^3_3/da^2_2)(da^2_2/dw^2_21), one path of three",
)

# %%
# The sum of line A4 runs over m = 1..3 and n = 1..4 and has twelve terms.

da2_dw = np.zeros((4, 4, 5))  # da^2_n / dw^2_jk: 0 unless n = j
for n in range(4):
    da2_dw[n, n] = first[n] * x[0]
terms = np.einsum("m,mn,njk->mnjk", end, edges, da2_dw)
double_sum = terms.sum(axis=(0, 1))
off = np.abs(double_sum - grads["W1"]).max() / np.abs(grads["W1"]).max()
zeros = int((terms[..., j, k] == 0).sum())
assert off < 1e-14 and zeros == 9
claims.judge(
    "A4",
    "dC/dw^2_jk ~ the sum over m = 1..3, n = 1..4 of (dC/da^3_m)(da^3_m/da^2_n)(da^2_n/dw^2_jk)",
    "holds",
    f"an equality, to within {off:.0e}; {zeros} of the 12 terms are 0: those with n other than j",
)

# %%
# Backpropagation is that sum
# ---------------------------
# In deeper networks with 4 units in every layer, compare the sum over paths with backpropagation, and count the
# multiplications of each.

depths, cost_paths, cost_back, worst = range(2, 9), [], [], 0.0
for depth in depths:
    deep = MLP((4,) * (depth + 1), ("tanh",) * depth, "quadratic")
    p = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in deep.init(rng).items()}
    x4, y4 = rng.standard_normal((1, 4)), rng.random((1, 4))
    back = deep.loss_and_grads(p, x4, y4)[1]["W1"]
    total, paths, multiplications = sum_over_paths(deep, p, x4, y4, 1, 2)
    worst = max(worst, abs(total - back[1, 2]) / abs(back).max())
    cost_paths.append(multiplications)
    cost_back.append((depth - 1) * (4 * 4 + 4) + 4 + 1)  # each delta: a 4 x 4 product and f'; then one entry
    print(
        f"depth {depth}: {paths:6} paths, {multiplications:7} multiplications; backpropagation {cost_back[-1]}"
    )
growth = np.array(cost_paths[1:]) / cost_paths[:-1]
assert worst < 1e-12 and (growth > 4).all() and (np.diff(cost_back) == 20).all()

figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
axes.semilogy(depths, cost_paths, "o-", label="sum over paths")
axes.semilogy(depths, cost_back, "s-", label="backpropagation, all of delta")
axes.set(xlabel="layers with weights", ylabel="multiplications", title="One entry of W1's gradient, width 4")
axes.legend()
claims.judge(
    "A5",
    "backpropagation is a way of summing over all paths: an edge a factor, a path a product, the gradient the sum",
    "holds",
    f"up to depth {depths[-1]} they agree to within {worst:.0e}; there one entry takes {cost_paths[-1]:,} "
    f"multiplications as a sum and {cost_back[-1]} by backpropagation",
)

# %%
# All paths above a unit share one factor, the unit's delta. Backpropagation computes it once. This is the distributive
# law, and it turns 4\ :sup:`depth` multiplications into 20 per layer.

claims
