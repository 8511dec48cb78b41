"""
Vanishing gradients
===================

"S-shaped activations have derivatives at most 1, so delta decays layer by layer; ReLU helps" (line E14). **Does the
activation make gradients vanish, and does training help?**

Prediction: the derivative of the sigmoid is at most 1/4, so delta loses a factor of four per layer. But the weights
multiply delta too, so the initialisation matters as much as the activation.
"""

import matplotlib.pyplot as plt
import numpy as np

from compare.networks import data
from manual import MLP
from manual.activations import ACTIVATIONS
from manual.init import SCHEMES
from manual.optimizers import SGD
from manual.steps import eager

digits = data.load("digits")
hidden = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "gelu", "identity")

# %%
# How steep is each activation?
# -----------------------------

z = np.linspace(-8, 8, 1601)
steepest = {name: float(ACTIVATIONS[name].derivative(z).max()) for name in hidden}
print({name: round(value, 3) for name, value in steepest.items()})
assert steepest["sigmoid"] == 0.25 and steepest["tanh"] == 1.0
saturated = {
    name: float(ACTIVATIONS[name].derivative(np.array([8.0]))[0]) for name in ("sigmoid", "tanh", "relu")
}
print("at z = 8:", saturated)
assert saturated["sigmoid"] < 4e-4 and saturated["tanh"] < 1e-6 and saturated["relu"] == 1

# %%
# delta, layer by layer
# ---------------------
# Take DEPTH hidden layers of thirty units, handwritten digits, and every activation with every initialisation. Measure
# the norm of delta in each layer relative to the last hidden layer. The method ``deltas`` of the manual network returns
# the deltas.

DEPTH = 20


def norms(activation, scheme, seed=0, depth=DEPTH):
    """Return ||delta^l|| for l = 1 .. depth, relative to l = depth."""
    net = MLP((64, *[30] * depth, 10), (activation,) * depth + ("softmax",), "cross_entropy")
    params = net.init(np.random.default_rng(seed), scheme=scheme)
    with np.errstate(all="ignore"):  # where activations explode, delta is inf or nan
        deltas = net.deltas(params, digits.x_train[:64], digits.y_train[:64])
        size = np.array([np.linalg.norm(deltas[f"delta{l}"]) for l in range(1, depth + 1)])
        return size / size[-1]


def per_layer(activation, scheme):
    """Return the mean factor from a layer to the one below it; nan where delta is not finite."""
    with np.errstate(all="ignore"):
        return float(
            np.exp(np.mean([np.log(norms(activation, scheme, s)[0]) for s in range(5)]) / (DEPTH - 1))
        )


factors = {(a, s): per_layer(a, s) for a in hidden for s in SCHEMES}
print(f"{'':12}" + "".join(f"{s:>9}" for s in SCHEMES))
for a in hidden:
    print(f"{a:12}" + "".join(f"{factors[a, s]:9.2f}" for s in SCHEMES))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for activation, scheme in (
    ("sigmoid", "xavier"),
    ("tanh", "xavier"),
    ("relu", "xavier"),
    ("relu", "he"),
    ("tanh", "normal"),
):
    left.semilogy(range(1, DEPTH + 1), norms(activation, scheme), label=f"{activation}, {scheme}")
left.set(xlabel="layer", ylabel="norm of delta, last hidden layer = 1", title="at the start")
left.legend()
table = np.log10([[factors[a, s] for s in SCHEMES] for a in hidden])
shown = right.imshow(np.nan_to_num(table, posinf=1), cmap="RdBu_r", vmin=-1, vmax=1)
right.set_xticks(range(len(SCHEMES)), SCHEMES, rotation=30)
right.set_yticks(range(len(hidden)), hidden)
for i, a in enumerate(hidden):
    for j, s in enumerate(SCHEMES):
        ink = "white" if abs(table[i, j]) > 0.55 else "black"
        right.text(j, i, f"{factors[a, s]:.2g}", ha="center", va="center", fontsize=8, color=ink)
right.set_title("factor per layer: blue vanishes, red explodes")

assert factors["sigmoid", "xavier"] < 0.3, "f' is at most a quarter"
assert 0.75 < factors["relu", "he"] < 1.25, "He's variance keeps the norm"
assert factors["relu", "xavier"] < factors["relu", "he"], "relu alone does not help"
assert factors["tanh", "normal"] > 1.3, "S-shaped activations can explode too"

# %%
# The text's sentence is half of the answer. With relu and small weights delta vanishes too. With tanh and large weights
# it explodes, although the derivative of tanh never exceeds 1. The product of f' *and the weights* decides.
#
# Deeper
# ------
# A factor per layer is exponential in the depth. After how many layers is delta a millionth?

for activation, scheme in (("sigmoid", "xavier"), ("tanh", "xavier"), ("relu", "he")):
    factor = factors[activation, scheme]
    layers = np.log(1e-6) / np.log(factor) if factor < 1 else np.inf
    print(f"{activation:8}{scheme:8} a millionth after {layers:.0f} layers")
assert np.log(1e-6) / np.log(factors["sigmoid", "xavier"]) < 13
shallow, deep = (norms("sigmoid", "xavier", depth=d)[0] for d in (5, 10))
print(f"sigmoid, the first layer's delta: {shallow:.0e} with 5 layers, {deep:.0e} with 10")
assert deep < 1e-2 * shallow

# %%
# While training
# --------------
# Does delta recover by itself? Train eight hidden layers by gradient descent. Record the loss, and the ratio of the
# norms of delta in the first and the last hidden layer.


def train(activation, scheme, rate, steps=400, depth=8, seed=0):
    """Return (loss, ||delta^1|| / ||delta^depth||) before each step; the ratio is measured every ten steps."""
    net, optimizer = (
        MLP((64, *[30] * depth, 10), (activation,) * depth + ("softmax",), "cross_entropy"),
        SGD(rate),
    )
    rng = np.random.default_rng(seed)
    params, step, history = net.init(rng, scheme=scheme), eager(net, optimizer), []
    state = optimizer.init(params)
    for k in range(steps):
        rows = rng.integers(0, len(digits.x_train), 32)
        x, y = digits.x_train[rows], digits.y_train[rows]
        if k % 10 == 0:
            deltas = net.deltas(params, x, y)
            share = np.linalg.norm(deltas["delta1"]) / np.linalg.norm(deltas[f"delta{depth}"])
        params, state, loss = step(params, state, x, y)
        history.append((float(loss), float(share)))
    return np.array(history)


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
runs = {}
for activation, scheme, rate in (("sigmoid", "xavier", 0.5), ("tanh", "xavier", 0.1), ("relu", "he", 0.1)):
    runs[activation] = history = train(activation, scheme, rate)
    smooth = np.convolve(history[:, 0], np.ones(20) / 20, "valid")
    left.plot(smooth, label=f"{activation}, {scheme}")
    right.semilogy(history[:, 1], label=f"{activation}, {scheme}")
    print(
        f"{activation:8} loss {history[:20, 0].mean():.2f} to {history[-20:, 0].mean():.2f}, "
        f"||delta^1|| / ||delta^8|| {history[0, 1]:.0e} to {history[-1, 1]:.0e}"
    )
left.set(title="loss", xlabel="step")
right.set(title="norm of delta, first over last hidden layer", xlabel="step")
left.legend()
assert runs["sigmoid"][-20:, 0].mean() > 2.2, "log 10 = 2.30: the network has learnt nothing"
assert runs["relu"][-20:, 0].mean() < 1 and runs["tanh"][-20:, 0].mean() < 1

# %%
# The first layers of the sigmoid network get almost no gradient. Their weights hardly change, so their gradient stays
# small.
