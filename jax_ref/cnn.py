"""A convolutional network in LeNet's manner, differentiated by jax.grad.

    conv_l = W^l * pool_{l-1} + b^l                     l = 1 .. L-1, a convolution; pool_0 = x
    hat_l  = (conv_l - mean) / sqrt(var + eps)          mean and var over batch and positions
    norm_l = gamma^l hat_l + beta^l
    relu_l = max(norm_l, 0)
    pool_l = maximum or mean of each window of relu_l
    logits = features W^L^T + b^L                       features: pool_{L-1} in rows, with dropout where asked for

x is (N, C_0 H V), one sample a row, or (N, C_0, H, V). Parameters are a flat dict {"W1", "b1", "gamma1", "beta1", ...,
"WL", "bL"}: W^l is (C_l, C_{l-1}, K, K), b^l, gamma^l, beta^l are (C_l,); W^L is (classes, features), b^L (classes,).
The mean takes b^l away again, so its gradient is 0 whatever the data; bias=False leaves it out.
No derivative is written here: jax.grad finds them all.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .activations import ACTIVATIONS
from .criteria import FUSED

EPS = 1e-5


def _max_pool2d(a, window):
    return lax.reduce_window(a, -jnp.inf, lax.max, (1, 1, window, window), (1, 1, window, window), "VALID")


def _avg_pool2d(a, window):
    total = lax.reduce_window(a, 0.0, lax.add, (1, 1, window, window), (1, 1, window, window), "VALID")
    return total / window**2


POOLS = {"max": _max_pool2d, "avg": _avg_pool2d}
CRITERION = FUSED["softmax", "cross_entropy"]


def _untouched(name, z):
    return z


@dataclass(frozen=True)
class CNN:
    """A convolutional network: hyperparameters only, the parameters live outside.

    image: (C_0, H, V) of a sample.  channels: C_1, ..., C_{L-1}.  kernel, stride, padding: of every convolution.
    pool: "max" or "avg", over windows of `window` that tile the image.  bias: whether convolutions have one.
    dropout: the rate at which features are left out; the mask is NumPy's, from mask_seed, the same in every call.
    Raises ValueError where these do not fit each other.
    """

    image: tuple[int, ...] = (1, 8, 8)
    channels: tuple[int, ...] = (4, 8)
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    pool: str = "max"
    window: int = 2
    classes: int = 10
    bias: bool = True
    dropout: float = 0.0
    mask_seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "image", tuple(self.image))
        object.__setattr__(self, "channels", tuple(self.channels))
        if len(self.image) != 3 or min(self.image) < 1:
            raise ValueError(f"image {self.image}: channels, rows and columns are needed")
        if len(self.channels) < 1 or min(self.channels) < 1:
            raise ValueError(f"channels {self.channels}: one or more positive numbers are needed")
        for name, least in (("kernel", 1), ("stride", 1), ("padding", 0), ("window", 1), ("classes", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be {least} or more")
        if self.pool not in POOLS:
            raise ValueError(f"unknown pool {self.pool!r}; known: {', '.join(POOLS)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}; it must be 0 or more and below 1")
        for l, size in enumerate(self.sizes[1:], start=1):
            if min(size) < 1:
                raise ValueError(
                    f"the image is too small: {size} is left of {self.image[1:]} after layer {l}"
                )

    @property
    def depth(self):
        """L, the number of layers with weights: convolutions and the linear one."""
        return len(self.channels) + 1

    @property
    def sizes(self):
        """(rows, columns) of pool_0, ..., pool_{L-1}."""
        found = [self.image[1:]]
        for _ in self.channels:
            after = ((n + 2 * self.padding - self.kernel) // self.stride + 1 for n in found[-1])
            found.append(tuple(n // self.window for n in after))
        return tuple(found)

    def forward(self, params, x):
        """The prediction softmax(logits), (N, classes)."""
        return ACTIVATIONS["softmax"](self._forward(params, x))

    def loss(self, params, x, y):
        """The cross-entropy's mean over the batch; a scalar. y is (N,) integer classes."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        return jax.value_and_grad(self.loss)(params, x, y)

    def deltas(self, params, x, y):
        """{"delta_conv1": dL/dconv_1, "delta_hat1", "delta_norm1", "delta_pool1", "delta_conv2", ...,
        "delta_features", "delta_logits"}, each the derivative by a zero added to what it is named after."""
        like = {}

        def shape(name, z):
            like[name] = jax.ShapeDtypeStruct(z.shape, z.dtype)
            return z

        jax.eval_shape(lambda: self._loss(params, x, y, shape))
        zeros = {name: jnp.zeros(z.shape, z.dtype) for name, z in like.items()}
        found = jax.grad(lambda zeros: self._loss(params, x, y, lambda name, z: z + zeros[name]))(zeros)
        return {name: found[name] for name in zeros}  # jax orders a dict by its keys

    # ---- One forward pass

    def _forward(self, params, x, tap=_untouched):
        a = x.reshape(len(x), *self.image)
        for l in range(1, self.depth):
            z = lax.conv_general_dilated(a, params[f"W{l}"], (self.stride,) * 2, [(self.padding,) * 2] * 2)
            z = z + params[f"b{l}"][:, None, None] if self.bias else z
            hat = tap(f"delta_hat{l}", _normalised(tap(f"delta_conv{l}", z)))
            gamma, beta = params[f"gamma{l}"][:, None, None], params[f"beta{l}"][:, None, None]
            norm = tap(f"delta_norm{l}", gamma * hat + beta)
            a = tap(f"delta_pool{l}", POOLS[self.pool](ACTIVATIONS["relu"](norm), self.window))
        features = a.reshape(len(x), -1)
        if self.dropout:
            mask = np.random.default_rng(self.mask_seed).random(features.shape) >= self.dropout
            features = features * mask / (1 - self.dropout)
        features = tap("delta_features", features)
        return tap("delta_logits", features @ params[f"W{self.depth}"].T + params[f"b{self.depth}"])

    def _loss(self, params, x, y, tap=_untouched):
        return CRITERION(self._forward(params, x, tap), y)


def _normalised(z):
    """(z - mean) / sqrt(var + eps), over batch and positions: jax has no batch norm of its own."""
    centred = z - z.mean((0, 2, 3), keepdims=True)
    return centred / jnp.sqrt((centred * centred).mean((0, 2, 3), keepdims=True) + EPS)
