"""
Text C, line by line: the framework's design
============================================

"Machine learning basics 3" writes backpropagation as a chain of separate blocks: the derivatives of the loss, of the
activation and of the layer. **Do the blocks fit together?**

Prediction: the chain holds. One sign and one sum already look wrong.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from claims import Claims
from manual import MLP
from manual.activations import ACTIVATIONS
from threeways import check_gradients

claims = Claims("03c_text_c.py")
rng = np.random.default_rng(0)

# %%
# C1: the forward pass
# --------------------
# The text writes samples as columns, :math:`a^l = g(W^l a^{l-1} + b^l)`. The packages here write samples as rows. Do
# both give the same numbers?

net = MLP((3, 4, 1), ("sigmoid", "sigmoid"), "binary_cross_entropy")
params = {name: p + rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
columns = {name: p[:, None] if p.ndim == 1 else p for name, p in params.items()}
x, y = rng.standard_normal((8, 3)), rng.integers(0, 2, (8, 1)).astype(float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(p, x):
    """Return [a^0, a^1, a^2], samples as columns."""
    a = [x]
    for l in (1, 2):
        a.append(sigmoid(p[f"W{l}"] @ a[-1] + p[f"b{l}"]))
    return a


apart = np.abs(forward(columns, x.T)[-1].T - net.forward(params, x)).max()
assert apart < 1e-15 and net.depth == 2 and "leaky_relu" in ACTIVATIONS
claims.judge(
    "C1",
    'a^l = g(W^l a^{l-1} + b^l); sigmoid, relu, tanh, "leaky tanh"; two layers, the input not counted',
    "holds",
    f"columns and rows differ by {apart:.0e}; depth {net.depth}. No tanh is leaky: the text means leaky relu",
)

# %%
# C2: the loss
# ------------

one, several = rng.random((2, 8, 1)), rng.random((2, 8, 5))
ratio = {}
for a, target in (one, several):
    as_printed = ((a - target) ** 2).sum() / len(a)
    theirs = torch.nn.functional.mse_loss(torch.from_numpy(a), torch.from_numpy(target)).item()
    ratio[a.shape[1]] = float(as_printed / theirs)
print("loss as printed / torch's mse_loss:", ratio)
assert np.isclose(ratio[1], 1) and np.isclose(ratio[5], 5)
claims.judge(
    "C2",
    "loss = 1/m sum (yhat - y)^2",
    "holds",
    f"for 1 output it equals torch's mse_loss (ratio {ratio[1]:.0f}), for 5 outputs it is {ratio[5]:.0f} times as "
    f"large: the mean is over samples alone",
)

# %%
# C3: the loss's derivative
# -------------------------
# The next line of the text differentiates another loss, the cross-entropy: "as the example is classification". Check
# its code with the cross-entropy as loss:


def text_c(params, x, y, sign=-1.0):
    """Compute C1, C3, C4 and C6; db is the sum of delta over the samples, as in the chain of C6."""
    m = x.shape[1]
    a0, a1, a2 = forward(params, x)
    loss = (-y * np.log(a2) - (1 - y) * np.log(1 - a2)).mean()
    da2 = 1 / m * (-y / a2 + sign * (1 - y) / (1 - a2))
    dz2 = da2 * a2 * (1 - a2)
    dz1 = (params["W2"].T @ dz2) * a1 * (1 - a1)
    return loss, {
        "W1": dz1 @ a0.T,
        "b1": dz1.sum(axis=1, keepdims=True),
        "W2": dz2 @ a1.T,
        "b2": dz2.sum(axis=1, keepdims=True),
    }


a = np.linspace(0.02, 0.98, 97)
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(a, -np.log(1 - a), "0.7", lw=3, label="the loss where y = 0")
axes.plot(a, 1 / (1 - a), label="its derivative")
axes.plot(a, -1 / (1 - a), "--", label="as printed: downhill, away from y")
axes.set(xlabel="a", ylim=(-12, 12))
axes.legend()

report = check_gradients(text_c, columns, x.T, y.T)
print(report)
assert not report.ok and "cross-entropy-sign" in report.findings[0].one_of
mine = report["W2"]
times = mine.entry / mine.right
claims.judge(
    "C3",
    "dloss/da^L = 1/m (-y / a^L - (1 - y) / (1 - a^L)), and not the derivative of C2",
    "does not hold",
    f"the checker names {report.findings[0].one_of[0]}; an entry of W2 is {times:.2f} times the right one",
    "1/m (-y / a^L + (1 - y) / (1 - a^L)); for C2's loss, 2/m (a^L - y)",
)

# %%
# C4 and C6: the chain
# --------------------
# Correct this sign, and one check tests the rest of the chain.


def repaired(params, x, y):
    """Run text_c with the sign of C3 corrected."""
    return text_c(params, x, y, sign=1.0)


report = check_gradients(repaired, columns, x.T, y.T)
print(report)
assert report.ok
worst = {name: max(report[name].error, 2**-52) for name in columns}
claims.judge(
    "C4",
    "dloss/dW^L = dloss/da^L . da^L/dz^L . dz^L/dW^L, with dz^L/dW^L = a^{L-1}^T",
    "holds",
    f"W2 agrees within {worst['W2']:.0e}: the first dot is an elementwise product, the second a matrix product",
)

# %%
# C5: the bias
# ------------
# The text sums the *net inputs* over the samples. The right line sums the derivative of the loss by the net inputs.


def bias_of_text(params, x, y):
    """Run the repaired code with C5's line for the last bias."""
    loss, grads = repaired(params, x, y)
    z2 = params["W2"] @ forward(params, x)[1] + params["b2"]
    return loss, {**grads, "b2": z2.sum(axis=1, keepdims=True)}


judged = check_gradients(bias_of_text, columns, x.T, y.T)
print(judged)
assert [v.name for v in judged.verdicts if not v.passes] == ["b2"]
theirs, right = judged["b2"].entry, judged["b2"].right
claims.judge(
    "C5",
    "dz^L/db^L = sum over i of z^L[:, i]",
    "does not hold",
    f"for b2 it gives {theirs:.4f}, and the gradient is {right:.4f}; the other three arrays stay right",
    "dz^L/db^L = 1, so dloss/db^L = sum over i of delta^L[:, i]",
)
claims.judge(
    "C6",
    "the same layer by layer, dz^l/da^{l-1} = W^l^T; NumPy and a framework side by side",
    "holds",
    f"in the repaired code W1 agrees within {worst['W1']:.0e}, b1 within {worst['b1']:.0e}",
)

# %%
# The text is right to keep the derivative of the loss separate from those of the layers, so that each can be exchanged.
# Its own code shows the risk: the loss of C2 and the derivative of C3 belong to two different problems.

claims
