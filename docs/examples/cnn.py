"""A convolutional network with batch norm in torch, and its port to jax with images of channels last.

threeways curves cnn.py
"""

import jax
import jax.numpy as jnp
import torch
import torch.nn.functional as F
from torch import nn

MOMENTUM, EPSILON = 0.1, 1e-5


class Net(nn.Module):
    """Two convolutions with batch norm, and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(4, eps=EPSILON, momentum=MOMENTUM)
        self.conv2 = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.norm2 = nn.BatchNorm2d(6, eps=EPSILON, momentum=MOMENTUM)
        self.head = nn.Linear(6 * 4 * 4, 5)

    def forward(self, x):
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return self.head(x.flatten(1))


torch.manual_seed(0)
torch_model = Net()
torch_loss = F.cross_entropy


def batch(rng):
    """Return 16 images of 8 x 8 pixels, and their classes."""
    y = rng.integers(0, 5, 16)
    x = rng.normal(size=(16, 1, 8, 8)) + 0.3 * y[:, None, None, None]
    return x, y


def _normal(*shape):
    return jnp.zeros(shape)  # the values are torch's; the shapes say what is what


jax_model = {
    "conv1": {"kernel": _normal(3, 3, 1, 4), "bias": _normal(4)},
    "norm1": {"scale": _normal(4), "bias": _normal(4)},
    "conv2": {"kernel": _normal(3, 3, 4, 6), "bias": _normal(6)},
    "norm2": {"scale": _normal(6), "bias": _normal(6)},
    "head": {"kernel": _normal(6 * 4 * 4, 5), "bias": _normal(5)},
}
jax_state = {name: {"mean": _normal(n), "var": _normal(n)} for name, n in (("norm1", 4), ("norm2", 6))}


def conv(p, x, stride=1):
    """Return a convolution with one pixel of padding on each side."""
    pad, axes = ((1, 1), (1, 1)), ("NHWC", "HWIO", "NHWC")
    z = jax.lax.conv_general_dilated(x, p["kernel"], (stride, stride), pad, dimension_numbers=axes)
    return z + p["bias"]


def batch_norm(p, state, x):
    """Return the normalised batch, and the running statistics one step later."""
    mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
    n = x.size // x.shape[-1]
    after = {
        "mean": (1 - MOMENTUM) * state["mean"] + MOMENTUM * mean,
        "var": (1 - MOMENTUM) * state["var"] + MOMENTUM * var * n / (n - 1),  # torch keeps n-1
    }
    return (x - mean) / jnp.sqrt(var + EPSILON) * p["scale"] + p["bias"], after


def jax_loss(model, state, x, y):
    """Return the loss, and the state one step later."""
    after = {}
    x = x.transpose(0, 2, 3, 1)
    z, after["norm1"] = batch_norm(model["norm1"], state["norm1"], conv(model["conv1"], x))
    z, after["norm2"] = batch_norm(
        model["norm2"], state["norm2"], conv(model["conv2"], jax.nn.relu(z), stride=2)
    )
    z = jax.nn.relu(z).transpose(0, 3, 1, 2).reshape(len(x), -1)  # channels first, as torch flattens
    logits = z @ model["head"]["kernel"] + model["head"]["bias"]
    return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean(), after
