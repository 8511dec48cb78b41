"""A convolutional network in LeNet's manner, differentiated by torch.autograd.

    conv_l = W^l * pool_{l-1} + b^l                     l = 1 .. L-1, a convolution; pool_0 = x
    hat_l  = (conv_l - mean) / sqrt(var + eps)          mean and var over batch and positions
    norm_l = gamma^l hat_l + beta^l
    relu_l = max(norm_l, 0)
    pool_l = maximum or mean of each window of relu_l
    logits = features W^L^T + b^L                       features: pool_{L-1} in rows, after dropout if any

x is (N, C_0 H V), one sample a row, or (N, C_0, H, V). Parameters are a flat dict {"W1", "b1", "gamma1", "beta1", ...,
"WL", "bL"}: W^l is (C_l, C_{l-1}, K, K), b^l, gamma^l, beta^l are (C_l,); W^L is (classes, features), b^L (classes,).
The mean takes b^l away again, so its gradient is 0 whatever the data; bias=False leaves it out.
No derivative is written here: torch.autograd finds them all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from . import differentiate
from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .differentiate import Tap, untouched
from .fields import check_cnn

EPS = 1e-5
POOLS: dict[str, Callable[..., Array]] = {"max": F.max_pool2d, "avg": F.avg_pool2d}
CRITERION = FUSED["softmax", "cross_entropy"]


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

    def __post_init__(self) -> None:
        check_cnn(self, POOLS)

    @property
    def depth(self) -> int:
        """L, the number of layers with weights: convolutions and the linear one."""
        return len(self.channels) + 1

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """(rows, columns) of pool_0, ..., pool_{L-1}."""
        found = [self.image[1:]]
        for _ in self.channels:
            after = ((n + 2 * self.padding - self.kernel) // self.stride + 1 for n in found[-1])
            found.append(tuple(n // self.window for n in after))
        return tuple(found)

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction softmax(logits), (N, classes)."""
        return ACTIVATIONS["softmax"](self._forward(params, x))

    def _forward(self, params: Params, x: Array, tap: Tap = untouched) -> Array:
        a = x.reshape(len(x), *self.image)
        for l in range(1, self.depth):
            z = F.conv2d(a, params[f"W{l}"], params.get(f"b{l}"), self.stride, self.padding)
            hat = tap(f"delta_hat{l}", self._normalised(tap(f"delta_conv{l}", z)))
            gamma, beta = params[f"gamma{l}"][:, None, None], params[f"beta{l}"][:, None, None]
            norm = tap(f"delta_norm{l}", gamma * hat + beta)
            a = tap(f"delta_pool{l}", POOLS[self.pool](ACTIVATIONS["relu"](norm), self.window))
        features = a.reshape(len(x), -1)
        if self.dropout:
            mask = self.batch_mask(tuple(features.shape)).to(features.device)
            features = features * mask / (1 - self.dropout)
        features = tap("delta_features", features)
        return tap("delta_logits", features @ params[f"W{self.depth}"].T + params[f"b{self.depth}"])

    def _normalised(self, z: Array) -> Array:
        """Return (z - mean) / sqrt(var + eps), over batch and positions: F.batch_norm in elementary operations."""
        centred = z - self.batch_mean(z)
        return centred / torch.sqrt(self.batch_mean(centred * centred) + EPS)

    def batch_mean(self, z: Array) -> Array:
        """Return the mean over batch and positions, (1, C, 1, 1). On workers: over the batch of all of them."""
        return z.mean((0, 2, 3), keepdim=True)

    def batch_mask(self, shape: tuple[int, ...]) -> Array:
        """Return which features dropout keeps, (N, features). On workers: these samples' rows of the whole mask."""
        return torch.from_numpy(np.random.default_rng(self.mask_seed).random(shape) >= self.dropout)

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the cross-entropy's mean over the batch, a scalar. y is (N,) integer classes."""
        return CRITERION(self._forward(params, x, tap), y)

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        return differentiate.loss_and_grads(self, params, x, y)

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta_conv1": dL/dconv_1, "delta_hat1", "delta_norm1", "delta_pool1", "delta_conv2", ...,
        "delta_features", "delta_logits"}, each of the shape of the intermediate."""
        return differentiate.deltas(self, params, x, y)
