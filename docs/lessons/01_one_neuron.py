"""
One neuron by hand
==================

Text D of this project's sources computes the gradient of one neuron with two inputs on paper and gives every number.
**Are its numbers right?**

Prediction: the numbers hold, because authors copy worked examples from a program. The mistakes are in the formulas.

.. math:: net = w_1 i_1 + w_2 i_2 + b, \\qquad out = \\sigma(net), \\qquad E = \\tfrac{1}{2} (o - out)^2
"""

import jax
import matplotlib.pyplot as plt
import numpy as np

import jax_ref
import manual
import torch_ref
from claims import Claims
from threeways import check_gradients

claims = Claims("01_one_neuron.py")

# %%
# The network three ways
# ----------------------
# A neuron is a network of sizes (2, 1). Its backward pass takes four lines of NumPy. ``torch.autograd`` and
# ``jax.grad`` need the forward pass alone and return the same numbers.

i, o = np.array([0.05, 0.10]), np.array([0.01])
w, b1, b2, rate = np.array([0.15, 0.20]), 0.35, 0.60, 0.2
fields = {"sizes": (2, 1), "activations": ("sigmoid",), "criterion": "quadratic"}
x, y = i[None, :], o[None, :]


def three_ways(bias):
    """Return {implementation: (loss, dE/dw, dE/dbias)} at the text's weights and this bias."""
    params, found = {"W1": w[None, :], "b1": np.array([bias])}, {}
    with jax.enable_x64(True):
        for package in (manual, torch_ref, jax_ref):
            net = package.MLP(**fields)
            loss, grads = net.loss_and_grads(*(package.from_numpy(tree) for tree in (params, x, y)))
            grads = package.to_numpy(grads)
            found[package.__name__] = float(loss), grads["W1"][0], grads["b1"][0]
    return found


for bias in (b1, b1 + b2):
    for who, (loss, dw, _) in three_ways(bias).items():
        print(f"bias {bias:.2f}  {who:10} E = {loss:.8f}  dE/dw1 = {dw[0]:.8f}  dE/dw2 = {dw[1]:.8f}")
    losses = [np.r_[loss, dw, db] for loss, dw, db in three_ways(bias).values()]
    assert np.ptp(losses, axis=0).max() < 1e-16, "three implementations, one gradient"

# %%
# D1: the net input
# -----------------
# The text adds one bias for each input. A neuron has one bias, here the sum of the two: 0.95.

one, two = float(w @ i + b1), float(w @ i + b1 + b2)
assert np.isclose(one, 0.3775) and np.isclose(two, 0.9775)
claims.judge(
    "D1",
    "net = i1 w1 + b1 + i2 w2 + b2 = 0.9775",
    "holds",
    f"i1 w1 + i2 w2 + b1 + b2 = {two:.4f}; but one neuron has one bias: with b1 alone {one:.4f}",
)

# %%
# D2 to D4: a mirrored sigmoid
# ----------------------------
# The text's function, 1 / (1 + e\ :sup:`net`), is a mirrored sigmoid. Its derivative is ``-out (1 - out)``. The text
# uses the derivative of the sigmoid, ``+out (1 - out)``. These two mistakes do not cancel.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


out = 1 / (1 + np.exp(two))
assert np.isclose(out, 0.2734, atol=5e-5) and np.isclose(o[0] - out, -0.2634, atol=5e-5)
claims.judge(
    "D2",
    "sigmoid: out = 1 / (1 + e^net) = 0.2734",
    "does not hold",
    f"1 / (1 + e^net) = {out:.4f} falls as net grows; the sigmoid of {two:.4f} is {sigmoid(two):.4f}",
    f"out = 1 / (1 + e^-net): {sigmoid(two):.4f}, and o - out = {o[0] - sigmoid(two):.4f}",
)

error = 0.5 * (-0.2634) ** 2
assert np.isclose(error, 0.03468978, atol=1e-8)
claims.judge(
    "D3",
    'E = sum 1/2 (o - out)^2 = 0.03468978 ("is this the MSE?")',
    "holds",
    f"1/2 * 0.2634^2 = {error:.8f}. To the question: no, the MSE is twice that, {2 * error:.8f}",
)

z = np.linspace(-6, 6, 241)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
left.plot(z, sigmoid(z), label="sigmoid")
left.plot(z, sigmoid(-z), "--", label="as the text prints it")
left.plot(two, out, "o", color="C1")
right.plot(z, sigmoid(z) * sigmoid(-z), label="out (1 - out)")
right.plot(z, -sigmoid(z) * sigmoid(-z), "--", label="derivative of the printed function")
for axes, title in ((left, "out"), (right, "d out / d net")):
    axes.set(title=title, xlabel="net")
    axes.legend()


def text_d(params, x, y):
    """Compute lines D2 to D5 as printed, with both biases."""
    net = params["w"] @ x + params["b"]
    out = 1 / (1 + np.exp(net))
    loss = (0.5 * (y - out) ** 2).sum()
    de_dout, dout_dnet = -(y - out), out * (1 - out)
    return loss, {"w": de_dout * dout_dnet * x, "b": de_dout * dout_dnet}


params = {"w": w, "b": np.array([b1 + b2])}
report = check_gradients(text_d, params, i, o)
print(report)
assert not report.ok
factor = report["w"].entry / report["w"].right
assert np.isclose(factor, -1)
claims.judge(
    "D4",
    "dE/dout = 0.2634; dout/dnet = out (1 - out) = 0.19865244; dnet/dw1 = i1",
    "does not hold",
    f"the first and the last hold; dout/dnet is the sigmoid's: the checker finds {factor:.0f} times the gradient",
    "dout/dnet = -out (1 - out) for the function of D2, or the sigmoid in D2",
)

# %%
# D5 and D6: the gradient and the step
# ------------------------------------
# Multiply the text's own factors: are its products right?

products = 0.2634 * 0.19865244 * i
right_dw = three_ways(b1 + b2)["manual"][1]
print("products", products, " right", right_dw)
assert np.isclose(products[0], 0.002616, atol=5e-7) and np.isclose(products[1], 0.0052325, atol=5e-8)
claims.judge(
    "D5",
    "dE/dw1 = 0.0002616, dE/dw2 = 0.0052325",
    "does not hold",
    f"the first product is {products[0]:.7f}, ten times the printed one; the second is {products[1]:.7f}, as printed",
    f"with the sigmoid dE/dw1 = {right_dw[0]:.7f}, dE/dw2 = {right_dw[1]:.7f}",
)
printed = np.array([0.004994768, 0.0989535])
from_weights = w - rate * np.array([0.0002616, 0.0052325])
from_inputs = i - rate * np.array([0.0002616, 0.0052325])
assert np.isclose(from_inputs[1], printed[1]) and np.isclose(from_inputs[0], 10 * printed[0], rtol=1e-4)
claims.judge(
    "D6",
    "w1' = 0.004994768, w2' = 0.0989535",
    "does not hold",
    f"w - rate dE/dw with D5's numbers is {from_weights[0]:.8f} and {from_weights[1]:.7f}; the text subtracts from the "
    f"inputs: i2 - rate dE/dw2 = {from_inputs[1]:.7f}",
    f"w1' = {w[0] - rate * right_dw[0]:.7f}, w2' = {w[1] - rate * right_dw[1]:.7f}",
)

# %%
# D7 and D8: gradient descent on x squared
# ----------------------------------------


def descend(rate, steps, x=10.0):
    """Return x after 0, 1, ..., `steps` steps of gradient descent on x^2."""
    path = [x]
    while len(path) <= steps and abs(path[-1]) < 1e6:  # stop where it has diverged
        path.append(path[-1] - rate * 2 * path[-1])
    return np.array(path)


gradients = 2 * descend(0.2, 10)
told = [20, 12, 7.2, 4.32, 2.59, 1.56, 0.93, 0.56, 0.34, 0.2, 0.12]
assert np.abs(gradients - told).max() <= 0.005
worst = np.abs(gradients - told).max()
claims.judge(
    "D7",
    "descent on x^2 from 10, rate 0.2: gradients 20, 12, 7.2, ..., 0.12",
    "holds",
    f"each is 0.6 times the one before; the largest difference is {worst:.4f}, the rounding to two places",
)

needed = {}
for rate_ in (0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0, 1.1):
    arrived = np.abs(descend(rate_, 10_000)) < 1e-3
    needed[rate_] = int(np.argmax(arrived)) if arrived.any() else None
print("iterations until |x| < 0.001:", needed)
assert needed[0.001] > 4000 and needed[0.5] == 1 and needed[1.0] is None and needed[1.1] is None
crossings = int((np.diff(np.sign(descend(0.9, needed[0.9]))) != 0).sum())
assert crossings == needed[0.9]
claims.judge(
    "D8",
    "too small a step needs many iterations; too large a one jumps over the minimum and does not converge",
    "in part",
    f"rate 0.001 needs {needed[0.001]} iterations; 1.0 never converges. But 0.9 jumps over it {crossings} times and "
    f"converges",
    "each step multiplies x by 1 - 2 rate: it jumps over for rate > 1/2 and does not converge for rate >= 1",
)

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for rate_ in (0.01, 0.2, 0.9, 1.0, 1.1):
    axes.plot(descend(rate_, 20), ".-", label=f"rate {rate_}")
axes.set(xlabel="iteration", ylabel="x", ylim=(-25, 25))
axes.legend(ncol=2)

# %%
# What holds
# ----------
# Three of the eight lines hold as printed. The prediction fails: half of the lines that do not hold are wrong numbers.
# The mistakes are simple: a sign in an exponent, a slipped decimal point, an input in place of a weight. A check of
# the function against its own loss finds the first in a second. The others are arithmetic, which code gets right.

print(claims.counts())
claims
