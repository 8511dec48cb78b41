"""A convolutional network in LeNet's manner, every delta derived by hand.

    conv_l = W^l * pool_{l-1} + b^l                     l = 1 .. L-1, a convolution; pool_0 = x
    hat_l  = (conv_l - mean) / sqrt(var + eps)          mean and var over batch and positions
    norm_l = gamma^l hat_l + beta^l
    relu_l = max(norm_l, 0)
    pool_l = maximum or mean of each window of relu_l
    logits = features W^L^T + b^L                       features: pool_{L-1} in rows, after dropout if any

x is (N, C_0 H V), one sample a row, or (N, C_0, H, V). Parameters are a flat dict {"W1", "b1", "gamma1", "beta1", ...,
"WL", "bL"}: W^l is (C_l, C_{l-1}, K, K), b^l, gamma^l, beta^l are (C_l,); W^L is (classes, features), b^L (classes,).
The mean takes b^l away again, so its gradient is 0 whatever the data; bias=False leaves it out. `layers/` has the
formulas and where they come from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .fields import check_cnn
from .init import SCHEMES
from .layers import batch_norm as bn
from .layers.conv import conv2d, conv2d_bias_gradient, conv2d_input_gradient, conv2d_weight_gradient
from .layers.dropout import dropout, dropout_backward, dropout_mask
from .layers.pool import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward
from .trace import Tap, Trace, untouched

POOLS = {"max": (max_pool2d, max_pool2d_backward), "avg": (avg_pool2d, avg_pool2d_backward)}
RELU = ACTIVATIONS["relu"]
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

    def init(self, rng: np.random.Generator, dtype: DTypeLike = "float64", scheme: str = "xavier") -> Params:
        """Draw parameters from the NumPy generator `rng`; biases and beta 0, gamma 1. scheme: from init.SCHEMES.

        A kernel is drawn as a weight matrix (C_l, C_{l-1} K K).
        """
        params: Params = {}
        incoming = self.image[0]
        for l, c in enumerate(self.channels, start=1):
            drawn = SCHEMES[scheme](rng, c, incoming * self.kernel**2).astype(dtype)
            params[f"W{l}"] = drawn.reshape(c, incoming, self.kernel, self.kernel)
            if self.bias:
                params[f"b{l}"] = np.zeros(c, dtype)
            params[f"gamma{l}"], params[f"beta{l}"] = np.ones(c, dtype), np.zeros(c, dtype)
            incoming = c
        features = incoming * self.sizes[-1][0] * self.sizes[-1][1]
        params[f"W{self.depth}"] = SCHEMES[scheme](rng, self.classes, features).astype(dtype)
        params[f"b{self.depth}"] = np.zeros(self.classes, dtype)
        return params

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction softmax(logits), (N, classes)."""
        return ACTIVATIONS["softmax"](self.forward_pass(params, x).a["logits"])

    def forward_pass(self, params: Params, x: Array, tap: Tap = untouched) -> Trace:
        """Return the Trace with every intermediate. tap(name, z) sees each of them and may replace it."""
        trace = Trace(params, x.reshape(len(x), *self.image), tap)
        pool = trace.x
        for l in range(1, self.depth):
            conv = self._convolution(l, pool, trace)
            hat, trace.kept[f"scale{l}"] = bn.normalise(conv, mean=self.batch_mean)
            hat = trace.record(f"hat{l}", hat)
            norm = trace.record(f"norm{l}", bn.rescale(hat, params[f"gamma{l}"], params[f"beta{l}"]))
            pool, trace.kept[f"pool{l}"] = POOLS[self.pool][0](RELU(norm), window=self.window)
            pool = trace.record(f"pool{l}", pool)
        features = trace.record("features", self._dropout(pool.reshape(len(x), -1), trace))
        trace.record("logits", features @ params[f"W{self.depth}"].T + params[f"b{self.depth}"])
        return trace

    def _convolution(self, l: int, pool: Array, trace: Trace) -> Array:
        W, b = trace.params[f"W{l}"], trace.params.get(f"b{l}")
        z, trace.kept[f"conv{l}"] = conv2d(pool, W, b, stride=self.stride, padding=self.padding)
        return trace.record(f"conv{l}", z)

    def _dropout(self, features: Array, trace: Trace) -> Array:
        if not self.dropout:
            return features
        mask = self.batch_mask(features.shape)
        features, trace.kept["dropout"] = dropout(features, mask, rate=self.dropout)
        return features

    def batch_mean(self, z: Array) -> Array:
        """Return the mean over batch and positions, (1, C, 1, 1). On workers: over the batch of all of them."""
        return z.mean(axis=(0, 2, 3), keepdims=True)

    def batch_mask(self, shape: tuple[int, ...]) -> Array:
        """Return which features dropout keeps, (N, features). On workers: these samples' rows of the whole mask."""
        return dropout_mask(np.random.default_rng(self.mask_seed), shape, self.dropout)

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the cross-entropy's mean over the batch, a scalar. y is (N,) integer classes."""
        return CRITERION(self.forward_pass(params, x, tap).a["logits"], y)

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        grads = {name: trace.grads[name] for name in params if name in trace.grads}
        return CRITERION(trace.a["logits"], y), grads

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta_conv1": dL/dconv_1, "delta_hat1", "delta_norm1", "delta_pool1", "delta_conv2", ...,
        "delta_features", "delta_logits"}, each of the shape of the intermediate."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        return {f"delta_{name}": trace.delta[name] for name in trace.a}

    def backward_pass(self, trace: Trace, y: Array) -> Trace:
        """Add delta of every intermediate and the gradients to the Trace of a forward pass, from the loss down."""
        trace.y = y
        delta, grads, last = trace.delta, trace.grads, self.depth
        delta["logits"] = self.output_delta(trace)
        grads[f"b{last}"] = self.linear_bias_gradient(trace)
        grads[f"W{last}"] = self.linear_weight_gradient(trace)
        delta["features"] = self.linear_input_gradient(trace)
        delta[f"pool{last - 1}"] = self.dropout_gradient(trace).reshape(trace.a[f"pool{last - 1}"].shape)
        for l in range(last - 1, 0, -1):
            delta[f"relu{l}"] = self.pool_gradient(l, trace)
            delta[f"norm{l}"] = self.relu_gradient(l, trace)
            grads[f"beta{l}"] = self.beta_gradient(l, trace)
            grads[f"gamma{l}"] = self.gamma_gradient(l, trace)
            delta[f"hat{l}"] = self.hat_gradient(l, trace)
            delta[f"conv{l}"] = self.norm_gradient(l, trace)
            if self.bias:
                grads[f"b{l}"] = self.conv_bias_gradient(l, trace)
            grads[f"W{l}"] = self.conv_weight_gradient(l, trace)
            if l > 1:  # the gradient by x is not needed
                delta[f"pool{l - 1}"] = self.conv_input_gradient(l, trace)
        return trace

    # ---- The rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, trace: Trace) -> Array:
        """dlogits = (softmax(logits) - onehot(y)) / N: undoes the cross-entropy"""
        return CRITERION.derivative(trace.a["logits"], trace.y)

    def linear_bias_gradient(self, trace: Trace) -> Array:
        """db^L = sum over the batch of dlogits: undoes + b^L"""
        return trace.delta["logits"].sum(axis=0)

    def linear_weight_gradient(self, trace: Trace) -> Array:
        """dW^L = dlogits^T features: undoes features W^L^T by W^L"""
        return trace.delta["logits"].T @ trace.a["features"]

    def linear_input_gradient(self, trace: Trace) -> Array:
        """dfeatures = dlogits W^L: undoes features W^L^T by the features"""
        return trace.delta["logits"] @ trace.params[f"W{self.depth}"]

    def dropout_gradient(self, trace: Trace) -> Array:
        """Keep what the forward pass kept, scaled alike: undoes features * mask / (1 - rate)"""
        dfeatures = trace.delta["features"]
        return dropout_backward(dfeatures, trace.kept["dropout"])[0] if self.dropout else dfeatures

    def pool_gradient(self, l: int, trace: Trace) -> Array:
        """drelu_l: dpool_l goes to the (first) maximum of each window, or in equal shares: undoes pool_l"""
        return POOLS[self.pool][1](trace.delta[f"pool{l}"], trace.kept[f"pool{l}"])

    def relu_gradient(self, l: int, trace: Trace) -> Array:
        """dnorm_l = drelu_l where norm_l > 0, else 0: undoes relu_l = max(norm_l, 0)"""
        return RELU.backward(trace.delta[f"relu{l}"], trace.a[f"norm{l}"])

    def beta_gradient(self, l: int, trace: Trace) -> Array:
        """dbeta^l = sum over batch and positions of dnorm_l: undoes + beta^l"""
        return bn.beta_gradient(trace.delta[f"norm{l}"])

    def gamma_gradient(self, l: int, trace: Trace) -> Array:
        """dgamma^l = sum over batch and positions of dnorm_l hat_l: undoes gamma^l hat_l by gamma^l"""
        return bn.gamma_gradient(trace.delta[f"norm{l}"], trace.a[f"hat{l}"])

    def hat_gradient(self, l: int, trace: Trace) -> Array:
        """dhat_l = gamma^l dnorm_l: undoes gamma^l hat_l by hat_l"""
        return bn.hat_gradient(trace.delta[f"norm{l}"], trace.params[f"gamma{l}"])

    def norm_gradient(self, l: int, trace: Trace) -> Array:
        """dconv_l = (dhat_l - its mean - hat_l mean(dhat_l hat_l)) / sqrt(var + eps): undoes hat_l"""
        direct = trace.delta[f"hat{l}"]
        return trace.kept[f"scale{l}"] * (direct - self.mean_path(l, trace) - self.variance_path(l, trace))

    def mean_path(self, l: int, trace: Trace) -> Array:
        """mean(dhat_l): undoes conv_l - mean by the mean, which every conv_l of the channel moves"""
        return bn.mean_path(trace.delta[f"hat{l}"], mean=self.batch_mean)

    def variance_path(self, l: int, trace: Trace) -> Array:
        """hat_l mean(dhat_l hat_l): undoes / sqrt(var + eps) by var, which every conv_l of the channel moves"""
        return bn.variance_path(trace.delta[f"hat{l}"], trace.a[f"hat{l}"], mean=self.batch_mean)

    def conv_bias_gradient(self, l: int, trace: Trace) -> Array:
        """db^l = sum over batch and positions of dconv_l: undoes + b^l"""
        return conv2d_bias_gradient(trace.delta[f"conv{l}"])

    def conv_weight_gradient(self, l: int, trace: Trace) -> Array:
        """dW^l = sum over batch and positions of dconv_l times the patch under it: undoes W^l * pool by W^l"""
        return conv2d_weight_gradient(trace.delta[f"conv{l}"], trace.kept[f"conv{l}"])

    def conv_input_gradient(self, l: int, trace: Trace) -> Array:
        """dpool_{l-1}: dconv_l times the kernel, put back on its patch: undoes W^l * pool_{l-1} by pool, l > 1"""
        return conv2d_input_gradient(trace.delta[f"conv{l}"], trace.kept[f"conv{l}"])
