"""
Text E, line by line: differentiation and graphs
================================================

E8 to E15 treat numerical, symbolic and automatic differentiation, graphs, and the difficulties of learning. **Which of
these claims can be measured, and which of those hold?** Lessons 4 to 8 examine each of them further.

Prediction: most claims hold; "its memory use is small" does not.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import sympy
import torch

from claims import Claims
from compare.networks import data
from compare.timing.limits.observation import everything
from manual import MLP
from manual.optimizers import SGD
from manual.steps import eager

claims = Claims("03f_text_e_differentiation.py")
rng = np.random.default_rng(0)

# %%
# E8: numerical differentiation
# -----------------------------

net = MLP((4, 6, 3), ("tanh", "softmax"), "cross_entropy")
params = {name: p + rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
x, y = rng.standard_normal((8, 4)), rng.integers(0, 3, 8)
right = net.loss_and_grads(params, x, y)[1]["W1"][0, 0]


def loss_at(h):
    """Return the loss with one weight perturbed by h."""
    return net.loss({**params, "W1": params["W1"] + h * np.eye(6, 4) * (np.arange(6) == 0)[:, None]}, x, y)


h = 10.0 ** np.arange(-13, 0.1, 0.5)
error = {
    "forward": [abs((loss_at(s) - loss_at(0)) / s - right) for s in h],
    "central": [abs((loss_at(s) - loss_at(-s)) / (2 * s) - right) for s in h],
}
best = {name: float(h[int(np.argmin(e))]) for name, e in error.items()}
order = {
    name: np.polyfit(np.log(h[(h > 1e-3) & (h < 0.1)]), np.log(np.array(e)[(h > 1e-3) & (h < 0.1)]), 1)[0]
    for name, e in error.items()
}
print(
    "order of the truncation error:", {name: round(float(o), 2) for name, o in order.items()}, "best h:", best
)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for name, e in error.items():
    axes.loglog(h, np.array(e) / abs(right), "o-", label=name)
axes.set(xlabel="step", ylabel="relative error")
axes.legend()
assert abs(order["forward"] - 1) < 0.1 and abs(order["central"] - 2) < 0.1
assert min(error["central"]) < min(error["forward"]) and error["central"][0] > 100 * min(error["central"])
work = {}
for width in (30, 60, 120):
    size = sum(p.size for p in MLP((width, width, 10)).init(rng).values())
    work[size] = (size + 1) * size  # N + 1 losses, each at least one multiplication per parameter
power = np.polyfit(np.log(list(work)), np.log(list(work.values())), 1)[0]
claims.judge(
    "E8",
    "forward and central differences; too small a step rounds, too large a one truncates; N parameters cost O(N^2)",
    "holds",
    f"truncation of order {order['forward']:.2f} and {order['central']:.2f}; best h {best['forward']:.0e} and "
    f"{best['central']:.0e}; N + 1 losses of N multiplications each: N^{power:.2f}",
)

# %%
# E9: symbolic differentiation
# ----------------------------
# sympy differentiates a loop of n sigmoids as an expression. The derivative is complete before anything has run.

w, s = sympy.symbols("w s")
sizes, expression = {}, s
for n in range(1, 13):
    expression = 1 / (1 + sympy.exp(-w * expression))
    derivative = sympy.diff(expression, w)
    sizes[n] = int(sympy.count_ops(expression)), int(sympy.count_ops(derivative))
print("n: operations of the loop, of its derivative", {n: sizes[n] for n in (1, 2, 4, 8, 12)})
values = [
    float(sympy.lambdify((w, s), derivative, module)(0.7, 0.3)) for module in ("math", "numpy", "mpmath")
]
assert np.ptp(values) < 1e-15 and sizes[12][1] > 15 * sizes[12][0]
claims.judge(
    "E9",
    "symbolic: done before running, optimisable, platform-free; slow to compile, above all for loops; hard to debug",
    "holds",
    f"one derivative runs on 3 platforms (differences up to {np.ptp(values):.0e}); a loop of 12 has {sizes[12][0]} "
    f"operations, its derivative {sizes[12][1]}, so the work to compile grows faster than the loop. Debugging was not "
    f"measured",
)

# %%
# E10: automatic differentiation
# ------------------------------
# Differentiate the text's own function in both modes. Then measure how the memory of reverse mode grows with the depth.


def f(w, x, b):
    return 1 / (jnp.exp(-(w * x + b)) + 1)


with jax.enable_x64(True):
    at = (0.7, 1.3, -0.2)
    forward, reverse = float(jax.jacfwd(f)(*at)), float(jax.grad(f)(*at))
paper = float(f(*at) * (1 - f(*at)) * at[1])
assert np.isclose(forward, paper) and np.isclose(reverse, paper)


def kept(depth, n=1000):
    """Return the bytes that reverse mode keeps for a function from R^n to R made of `depth` sines."""
    sizes = {}

    def pack(tensor):
        sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    v = torch.ones(n, dtype=torch.float64, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        u = v
        for _ in range(depth):
            u = torch.sin(u)
        u.sum()
    return sum(sizes.values())


memory = {depth: kept(depth) for depth in (1, 10, 100)}
print("depth: bytes kept for the backward pass", memory)
assert memory[100] >= 90 * memory[1]
claims.judge(
    "E10",
    "forward mode with the computation, reverse mode against it; more inputs than outputs: reverse, one pass, and its "
    "memory use is small",
    "in part",
    f"both modes give {paper:.6f}; reverse mode needs one pass for 1,000 inputs, but keeps {memory[1]:,} bytes at "
    f"depth 1 and {memory[100]:,} at depth 100",
    "reverse mode's memory grows with the depth, forward mode's does not; checkpointing trades memory for time",
)

# %%
# E11: static and dynamic graphs
# ------------------------------
# ``threeways graph --limits`` tests the sentences by experiment. Lesson 5 takes them one by one.

limits = everything()
holds = sum(sentence["holds_for"] != "TF1" for sentence in limits.sentences)
as_said = sum(o.as_said for o in limits.observations)
assert as_said == len(limits.observations)
claims.judge(
    "E11",
    "static graphs: built at compile time, fixed, optimisable, parallel, inflexible; dynamic: the reverse",
    "in part",
    f"{holds} of {len(limits.sentences)} sentences hold for today's jit and eager, as {as_said} experiments show",
    "TensorFlow 1 was inflexible; jit retraces for new shapes, and its graphs contain cond, while_loop and scan",
)

# %%
# E12: when does differentiation happen?
# --------------------------------------
# The function has its own backward rule, which counts how often Python runs the rule.

met = []


@jax.custom_vjp
def square(v):
    return v * v


square.defvjp(lambda v: (v * v, v), lambda v, g: (met.append(type(v).__name__) or 2 * v * g,))
slope = jax.jit(jax.grad(square))
slopes = [float(slope(jnp.float32(v))) for v in (1.0, 2.0, 3.0)]
assert slopes == [2.0, 4.0, 6.0] and len(met) == 1
claims.judge(
    "E12",
    "both use the graph and the chain rule; symbolic at compile time on expressions, automatic at run time on values",
    "in part",
    f"under jax.jit {len(slopes)} derivatives are computed, and Python runs the backward rule {len(met)} time, with a "
    f"{met[0].replace('Dynamic', '')} instead of a value",
    "automatic differentiation builds a program about as large as the function's; eager does so as the function runs, "
    "jit beforehand",
)

# %%
# E13: is it convex?
# ------------------


def sigmoid(z):
    return 1 / (1 + jnp.exp(-z))


with jax.enable_x64(True):
    hessian = jax.jit(jax.hessian(lambda v: sigmoid(v[1] * sigmoid(v[0] * 1.0))))
    curvature = [np.linalg.eigvalsh(hessian(jnp.array(v))) for v in rng.uniform(-4, 4, (200, 2))]
low, high = float(np.min(curvature)), float(np.max(curvature))
assert low < -0.01 and high > 0.01
claims.judge(
    "E13",
    "the learning problem is non-convex: y = sigma(w2 sigma(w1 x))",
    "holds",
    f"at 200 points the Hessian's eigenvalues range from {low:.3f} to {high:.3f}: neither convex nor concave",
)

# %%
# E14: vanishing gradients
# ------------------------
# In a network of ten layers of 30, measure the mean factor by which the norm of delta changes from a layer to the one
# below it.


def factor(activation, scheme):
    net, per_layer = MLP((30,) * 11, (activation,) * 9 + ("identity",), "quadratic"), []
    for seed in range(5):
        draws = np.random.default_rng(seed)
        p = net.init(draws, scheme=scheme)
        deltas = net.deltas(p, draws.standard_normal((32, 30)), draws.standard_normal((32, 30)))
        per_layer.append(np.linalg.norm(deltas["delta1"]) / np.linalg.norm(deltas["delta9"]))
    return float(np.mean(per_layer) ** (1 / 8))


factors = {key: factor(*key) for key in (("sigmoid", "xavier"), ("relu", "he"), ("tanh", "normal"))}
print({" ".join(key): round(value, 2) for key, value in factors.items()})
shrinks, kept_up, explodes = factors.values()
assert shrinks < 0.3 and 0.8 < kept_up < 1.25 and explodes > 1.4
claims.judge(
    "E14",
    "S-shaped activations have derivatives <= 1, so delta decays layer by layer; ReLU helps",
    "in part",
    f"each layer multiplies delta by {shrinks:.2f} (sigmoid, Xavier), {kept_up:.2f} (relu, He), {explodes:.2f} (tanh, "
    f"weights of variance 1)",
    "the factor is f' times the weights, so delta can vanish or explode; initialisation keeps the factor near 1",
)

# %%
# E15: images
# -----------

digits = data.load("digits")
net, optimizer = MLP((64, 30, 10), ("relu", "softmax"), "cross_entropy"), SGD(0.5)
params, step = net.init(rng), eager(net, optimizer)
state = optimizer.init(params)
for _ in range(15):
    order = rng.permutation(1437)
    for rows in np.split(order[:1408], 44):
        params, state, _ = step(params, state, digits.x_train[rows], digits.y_train[rows])


def accuracy(images):
    return float((net.forward(params, images.reshape(-1, 64)).argmax(axis=1) == digits.y_test).mean())


images = digits.x_test.reshape(-1, 8, 8)
shifted = np.pad(images, ((0, 0), (0, 0), (1, 0)))[:, :, :8]
straight, moved = accuracy(images), accuracy(shifted)
weights = MLP((100 * 100 * 3, 1), ("sigmoid",), "quadratic").init(rng)["W1"].size
assert weights == 30000 and straight > 0.9 and moved < straight - 0.2
claims.judge(
    "E15",
    "a 100 x 100 x 3 image gives each first-layer unit 30000 weights; no local invariance (scale, shift, rotation)",
    "holds",
    f"{weights} weights; a shift of the digits by one pixel to the right lowers the accuracy from "
    f"{100 * straight:.0f} % to {100 * moved:.0f} %. A CNN is built for shifts, not for scale or rotation",
)

# %%
# The verdicts
# ------------

claims
