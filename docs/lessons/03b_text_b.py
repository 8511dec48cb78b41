"""
Text B, line by line: relu everywhere
=====================================

"Backpropagation, the core of neural networks" prints a 784-64-10 network and its code. **Does the code compute the
gradient of the loss it names, and is the network a good one?**

Prediction: the backward pass is right for *some* loss. The relu on the last layer costs accuracy, because a logit
cannot be negative.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from claims import Claims
from compare.networks import data
from manual import MLP, init
from manual.optimizers import SGD
from manual.steps import eager
from threeways import check_gradients

claims = Claims("03b_text_b.py")
digits = data.load("digits")

# %%
# B1: the initial weights
# -----------------------
# ``randn(y, x) * sqrt(2 / (x + y))`` is ``manual.init.xavier``. How large are the first layer's net inputs with it, and
# how large with standard normal weights? The images are as dark as MNIST's: a fifth of their pixels are not 0.

rng = np.random.default_rng(0)
layers = [784, 64, 10]
images = rng.random((200, 784)) * (rng.random((200, 784)) < 0.2)
spread = {}
for name in ("xavier", "normal"):
    W1 = init.SCHEMES[name](rng, layers[1], layers[0])
    spread[name] = float((images @ W1.T).std())
    print(f"{name:7} std of W1 {W1.std():.4f}, of z^1 {spread[name]:.2f}")
W1 = init.xavier(np.random.default_rng(1), 64, 784)
assert abs(W1.std() / np.sqrt(2 / 848) - 1) < 0.02 and spread["normal"] > 15 * spread["xavier"]
claims.judge(
    "B1",
    'randn(y, x) * sqrt(2 / (x + y)) ("Xavier, one step better than random"), biases zero',
    "holds",
    f"std {W1.std():.5f}, sqrt(2/848) is {np.sqrt(2 / 848):.5f}; z^1 has a std of {spread['xavier']:.2f}, with "
    f"standard normal weights {spread['normal']:.1f}. For relu, He's sqrt(2/x) keeps the variance",
)

# %%
# B2: does the code run?
# ----------------------

said = []
weights = [rng.standard_normal((m, n)) for n, m in pairwise(layers)]
for line in ("np.array([w for w in weights])", "[i for i in xrange(3)]"):
    try:
        eval(line)
    except (ValueError, NameError) as error:
        said.append(f"{type(error).__name__}: {str(error).split('.')[0]}")
        print(f"{line}\n    {said[-1]}")
assert [s.split(":")[0] for s in said] == ["ValueError", "NameError"]
claims.judge(
    "B2",
    "np.array([...]) over arrays of different shapes; xrange",
    "does not hold",
    f"2 of 2 lines fail today: NumPy {np.__version__}, ValueError (inhomogeneous shape); Python 3, NameError",
    "a list of arrays; range",
)

# %%
# B4 and B5: the backward pass
# ----------------------------
# Check the text's code twice, in its own layout (one sample per column): with the loss that matches its delta, and with
# the loss it names, "the error is usually the mean squared error".


def text_b(params, x, y, error="cross-entropy"):
    """Compute B3 and B5 for one sample: x (M_0, 1), y one-hot (M_2, 1)."""
    W, b = (None, params["W1"], params["W2"]), (None, params["b1"], params["b2"])
    a, z, num_layers = {0: x}, {}, 3
    for l in (1, 2):
        z[l] = W[l] @ a[l - 1] + b[l]
        a[l] = np.maximum(z[l], 0)
    p = np.exp(a[2]) / np.exp(a[2]).sum()
    loss = -(y * np.log(p)).sum() if error == "cross-entropy" else ((p - y) ** 2).mean()
    delta = (p - y) * (z[2] > 0)
    grads = {"W2": delta @ a[1].T, "b2": delta}
    for back in range(2, num_layers):
        l = num_layers - back
        delta = (W[l + 1].T @ delta) * (z[l] > 0)
        grads |= {f"W{l}": delta @ a[l - 1].T, f"b{l}": delta}
    return loss, grads


rng = np.random.default_rng(8)
params = {"W1": rng.standard_normal((7, 6)), "b1": 0.1 * rng.standard_normal((7, 1))}
params |= {"W2": rng.standard_normal((5, 7)), "b2": 0.1 * rng.standard_normal((5, 1))}
x, y = rng.standard_normal((6, 1)), np.eye(5)[:, [1]]


def with_squares(params, x, y):
    """Run the same code with the loss of B4."""
    return text_b(params, x, y, "mean squared error")


as_coded, as_named = (check_gradients(f, params, x, y) for f in (text_b, with_squares))
print(as_coded, as_named, sep="\n\n")
assert as_coded.ok and not as_named.ok
worst = max(v.error for v in as_coded.verdicts)
wrong = [v for v in as_named.verdicts if not v.passes]
times = wrong[0].entry / wrong[0].right
claims.judge(
    "B4",
    "the error is usually the mean squared error",
    "does not hold",
    f"B5 is not the gradient of that error: {len(wrong)} of 4 arrays are wrong, one entry of {wrong[0].name} is "
    f"{times:.1f} times the right one",
    "with softmax use the cross-entropy, whose delta is p - y; the squared error's is J (p - y) 2/C, J the Jacobian",
)
claims.judge(
    "B5",
    "delta^L = (p - y) * (z^L > 0); dW^L = delta^L a^{L-1}^T; delta^l = (W^{l+1}^T delta^{l+1}) * (z^l > 0)",
    "holds",
    f"for the cross-entropy: 4 of 4 arrays are its gradient, within {max(worst, 2**-52):.0e}; recognised as "
    f"{as_coded.recognised.split(', mean')[0]}",
)

# %%
# B3: relu on the last layer
# --------------------------
# The checker recognised the network: softmax cross-entropy *of relu's output*. Its gradient is right, and the network
# is still a bad idea. Train it on handwritten digits with and without the last relu:


def trained(net, rate, epochs=8, batch=32, seed=0, scheme="xavier"):
    """Return (test accuracy after each epoch, parameters) of plain SGD on the digits."""
    rng = np.random.default_rng(seed)
    targets = np.eye(10)[digits.y_train] if net.criterion == "quadratic" else digits.y_train
    optimizer = SGD(rate)
    params, step = net.init(rng, scheme=scheme), eager(net, optimizer)
    state, accuracy = optimizer.init(params), []
    for _ in range(epochs):
        order = rng.permutation(len(digits.x_train))
        for start in range(0, len(order) - batch + 1, batch):
            rows = order[start : start + batch]
            params, state, _ = step(params, state, digits.x_train[rows], targets[rows])
        accuracy.append(float((net.forward(params, digits.x_test).argmax(1) == digits.y_test).mean()))
    return accuracy, params


figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
final = {}
for last in ("relu", "identity"):
    net = MLP((64, 64, 10), ("relu", last), "softmax_cross_entropy")
    for seed in range(3):
        accuracy, params = trained(net, 0.1, seed=seed)
        final[last, seed] = accuracy[-1]
        axes.plot(accuracy, color="C0" if last == "relu" else "C1", label=last if seed == 0 else None)
axes.set(title="last layer with and without relu, 3 seeds", xlabel="epoch", ylabel="test accuracy")
axes.legend()
cost = np.mean([final["identity", s] - final["relu", s] for s in range(3)])
net = MLP((64, 64, 10), ("relu", "relu"), "softmax_cross_entropy")
params = net.init(np.random.default_rng(0))
logits = net.forward(params, digits.x_train)  # relu's output
silent = float((logits[np.arange(len(logits)), digits.y_train] == 0).mean())
print(f"at the start relu sets the right class's logit to 0 for {100 * silent:.0f} % of the samples")
assert silent > 0.2 and cost > 0
claims.judge(
    "B3",
    "a = relu(z) at every layer; then p = exp(t) / sum(exp(t)) of the last activation t = relu(z^L)",
    "in part",
    f"p is a distribution, but for {100 * silent:.0f} % of samples relu sets the right class's logit to 0 at the start "
    f"and stops its gradient; over 3 seeds this costs {100 * cost:.1f} points of accuracy",
    "softmax of z^L itself",
)

# %%
# B6: a good rate
# ---------------
# A good rate depends on the scale of the loss. Train two networks with five rates, 8 epochs each.

figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
rates, best = (0.01, 0.1, 0.5, 3.0, 10.0), {}
nets = {
    "relu, cross-entropy": MLP((64, 30, 10), ("relu", "identity"), "softmax_cross_entropy"),
    "sigmoid, quadratic": MLP((64, 30, 10), ("sigmoid", "sigmoid"), "quadratic"),
}
for name, net in nets.items():
    with np.errstate(all="ignore"):  # a rate of 10 may overflow: a result too
        reached = [trained(net, rate)[0][-1] for rate in rates]
    best[name] = dict(zip(rates, reached, strict=True))
    axes.semilogx(rates, reached, "o-", label=name)
    print(name, {rate: round(r, 3) for rate, r in best[name].items()})
axes.axvspan(0.01, 0.1, alpha=0.15)
axes.set(title="the text's range shaded", xlabel="rate", ylabel="test accuracy")
axes.legend()
slow, fast = best["sigmoid, quadratic"][0.1], best["sigmoid, quadratic"][3.0]
fine = best["relu, cross-entropy"][0.1]
assert fine > 0.85 and fast > slow + 0.1
claims.judge(
    "B6",
    "W -= rate dW; a rate between 0.01 and 0.1 is usually good",
    "in part",
    f"after 8 epochs of digits at 0.1, relu with cross-entropy reaches {100 * fine:.0f} % and sigmoid with the "
    f"quadratic cost {100 * slow:.0f} %; the latter reaches {100 * fast:.0f} % at 3.0",
    "the best rate depends on the criterion's scale (sum or mean), the activation and the batch: sweep it",
)

# %%
# The verdicts
# ------------

claims
