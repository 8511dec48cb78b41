"""
Text E, line by line: networks and gradients
============================================

"Fully connected feedforward networks" (after Qiu's *nndl*) defines the network, its risk and its gradients, E1 to E7.
**Do the shapes of its formulas fit, and do the formulas give the gradient?** The next page tests E8 to E15, on
differentiation and graphs.

Prediction: a printed shape or transpose is wrong somewhere. The recursion itself is right.
"""

from itertools import pairwise

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from claims import Claims
from manual import MLP
from manual.activations import ACTIVATIONS
from threeways import check_gradients

claims = Claims("03e_text_e.py")
rng = np.random.default_rng(0)

# %%
# E1: shapes
# ----------
# The text gives the bias the shape of the weights, M_l x M_{l-1}. Try it with 3 inputs and 4 units, samples as columns:

W, a, b = rng.standard_normal((4, 3)), rng.standard_normal((3, 1)), rng.standard_normal((4, 3))
z = W @ a + b
print(f"W a is {(W @ a).shape}, b {b.shape}, their sum {z.shape}: broadcasting hides the mistake")
assert z.shape == (4, 3)
sizes = (784, 30, 10)
as_printed = 2 * sum(m * n for n, m in pairwise(sizes))
counted = sum(p.size for p in MLP(sizes).init(rng).values())
claims.judge(
    "E1",
    "L layers; W^l and b^l both in R^{M_l x M_{l-1}}; z^l = W^l a^{l-1} + b^l",
    "does not hold",
    f"z has shape {z.shape}, not (4, 1); 784-30-10 has {counted:,} parameters, with the printed b {as_printed:,}",
    "b^l in R^{M_l}",
)

# %%
# E2: universal approximation
# ---------------------------
# The network is a linear output layer over one squashing hidden layer. The hidden weights are random, and least squares
# solves for the output layer. This needs no training, and its squared error bounds the best possible one from above.

t = np.linspace(-1, 1, 400)
target = np.sin(6 * t) + (t > 0.3)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(t, target, "k", lw=3, alpha=0.3, label="target, with a jump")
smooth, errors = np.sin(6 * t), {}
for width in (2, 8, 32):
    hidden = ACTIVATIONS["tanh"](
        np.outer(t, 10 * rng.standard_normal(width)) + 5 * rng.standard_normal(width)
    )
    basis = np.column_stack([hidden, np.ones_like(t)])
    fit, jump = (basis @ np.linalg.lstsq(basis, y, rcond=None)[0] for y in (smooth, target))
    errors[width] = [float(abs(got - want).max()) for got, want in ((fit, smooth), (jump, target))]
    axes.plot(t, jump, label=f"{width} hidden units")
axes.legend()
print("width: (largest error for the smooth target, for the one with a jump)", errors)
assert errors[32][0] < 0.01 < errors[2][0] and errors[32][1] > 0.2
claims.judge(
    "E2",
    "a linear output layer and one hidden layer with a squashing activation approximate any function",
    "holds",
    f"sin 6t: largest error {errors[2][0]:.2f} with 2 units, {errors[32][0]:.0e} with 32. This holds for continuous "
    f"functions on a bounded set; at a jump the error stays {errors[32][1]:.1f}",
)

# %%
# E3: cross-entropy
# -----------------
# ``- y log yhat`` is right for a one-hot y. For one logistic output it ignores every sample with y = 0:

net = MLP((3, 4, 1), ("tanh", "sigmoid"), "binary_cross_entropy")
params = {name: p + rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
x, y = rng.standard_normal((8, 3)), (np.arange(8) % 2)[:, None].astype(float)


def one_term(params, x, y):
    """Return the printed loss and its own gradient, (sigmoid(z) - 1) y / N at the output."""
    a1 = np.tanh(x @ params["W1"].T + params["b1"])
    p = 1 / (1 + np.exp(-(a1 @ params["W2"].T + params["b2"])))
    delta2 = (p - 1) * y / len(x)
    delta1 = (delta2 @ params["W2"]) * (1 - a1**2)
    loss = (-y * np.log(p)).mean()
    return loss, {"W1": delta1.T @ x, "b1": delta1.sum(0), "W2": delta2.T @ a1, "b2": delta2.sum(0)}


alone, meant = check_gradients(one_term, params, x, y), check_gradients(one_term, params, x, y, network=net)
print(alone, meant.loss.reason, sep="\n\n")
assert alone.ok and meant.loss.status == "wrong"
claims.judge(
    "E3",
    "binary: one logistic output; classes: softmax; cross-entropy L = - y log yhat",
    "in part",
    f"for one-hot y it is the criterion; for one output it is not ({meant.loss.reason}): yhat = 0.99 costs 0 where "
    f"y = 0, not {-np.log(0.01):.1f}",
    "binary: - y log yhat - (1 - y) log(1 - yhat)",
)

# %%
# E4: the structured risk
# -----------------------

decayed = MLP((5, 4, 3), ("tanh", "softmax"), "cross_entropy", l2=0.1)
p = {name: a + rng.standard_normal(a.shape) for name, a in decayed.init(rng).items()}
x5, classes = rng.standard_normal((8, 5)), rng.integers(0, 3, 8)
report = check_gradients(decayed, p, x5, classes, network=decayed)
print(report)
plain = MLP((5, 4, 3), ("tanh", "softmax"), "cross_entropy")
added = decayed.loss_and_grads(p, x5, classes)[1]["W1"] - plain.loss_and_grads(p, x5, classes)[1]["W1"]
off = np.abs(added - 0.1 * p["W1"]).max()
assert report.ok and off < 1e-15
claims.judge(
    "E4",
    "R = 1/N sum L + 1/2 lambda ||W||_F^2; W -= alpha (1/N sum dL/dW + lambda W), b without decay",
    "holds",
    f"{len(report.verdicts)} of {len(report.verdicts)} arrays agree; the decay adds lambda W to within {off:.0e}",
)

# %%
# E5: denominator layout
# ----------------------
# Take x in R^M, y in R^K, z in R^N. jax uses numerator layout, (outputs, inputs). The text's matrices are the
# transposes of jax's, so the factors come in the opposite order.

A, B = rng.standard_normal((4, 3)), rng.standard_normal((2, 4))  # M = 3, K = 4, N = 2
with jax.enable_x64(True):
    x0 = jnp.array(rng.standard_normal(3))
    y0 = jnp.tanh(A @ x0)
    dz_dx = np.array(jax.jacobian(lambda x: jnp.sin(B @ jnp.tanh(A @ x)))(x0)).T
    dy_dx = np.array(jax.jacobian(lambda x: jnp.tanh(A @ x))(x0)).T
    dz_dy = np.array(jax.jacobian(lambda y: jnp.sin(B @ y))(y0)).T
off = np.abs(dz_dx - dy_dx @ dz_dy).max()
assert dz_dx.shape == (3, 2) and off < 1e-14
claims.judge(
    "E5",
    "denominator layout: dz/dx = (dy/dx)(dz/dy) in R^{M x N}, the transpose of numerator layout",
    "holds",
    f"(3, 4) times (4, 2) is (3, 2), equal to jax's transposed Jacobian to within {off:.0e}",
)

# %%
# E6 and E7: the recursion
# ------------------------
# The check uses one sample, as a column. The text prints E7 without a transpose: the product of (4, 1) and (3, 1) does
# not exist.

deep = MLP((3, 5, 4, 2), ("tanh", "sigmoid", "identity"), "quadratic")
p = {name: a + 0.5 * rng.standard_normal(a.shape) for name, a in deep.init(rng).items()}
sample, wanted = rng.standard_normal((1, 3)), rng.standard_normal((1, 2))


def recursion(params, x, y):
    """Compute E6, and E7 with its transpose, samples as columns and deltas named as in the text."""
    f = [None, *(ACTIVATIONS[name] for name in deep.activations)]
    a, z = {0: x.T}, {}
    for l in (1, 2, 3):
        z[l] = params[f"W{l}"] @ a[l - 1] + params[f"b{l}"][:, None]
        a[l] = f[l](z[l])
    delta, grads = {3: a[3] - y.T}, {}
    for l in (3, 2, 1):
        if l < 3:
            delta[l] = f[l].derivative(z[l]) * (params[f"W{l + 1}"].T @ delta[l + 1])
        grads |= {f"W{l}": delta[l] @ a[l - 1].T, f"b{l}": delta[l][:, 0]}
    return 0.5 * ((a[3] - y.T) ** 2).sum(), grads


report = check_gradients(recursion, p, sample, wanted, network=deep)
print(report)
assert report.ok
worst = max(v.error for v in report.verdicts)
z3 = rng.standard_normal((1, 3))
with jax.enable_x64(True):
    jacobian = np.array(jax.jacobian(jax.nn.softmax)(jnp.array(z3[0])))
beside = np.abs(jacobian - np.diag(np.diag(jacobian))).max()
claims.judge(
    "E6",
    "delta^l = f_l'(z^l) * (W^{l+1}^T delta^{l+1}); da^l/dz^l = diag(f_l'(z^l))",
    "in part",
    f"for elementwise f all 6 arrays agree within {max(worst, 2**-52):.0e}. A softmax's Jacobian has {beside:.2f} off "
    f"its diagonal",
    "for softmax multiply by the whole Jacobian, diag(a) - a a^T",
)
try:
    np.zeros((4, 1)) @ np.zeros((3, 1))
except ValueError as error:
    refusal = str(error).split(":")[0]
assert refusal.startswith("matmul")
claims.judge(
    "E7",
    "dL/dW^l = delta^l a^{l-1} in R^{M_l x M_{l-1}}; dL/db^l = delta^l",
    "does not hold",
    f"(4, 1) times (3, 1): {refusal} raises ValueError. With the transpose the shape is (4, 3), and 3 of 3 W, 3 of 3 b "
    f"agree",
    "dL/dW^l = delta^l a^{l-1}^T",
)

# %%
# The verdicts
# ------------

claims
