"""
Why not fully connected?
========================

"A 100 x 100 x 3 image gives each first-layer unit 30000 weights; fully connected nets don't capture local invariance"
(line E15). **What does a convolution gain with the same number of parameters, and what does it not gain?**

Prediction: both networks are equally accurate on centred digits. On shifted digits the fully connected network guesses,
and the convolutional network loses little. On rotated digits both fail: a convolution is not built for rotation.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import rotate

from compare.networks import data
from manual import CNN, MLP
from manual.optimizers import Adam
from manual.steps import eager
from threeways import check_gradients

# %%
# Counting
# --------
# A unit of a fully connected layer has one weight for each number of the image. A unit of a convolution has one weight
# for each number of its window, whatever the size of the image.

one_unit = MLP((100 * 100 * 3, 1), ("sigmoid",), "quadratic").init(np.random.default_rng(0))["W1"].size
one_channel = CNN(image=(3, 100, 100), channels=(1,)).init(np.random.default_rng(0))["W1"].size
print(f"100 x 100 x 3: {one_unit} weights for a unit, {one_channel} for a channel of a 3 x 3 convolution")
assert one_unit == 30000 and one_channel == 27

# %%
# Two networks of the same size
# -----------------------------
# The data are handwritten digits of 8 x 8 pixels in the middle of a canvas of 16 x 16. Four convolutions, each followed
# by a maximum over 2 x 2, reduce each channel to one number, without its position.

digits = data.load("digits")


def canvas(images):
    """Place (N, 64) digits in the middle of (N, 16, 16)."""
    return np.pad(images.reshape(-1, 8, 8), ((0, 0), (4, 4), (4, 4)))


def shifted(images, rows, columns):
    """Shift by whole pixels; a shift of up to 4 loses nothing."""
    return np.roll(images, (rows, columns), axis=(1, 2))


x_train, x_test = canvas(digits.x_train), canvas(digits.x_test)
nets = {
    "fully connected": MLP((256, 24, 10), ("relu", "softmax"), "cross_entropy"),
    "convolutional": CNN(image=(1, 16, 16), channels=(8, 12, 16, 24)),
}
start = {name: net.init(np.random.default_rng(0), scheme="he") for name, net in nets.items()}
sizes = {name: sum(p.size for p in params.values()) for name, params in start.items()}
print("parameters:", sizes)
assert abs(sizes["convolutional"] / sizes["fully connected"] - 1) < 0.1

# %%
# The gradient of the convolutional network is derived by hand as well. Check it before training.

small = CNN(image=(1, 8, 8), channels=(2, 3), classes=4)
rng = np.random.default_rng(1)
params = {name: p + 0.3 * rng.standard_normal(p.shape) for name, p in small.init(rng).items()}
report = check_gradients(
    small.loss_and_grads, params, rng.standard_normal((5, 64)), rng.integers(0, 4, 5), network=small
)
print(report)
assert report.ok


def train(net, params, images, steps=260, batch=32, seed=0):
    """Return the parameters after `steps` of Adam. images(rng, rows): the batch."""
    optimizer, rng = Adam(0.005), np.random.default_rng(seed)
    step, state = eager(net, optimizer), optimizer.init(params)
    for _ in range(steps):
        rows = rng.integers(0, len(x_train), batch)
        x = images(rng, rows).reshape(batch, -1)
        params, state, _ = step(params, state, x, digits.y_train[rows])
    return params


def accuracy(net, params, images):
    return float(
        (net.forward(params, images.reshape(len(images), -1)).argmax(axis=1) == digits.y_test).mean()
    )


def in_the_middle(rng, rows):
    return x_train[rows]


trained = {name: train(net, start[name], in_the_middle) for name, net in nets.items()}

# %%
# Shifted
# -------
# Both networks were trained on centred digits. Test them on shifted digits.

distances = range(5)
after_shift = {
    name: [
        np.mean(
            [
                accuracy(net, trained[name], shifted(x_test, *way))
                for way in ((d, 0), (-d, 0), (0, d), (0, -d))[: 4 if d else 1]
            ]
        )
        for d in distances
    ]
    for name, net in nets.items()
}
for name, row in after_shift.items():
    print(f"{name:16}" + "".join(f"{d} px {100 * a:3.0f} %   " for d, a in zip(distances, row, strict=True)))

# %%
# Rotated
# -------
#
# Test the same networks on rotated digits.

angles = (0, 15, 30, 45, 60, 90)
after_turn = {
    name: [
        accuracy(net, trained[name], rotate(x_test, angle, axes=(1, 2), reshape=False, order=1))
        for angle in angles
    ]
    for name, net in nets.items()
}
for name, row in after_turn.items():
    print(f"{name:16}" + "".join(f"{a} deg {100 * v:3.0f} %  " for a, v in zip(angles, row, strict=True)))

# %%
# Shifts learnt from data
# -----------------------
# The fully connected network can learn shifts from shifted training images. A convolution has shifts built in; the
# fully connected network pays for them with samples and weights.


def anywhere(rng, rows):
    return np.stack([np.roll(x_train[r], rng.integers(-4, 5, 2), axis=(0, 1)) for r in rows])


shown = {name: train(net, start[name], anywhere) for name, net in nets.items()}
everywhere = {
    name: np.mean([accuracy(net, shown[name], shifted(x_test, r, c)) for r in (-3, 0, 3) for c in (-3, 0, 3)])
    for name, net in nets.items()
}
print(
    "trained and tested on shifted digits:",
    {n: f"{100 * a:.0f} %" for n, a in everywhere.items()},
)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for name in nets:
    left.plot(distances, after_shift[name], "o-", label=name)
    right.plot(angles, after_turn[name], "o-", label=name)
left.set(title="shifted", xlabel="pixels", ylabel="test accuracy", ylim=(0, 1))
right.set(title="rotated", xlabel="degrees")
left.legend()

dense, conv = (after_shift[name] for name in nets)
assert dense[0] > 0.85 and conv[0] > 0.85
assert dense[3] < 0.3 and np.mean(conv[1:]) > np.mean(dense[1:]) + 0.15
assert conv[3] < conv[0] - 0.2, "the prediction was too optimistic"
assert after_turn["convolutional"][-1] < 0.5
assert everywhere["convolutional"] > everywhere["fully connected"] + 0.1

# %%
# The text is right. A convolution answers one third of it, the shifts, and only in part. Pooling samples the image at
# every second pixel, so a shift by one pixel gives other samples. A shift by four pixels gives the same samples again
# and costs less accuracy than a shift by three. Trained on shifted digits, the convolutional network learns the rest.
# The fully connected network of the same size does not.
