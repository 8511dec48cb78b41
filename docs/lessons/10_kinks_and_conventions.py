"""
Kinks and conventions
=====================

A function has no derivative at a kink, but every framework returns one. **Which one?** And how does a checker treat two
correct programs that differ?

Prediction: the frameworks agree on relu, the most common of these functions, and on little else.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import torch

from manual import MLP
from manual.activations import sigmoid_derivative, tanh_derivative
from threeways import check_gradients

rng = np.random.default_rng(0)

# %%
# Eight kinks, two frameworks
# ---------------------------
# Evaluate the derivative that each installed framework returns exactly at the kink.

KINKS = {
    "relu at 0": (torch.relu, jax.nn.relu, 0.0),
    "relu6 at 0": (torch.nn.functional.relu6, jax.nn.relu6, 0.0),
    "maximum(x, 0) at 0": (lambda v: torch.maximum(v, torch.zeros(())), lambda v: jnp.maximum(v, 0.0), 0.0),
    "where(x >= 0, x, 0) at 0": (
        lambda v: torch.where(v >= 0, v, 0.0),
        lambda v: jnp.where(v >= 0, v, 0.0),
        0.0,
    ),
    "clip(x, -1, 1) at 1": (lambda v: torch.clamp(v, -1, 1), lambda v: jnp.clip(v, -1, 1), 1.0),
    "abs at 0": (torch.abs, jnp.abs, 0.0),
    "leaky_relu, slope 0.1, at 0": (
        lambda v: torch.nn.functional.leaky_relu(v, 0.1),
        lambda v: jax.nn.leaky_relu(v, 0.1),
        0.0,
    ),
    "hardtanh at 1": (torch.nn.functional.hardtanh, jax.nn.hard_tanh, 1.0),
    "norm of (0, 0)": (
        lambda v: torch.linalg.norm(torch.stack([v, v])),
        lambda v: jnp.linalg.norm(jnp.stack([v, v])),
        0.0,
    ),
}


def torch_slope(f, at):
    v = torch.tensor(at, requires_grad=True)
    return torch.autograd.grad(f(v), v)[0].item()


def jax_slope(f, at):
    return float(jax.grad(f)(jnp.float32(at)))


measured = {name: (torch_slope(t, at), jax_slope(j, at)) for name, (t, j, at) in KINKS.items()}
print(f"{'derivative at the kink':30}{'torch':>8}{'jax':>8}")
for name, (t, j) in measured.items():
    print(f"{name:30}{t:8.2g}{j:8.2g}{'' if t == j else '   differ'}")
assert measured["relu at 0"] == (0.0, 0.0)
differ = [name for name, (t, j) in measured.items() if t != j]
assert "abs at 0" in differ and "hardtanh at 1" in differ
for name, pair in measured.items():
    if name != "norm of (0, 0)":
        assert all(0 <= value <= 1 for value in pair), "between the slopes of the two sides: a subgradient"

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
places = np.arange(len(measured))
for k, who in enumerate(("torch", "jax")):
    values = [pair[k] for pair in measured.values()]
    axes.barh(places + 0.2 - 0.4 * k, np.nan_to_num(values) + 0.005, 0.38, label=who)
    for place, value in zip(places, values, strict=True):
        if np.isnan(value):
            axes.text(0.01, place + 0.2 - 0.4 * k, "nan", va="center")
axes.set_yticks(places, measured)
axes.invert_yaxis()
axes.set(xlabel="derivative returned at the kink")
axes.legend()

# %%
# What the checker reports
# ------------------------
# One sample of this relu network is exactly at the kink. The frameworks take the slope 0 there. This backward pass uses
# ``z >= 0`` and takes 1. Both are subgradients, so neither is wrong.


def backward(params, x, y):
    """Return loss and gradients of a 2-3-1 relu network with quadratic cost; the slope at the kink is 1."""
    z1 = x @ params["W1"].T + params["b1"]
    a1 = np.maximum(z1, 0)
    a2 = a1 @ params["W2"].T + params["b2"]
    delta2 = (a2 - y) / len(x)
    delta1 = (delta2 @ params["W2"]) * (z1 >= 0)
    loss = 0.5 * ((a2 - y) ** 2).sum() / len(x)
    return loss, {"W1": delta1.T @ x, "b1": delta1.sum(0), "W2": delta2.T @ a1, "b2": delta2.sum(0)}


net = MLP((2, 3, 1), ("relu", "identity"), "quadratic")
params = {"W1": np.eye(3, 2), "b1": np.array([0.0, -0.5, 0.5])}
params |= {"W2": np.array([[1.0, -2.0, 0.5]]), "b2": np.array([0.1])}
x = np.array([[0.0, 1.0], [0.7, -0.3], [1.2, 0.4]])  # the first sample: z = (0, 0.5, 0.5)
y = np.array([[1.0], [0.0], [2.0]])
report = check_gradients(backward, params, x, y, network=net)
print(report)
assert report.ok and report["W1"].status == "kink" and report.exit_code == 0

# %%
# Where the manual derivative is right and both frameworks are wrong
# ------------------------------------------------------------------
# A derivative computed from the output cancels where the unit is saturated: 1 - a\ :sup:`2` is 0 once a rounds to 1.
# ``manual/activations.py`` uses a formula that does not cancel.

z = np.float32(20)
exact = np.exp(-20.0) / (1 + np.exp(-20.0)) ** 2
rows = {
    "manual": float(sigmoid_derivative(np.array([z]))[0]),
    "torch": torch_slope(torch.sigmoid, float(z)),
    "jax": jax_slope(jax.nn.sigmoid, z),
}
print("sigmoid'(20) in float32:", rows, "true:", exact)
assert abs(rows["manual"] / exact - 1) < 1e-5 and rows["torch"] == 0
exact = 4 * np.exp(-16.0) / (1 + np.exp(-16.0)) ** 2
rows = {
    "manual": float(tanh_derivative(np.array([np.float32(8)]))[0]),
    "torch": torch_slope(torch.tanh, 8.0),
    "jax": jax_slope(jnp.tanh, 8.0),
}
print("tanh'(8) in float32:", rows, "true:", exact)
assert abs(rows["manual"] / exact - 1) < 1e-5 and abs(rows["jax"] / exact - 1) > 0.01

# %%
# Conventions
# -----------
# Two correct programs may use different definitions. A loss summed over the batch is N times the mean, and so are its
# gradients. The checker finds this factor in the loss *and* in the gradient and reports a convention.

net = MLP((3, 4, 2), ("tanh", "identity"), "quadratic")
params = {name: p + 0.2 * rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))


def summed(params, x, y):
    """Return loss and gradients of the same network, summed over the batch."""
    loss, grads = net.loss_and_grads(params, x, y)
    return len(x) * loss, {name: len(x) * g for name, g in grads.items()}


report = check_gradients(summed, params, x, y, network=net)
print(report)
assert report.ok and report.loss.status == "convention"

# %%
# Defaults differ too. torch's gelu is exact, jax's is the tanh approximation. torch's std divides by n - 1, jax's by n.

v = rng.standard_normal(5).astype("float32")
gelu = np.abs(torch.nn.functional.gelu(torch.from_numpy(v)).numpy() - np.array(jax.nn.gelu(v))).max()
std = torch.from_numpy(v).std().item() / float(jnp.std(v))
print(f"gelu: differences up to {gelu:.0e}; std: a ratio of {std:.4f}, sqrt(5/4) is {np.sqrt(5 / 4):.4f}")
assert gelu > 1e-5 and np.isclose(std, np.sqrt(5 / 4), rtol=1e-5)

# %%
# A difference between two frameworks is no mistake in a derivation. At a kink the verdict reports the slope that each
# one chose, and passes.
