"""A convolutional network in LeNet's manner, every delta derived by hand.

    conv_l = W^l * pool_{l-1} + b^l                     l = 1 .. L-1, a convolution; pool_0 = x
    hat_l  = (conv_l - mean) / sqrt(var + eps)          mean and var over batch and positions
    norm_l = gamma^l hat_l + beta^l
    relu_l = max(norm_l, 0)
    pool_l = maximum or mean of each window of relu_l
    logits = features W^L^T + b^L                       features: pool_{L-1} in rows, with dropout where asked for

x is (N, C_0 H V), one sample a row, or (N, C_0, H, V). Parameters are a flat dict {"W1", "b1", "gamma1", "beta1", ...,
"WL", "bL"}: W^l is (C_l, C_{l-1}, K, K), b^l, gamma^l, beta^l are (C_l,); W^L is (classes, features), b^L (classes,).
The mean takes b^l away again, so its gradient is 0 whatever the data; bias=False leaves it out. `layers/` has the
formulas and where they come from.
"""

from dataclasses import dataclass, field

import numpy as np

from .activations import ACTIVATIONS
from .criteria import FUSED
from .init import SCHEMES
from .layers import batch_norm as bn
from .layers import conv
from .layers.dropout import dropout, dropout_backward, dropout_mask
from .layers.pool import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

POOLS = {"max": (max_pool2d, max_pool2d_backward), "avg": (avg_pool2d, avg_pool2d_backward)}
RELU = ACTIVATIONS["relu"]
CRITERION = FUSED["softmax", "cross_entropy"]


@dataclass
class Pass:
    """What one forward and one backward pass leave behind, by layer; dconv[l] is dL/dconv_l, and so on."""

    W: dict
    b: dict
    gamma: dict
    beta: dict
    conv: dict = field(default_factory=dict)
    hat: dict = field(default_factory=dict)
    scale: dict = field(default_factory=dict)
    norm: dict = field(default_factory=dict)
    relu: dict = field(default_factory=dict)
    pool: dict = field(default_factory=dict)
    conv_cache: dict = field(default_factory=dict)
    pool_cache: dict = field(default_factory=dict)
    dropout_cache: tuple = ()
    features: object = None
    logits: object = None
    y: object = None
    dlogits: object = None
    dfeatures: object = None
    dpool: dict = field(default_factory=dict)
    drelu: dict = field(default_factory=dict)
    dnorm: dict = field(default_factory=dict)
    dhat: dict = field(default_factory=dict)
    dconv: dict = field(default_factory=dict)
    dW: dict = field(default_factory=dict)
    db: dict = field(default_factory=dict)
    dgamma: dict = field(default_factory=dict)
    dbeta: dict = field(default_factory=dict)


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

    def init(self, rng, dtype="float64", scheme="xavier"):
        """Parameters drawn from the NumPy generator `rng`; biases and beta 0, gamma 1. scheme: from init.SCHEMES.

        A kernel is drawn as a weight matrix (C_l, C_{l-1} K K).
        """
        params, incoming = {}, self.image[0]
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

    def forward(self, params, x):
        """The prediction softmax(logits), (N, classes)."""
        return ACTIVATIONS["softmax"](self._forward(params, x).logits)

    def loss(self, params, x, y):
        """The cross-entropy's mean over the batch; a scalar. y is (N,) integer classes."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        p = self._backward(self._forward(params, x), y)
        grads = {}
        for l in range(1, self.depth):
            grads[f"W{l}"] = p.dW[l]
            if self.bias:
                grads[f"b{l}"] = p.db[l]
            grads[f"gamma{l}"], grads[f"beta{l}"] = p.dgamma[l], p.dbeta[l]
        grads[f"W{self.depth}"], grads[f"b{self.depth}"] = p.dW[self.depth], p.db[self.depth]
        return CRITERION(p.logits, y), grads

    def deltas(self, params, x, y):
        """{"delta_conv1": dL/dconv_1, "delta_hat1", "delta_norm1", "delta_pool1", "delta_conv2", ...,
        "delta_features", "delta_logits"}, each of the shape of what it is named after."""
        p = self._backward(self._forward(params, x), y)
        found = {}
        for l in range(1, self.depth):
            found[f"delta_conv{l}"], found[f"delta_hat{l}"] = p.dconv[l], p.dhat[l]
            found[f"delta_norm{l}"], found[f"delta_pool{l}"] = p.dnorm[l], p.dpool[l]
        return found | {"delta_features": p.dfeatures, "delta_logits": p.dlogits}

    # ---- The backward rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, p):
        """dlogits = (softmax(logits) - onehot(y)) / N"""
        return CRITERION.derivative(p.logits, p.y)

    def linear_bias_gradient(self, p):
        """db^L = sum over the batch of dlogits"""
        return p.dlogits.sum(axis=0)

    def linear_weight_gradient(self, p):
        """dW^L = dlogits^T features"""
        return p.dlogits.T @ p.features

    def linear_input_gradient(self, p):
        """dfeatures = dlogits W^L"""
        return p.dlogits @ p.W[self.depth]

    def dropout_gradient(self, p):
        """what is left out on the way forward is left out on the way back; the rest is scaled alike"""
        return dropout_backward(p.dfeatures, p.dropout_cache)[0] if self.dropout else p.dfeatures

    def pool_gradient(self, l, p):
        """drelu_l: dpool_l goes to the (first) maximum of each window, or in equal shares to all of it"""
        return POOLS[self.pool][1](p.dpool[l], p.pool_cache[l])

    def relu_gradient(self, l, p):
        """dnorm_l = drelu_l where norm_l > 0, else 0"""
        return RELU.backward(p.drelu[l], p.norm[l])

    def beta_gradient(self, l, p):
        """dbeta^l = sum over batch and positions of dnorm_l"""
        return bn.beta_gradient(p.dnorm[l])

    def gamma_gradient(self, l, p):
        """dgamma^l = sum over batch and positions of dnorm_l hat_l"""
        return bn.gamma_gradient(p.dnorm[l], p.hat[l])

    def hat_gradient(self, l, p):
        """dhat_l = gamma^l dnorm_l"""
        return bn.hat_gradient(p.dnorm[l], p.gamma[l])

    def norm_gradient(self, l, p):
        """dconv_l = (dhat_l - its mean - hat_l times the mean of dhat_l hat_l) / sqrt(var + eps)"""
        return p.scale[l] * (p.dhat[l] - self.mean_path(l, p) - self.variance_path(l, p))

    def mean_path(self, l, p):
        """mean dhat_l: every conv_l moves the mean, and the mean every hat_l of its channel"""
        return bn.mean_path(p.dhat[l])

    def variance_path(self, l, p):
        """hat_l mean(dhat_l hat_l): every conv_l moves the variance too"""
        return bn.variance_path(p.dhat[l], p.hat[l])

    def conv_bias_gradient(self, l, p):
        """db^l = sum over batch and positions of dconv_l"""
        return conv.conv2d_bias_gradient(p.dconv[l])

    def conv_weight_gradient(self, l, p):
        """dW^l = sum over batch and positions of dconv_l times the patch under it"""
        return conv.conv2d_weight_gradient(p.dconv[l], p.conv_cache[l])

    def conv_input_gradient(self, l, p):
        """dpool_{l-1}: each dconv_l, times the kernel, goes to the patch it came from, l > 1"""
        return conv.conv2d_input_gradient(p.dconv[l], p.conv_cache[l])

    # ---- One forward pass, one backward pass

    def _forward(self, params, x, tap=_untouched):
        convs = range(1, self.depth)
        p = Pass(
            W={l: params[f"W{l}"] for l in range(1, self.depth + 1)},
            b={l: params.get(f"b{l}") for l in range(1, self.depth + 1)},
            gamma={l: params[f"gamma{l}"] for l in convs},
            beta={l: params[f"beta{l}"] for l in convs},
            pool={0: x.reshape(len(x), *self.image)},
        )
        for l in convs:
            z, p.conv_cache[l] = conv.conv2d(
                p.pool[l - 1], p.W[l], p.b[l], stride=self.stride, padding=self.padding
            )
            p.conv[l] = tap(f"delta_conv{l}", z)
            hat, p.scale[l] = bn.normalise(p.conv[l])
            p.hat[l] = tap(f"delta_hat{l}", hat)
            p.norm[l] = tap(f"delta_norm{l}", bn.rescale(p.hat[l], p.gamma[l], p.beta[l]))
            p.relu[l] = RELU(p.norm[l])
            z, p.pool_cache[l] = POOLS[self.pool][0](p.relu[l], window=self.window)
            p.pool[l] = tap(f"delta_pool{l}", z)
        features = p.pool[self.depth - 1].reshape(len(x), -1)
        if self.dropout:
            mask = dropout_mask(np.random.default_rng(self.mask_seed), features.shape, self.dropout)
            features, p.dropout_cache = dropout(features, mask, rate=self.dropout)
        p.features = tap("delta_features", features)
        p.logits = tap("delta_logits", p.features @ p.W[self.depth].T + p.b[self.depth])
        return p

    def _backward(self, p, y):
        p.y = y
        last = self.depth
        p.dlogits = self.output_delta(p)
        p.db[last] = self.linear_bias_gradient(p)
        p.dW[last] = self.linear_weight_gradient(p)
        p.dfeatures = self.linear_input_gradient(p)
        p.dpool[last - 1] = self.dropout_gradient(p).reshape(p.pool[last - 1].shape)
        for l in range(last - 1, 0, -1):
            p.drelu[l] = self.pool_gradient(l, p)
            p.dnorm[l] = self.relu_gradient(l, p)
            p.dbeta[l] = self.beta_gradient(l, p)
            p.dgamma[l] = self.gamma_gradient(l, p)
            p.dhat[l] = self.hat_gradient(l, p)
            p.dconv[l] = self.norm_gradient(l, p)
            if self.bias:
                p.db[l] = self.conv_bias_gradient(l, p)
            p.dW[l] = self.conv_weight_gradient(l, p)
            if l > 1:  # nobody asks for the gradient of x
                p.dpool[l - 1] = self.conv_input_gradient(l, p)
        return p

    def _loss(self, params, x, y, tap=_untouched):
        return CRITERION(self._forward(params, x, tap).logits, y)
