"""
Curvature, and the largest rate
===============================

Along an eigenvector of the Hessian with eigenvalue :math:`\\lambda`, a step of gradient descent multiplies the
distance to the minimum by :math:`1 - \\eta\\lambda`. Beyond :math:`\\eta = 2/\\lambda` it grows. **How large a rate
does a network allow, and what becomes of that bound while it trains?**

Prediction: the largest eigenvalue, the sharpness, says at which rate the first steps go up. It can be had without the
Hessian, from products with it.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from manual import MLP

images, labels = load_digits(return_X_y=True)
x = images[:200] / 16
x -= x.mean(axis=0)
y = np.eye(10)[labels[:200]]
net = MLP((64, 20, 20, 10), ("tanh", "tanh", "identity"), "quadratic")
start = net.init(np.random.default_rng(0))
print(f"{sum(p.size for p in start.values())} parameters: the Hessian has that number squared entries")

# %%
# A product with the Hessian
# --------------------------
# The Hessian times a vector v is the derivative of the gradient along v. `hessian_vector` computes it by hand, with
# each rule of backpropagation differentiated once more. A difference quotient of the gradient must agree, as far as it
# can.


def moved(params, v, h):
    """Return the parameters a step h along v."""
    return {name: p + h * v[name] for name, p in params.items()}


def inner(a, b):
    """Return the inner product of two directions."""
    return float(sum((a[name] * b[name]).sum() for name in a))


rng = np.random.default_rng(1)
v = {name: rng.standard_normal(p.shape) for name, p in start.items()}
product, h = net.hessian_vector(start, x, y, v), 1e-5
up, down = (net.loss_and_grads(moved(start, v, step), x, y)[1] for step in (h, -h))
quotient = {name: (up[name] - down[name]) / (2 * h) for name in up}
off = moved(quotient, product, -1.0)
error = np.sqrt(inner(off, off) / inner(product, product))
print(f"difference quotient of the gradient: off by a relative {error:.0e}")
assert error < 1e-7

# %%
# The largest eigenvalue
# ----------------------
# Power iteration multiplies a vector by the Hessian again and again. The component along the eigenvector with the
# largest eigenvalue grows fastest. A small network's eigenvalues can also be computed from the whole Hessian, column by
# column.


def sharpness(net, params, x, y, v, rounds):
    """Return the largest eigenvalue by power iteration from v, and the vector it has come to."""
    for _ in range(rounds):
        v = {name: a / np.sqrt(inner(v, v)) for name, a in v.items()}
        product = net.hessian_vector(params, x, y, v)
        largest, v = inner(v, product), product
    return largest, v


small = MLP((64, 3, 10), ("tanh", "identity"), "quadratic")
at = small.init(rng)
columns = []
for name, p in at.items():
    for k in range(p.size):
        unit = {n: np.zeros_like(q) for n, q in at.items()}
        unit[name].flat[k] = 1
        column = small.hessian_vector(at, x, y, unit)
        columns.append(np.concatenate([column[n].ravel() for n in at]))
hessian = np.array(columns)
exact = np.linalg.eigvalsh(hessian)
found, _ = sharpness(small, at, x, y, {n: rng.standard_normal(p.shape) for n, p in at.items()}, 200)
print(f"largest of {len(exact)} eigenvalues {exact[-1]:.6f}; by 200 products {found:.6f}")
assert np.abs(hessian - hessian.T).max() < 1e-14
assert abs(found - exact[-1]) < 1e-3 * exact[-1]

# %%
# The first steps
# ---------------
# A rate below 2 / sharpness takes the loss down. One beyond it takes the component along the top eigenvector up.

largest, top = sharpness(net, start, x, y, v, 50)
bound = 2 / largest
print(f"sharpness at the start {largest:.3f}: rates up to {bound:.3f}")


def descend(rate, steps, every=20):
    """Train; return the loss of every step, and [(step, sharpness), ...]."""
    params, vector, losses, sharp = start, top, [], []
    for step in range(steps):
        if step % every == 0:
            value, vector = sharpness(net, params, x, y, vector, 4)
            sharp.append((step, value))
        loss, grads = net.loss_and_grads(params, x, y)
        losses.append(float(loss))
        params = moved(params, grads, -rate)
    return np.array(losses), np.array(sharp)


below, _ = descend(0.5 * bound, 20)
beyond, _ = descend(4 * bound, 20)
print(
    f"20 steps at half the bound: {below[0]:.3f} to {below[-1]:.3f}; at four times it: up to {beyond.max():.3g}"
)
assert (np.diff(below) < 0).all()
assert beyond.max() > 10 * beyond[0]

# %%
# The edge
# --------
# A thousand steps later the bound is elsewhere. At each of these rates the network trains, and its sharpness
# grows.

rates = (0.1, 0.2, 0.3)
runs = {rate: descend(rate, 3000) for rate in rates}
for rate, (losses, sharp) in runs.items():
    ups = int((np.diff(losses) > 0).sum())
    print(
        f"rate {rate}: loss {losses[-1]:.4f}, rate x sharpness from {rate * sharp[:, 1].min():.2f} to "
        f"{rate * sharp[-1, 1]:.2f}; the loss went up in {ups} steps"
    )
late = rates[-1] * runs[rates[-1]][1][-40:, 1]
print(f"rate {rates[-1]}, last 800 steps: rate x sharpness {late.min():.2f} to {late.max():.2f}")
assert (np.abs(late - 2) < 0.4).all(), "it stays at 2 / rate"
assert runs[0.1][1][-1, 1] * 0.1 < 1, "a small rate has not come there yet"
assert (np.diff(runs[0.1][0]) < 0).all()
assert (np.diff(runs[0.3][0]) > 0).sum() > 10 and runs[0.3][0][-1] < runs[0.3][0][1000]

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for rate, (losses, sharp) in runs.items():
    left.semilogy(losses, label=f"rate {rate}")
    (line,) = right.plot(*sharp.T, label=f"rate {rate}")
    right.axhline(2 / rate, color=line.get_color(), ls=":", lw=1)
left.set(title="the loss", xlabel="step")
right.set(title="sharpness; dotted: 2 / rate", xlabel="step", ylim=(0, 21))
left.legend()
right.legend()

# %%
# Training makes the surface sharper until the sharpness is 2 / rate, and keeps it there (Cohen et al. 2021, "Gradient
# descent on neural networks typically occurs at the edge of stability"). There the loss goes up in some steps and still
# falls over many. The bound of the start says only which rates fail at once: the rate chooses the sharpness at the end.
