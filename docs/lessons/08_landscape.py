"""
The landscape of two weights
============================

The smallest deep network has two weights: :math:`y = \\sigma(w_2 \\sigma(w_1 x))`. According to line E13, its learning
problem is not convex. **What does that mean for gradient descent?**

Prediction: the surface curves down in one direction at some points and is nearly flat at others. The start of gradient
descent decides where it ends.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import jax_ref
from manual import MLP
from threeways import check_gradients

fields = {"sizes": (1, 1, 1), "activations": ("sigmoid", "sigmoid"), "criterion": "quadratic"}
by_hand, by_jax = MLP(**fields), jax_ref.MLP(**fields)
x = np.linspace(-3, 3, 9)[:, None]


def at(w1, w2):
    """Return the network's parameters at two weights; the biases are 0."""
    return {"W1": np.array([[w1]]), "b1": np.zeros(1), "W2": np.array([[w2]]), "b2": np.zeros(1)}


y = by_hand.forward(at(2.0, -3.0), x)  # the targets: the weights (2, -3) reach loss 0
report = check_gradients(by_hand, at(0.5, 0.5), x, y, network=by_hand)
print(report)
assert report.ok

# %%
# Curvature
# ---------
# On a convex surface the Hessian has no negative eigenvalue anywhere. jax computes the second derivatives.


def loss(w):
    """Return the loss at w = (w1, w2), computed by jax."""
    params = {"W1": w[0].reshape(1, 1), "b1": jnp.zeros(1), "W2": w[1].reshape(1, 1), "b2": jnp.zeros(1)}
    return by_jax.loss(params, jnp.array(x), jnp.array(y))


side = np.linspace(-8, 8, 81)
grid = np.stack(np.meshgrid(side, side), axis=-1)
with jax.enable_x64(True):
    points = jnp.array(grid.reshape(-1, 2))
    height = np.array(jax.vmap(loss)(points)).reshape(81, 81)
    slope = np.array(jax.vmap(jax.grad(loss))(points)).reshape(81, 81, 2)
    hessian = np.array(jax.vmap(jax.hessian(loss))(points))
lowest = np.linalg.eigvalsh(hessian)[:, 0].reshape(81, 81)
print(
    f"{100 * (lowest < 0).mean():.0f} % of the square has a negative eigenvalue; the lowest is {lowest.min():.4f}"
)
assert (lowest < -1e-3).mean() > 0.05

# %%
# Take two points and their midpoint. On a convex surface the loss at the midpoint is at most the mean of the loss at
# the two points.

pairs = np.random.default_rng(0).uniform(-8, 8, (2000, 2, 2))
with jax.enable_x64(True):
    heights = jax.jit(jax.vmap(loss))
    ends = np.array(heights(jnp.array(pairs.reshape(-1, 2)))).reshape(-1, 2).mean(axis=1)
    middles = np.array(heights(jnp.array(pairs.mean(axis=1))))
above = middles > ends
print(f"{above.sum()} of {len(pairs)} midpoints lie above the mean of their two points")
assert above.sum() > 100

# %%
# Gradient descent
# ----------------


def descend(w1, w2, rate=1.0, steps=2000):
    """Return the path of gradient descent with the hand-written gradient, (steps + 1, 2)."""
    path = [(w1, w2)]
    for _ in range(steps):
        grads = by_hand.loss_and_grads(at(*path[-1]), x, y)[1]
        path.append((path[-1][0] - rate * grads["W1"][0, 0], path[-1][1] - rate * grads["W2"][0, 0]))
    return np.array(path)


starts = ((1.0, 2.0), (5.0, 1.0), (-1.0, -1.0), (-6.0, 2.0))
paths = {start: descend(*start) for start in starts}
final = {start: float(by_hand.loss(at(*path[-1]), x, y)) for start, path in paths.items()}
for start, end in final.items():
    print(
        f"from {start}: loss {float(by_hand.loss(at(*start), x, y)):.5f} to {end:.5f}, at {paths[start][-1].round(2)}"
    )
steepest, flattest = (float(f(np.linalg.norm(slope, axis=-1))) for f in (np.max, np.min))
print(f"the norm of the gradient: {flattest:.0e} to {steepest:.0e}")
assert final[1.0, 2.0] < 1e-4 < 1e-2 < final[-6.0, 2.0]
assert flattest < 1e-6 < 1e-2 < steepest

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
filled = left.contourf(side, side, height, 30, cmap="viridis")
figure.colorbar(filled, ax=left)
for start, path in paths.items():
    left.plot(*path.T, color="white", lw=1.5)
    left.plot(*start, "o", color="white")
    left.plot(*path[-1], "X", color="#e04f39", ms=9)
left.set(title="the loss, and four paths of gradient descent", xlabel="w1", ylabel="w2")
reach = float(np.abs(lowest).max())
curved = right.imshow(lowest, extent=(-8, 8, -8, 8), origin="lower", cmap="RdBu", vmin=-reach, vmax=reach)
figure.colorbar(curved, ax=right)
right.contour(side, side, lowest, levels=[0], colors="black", linewidths=1)
right.set(title="lowest eigenvalue of the Hessian: negative is red", xlabel="w1", ylabel="w2")

# %%
# From two starts the path reaches the minimum. From one it approaches the minimum slowly through a flat valley. From
# one it stays on the far side of a ridge. On the plains the first sigmoid is saturated. The gradient there is smaller
# than the rounding of float32, and no rate is large enough. The gradient itself is right: the checker agreed above.
