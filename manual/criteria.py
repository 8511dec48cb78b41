"""Criteria C(a, y), averaged over the batch, and their derivatives dC/da.

a is the prediction, (N, M). y has the shape of a, except in the two cross-entropies, where it is (N,)
integer classes. 1/N stands here and nowhere else in the package.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .activations import below_largest, sigmoid, softmax


def quadratic(a, y):
    """1/N sum over samples of 1/2 ||a - y||^2 (Nielsen, chapter 2)."""
    return 0.5 * ((a - y) ** 2).sum() / len(a)


def quadratic_derivative(a, y):
    return (a - y) / len(a)


def mse(a, y):
    """The mean of (a - y)^2 over batch and outputs, as torch.nn.MSELoss."""
    return ((a - y) ** 2).mean()


def mse_derivative(a, y):
    return 2 * (a - y) / a.size


def binary_cross_entropy(a, y):
    """The mean of -y log a - (1 - y) log(1 - a) over batch and outputs; 0 < a < 1."""
    return -(y * np.log(a) + (1 - y) * np.log1p(-a)).mean()


def binary_cross_entropy_derivative(a, y):
    return ((1 - y) / (1 - a) - y / a) / a.size


def sigmoid_binary_cross_entropy(z, y):
    """binary_cross_entropy(sigmoid(z), y): -log sigmoid(z) is log(1 + e^-z), finite for every z."""
    return (y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)).mean()


def sigmoid_binary_cross_entropy_derivative(z, y):
    """sigmoid(z) - y: sigma' has cancelled against 1 / (a (1 - a)) (Nielsen, chapter 3)."""
    return sigmoid_binary_cross_entropy_derivative_from_output(sigmoid(z), y)


def sigmoid_binary_cross_entropy_derivative_from_output(a, y):
    """dL/dz of a = sigmoid(z): a - y, over batch and outputs."""
    return (a - y) / a.size


def cross_entropy(a, y):
    """The mean over the batch of -log a[n, y_n]; the rows of a are distributions, a[n, y_n] > 0."""
    return -np.log(a[np.arange(len(a)), y]).mean()


def cross_entropy_derivative(a, y):
    da = np.zeros_like(a)
    rows = np.arange(len(a))
    da[rows, y] = -1 / (len(a) * a[rows, y])
    return da


def softmax_cross_entropy(z, y):
    """cross_entropy(softmax(z), y) = log sum e^z - z_y, with the largest z taken out of the sum first."""
    rows = np.arange(len(y))
    z, axis = below_largest(z)
    z_y = z[y, rows] if axis == 0 else z[rows, y]
    return (np.log(np.exp(z).sum(axis=axis)) - z_y).sum() / len(y)


def softmax_cross_entropy_derivative(z, y):
    """softmax(z) - onehot(y): the softmax's Jacobian has cancelled against 1 / a_y."""
    return softmax_cross_entropy_derivative_from_output(softmax(z), y)


def softmax_cross_entropy_derivative_from_output(a, y):
    """dL/dz of a = softmax(z): a - onehot(y), over N."""
    dz = a.copy()
    dz[np.arange(len(a)), y] -= 1
    dz /= len(a)
    return dz


def hinge(a, y):
    """The mean of max(0, 1 - y a) over batch and outputs; y is -1 or +1."""
    return np.maximum(0, 1 - y * a).mean()


def hinge_derivative(a, y):
    """-y where y a < 1; 0 at the kink itself."""
    return np.where(y * a < 1, -y, 0) / a.size


@dataclass(frozen=True)
class Criterion:
    """A loss and its derivative by the prediction. `classes`: y is (N,) integers."""

    forward: Callable
    derivative: Callable
    classes: bool = False

    def __call__(self, a, y):
        return self.forward(a, y)


CRITERIA = {
    "quadratic": Criterion(quadratic, quadratic_derivative),
    "mse": Criterion(mse, mse_derivative),
    "binary_cross_entropy": Criterion(binary_cross_entropy, binary_cross_entropy_derivative),
    "cross_entropy": Criterion(cross_entropy, cross_entropy_derivative, classes=True),
    "softmax_cross_entropy": Criterion(softmax_cross_entropy, softmax_cross_entropy_derivative, classes=True),
    "hinge": Criterion(hinge, hinge_derivative),
}


@dataclass(frozen=True)
class Fused(Criterion):
    """A loss of z and its derivative by z, which also has a form in a = f(z), where a is there already."""

    derivative_from_output: Callable = field(kw_only=True)


# (last activation, criterion) -> the criterion of z^L that the two together are.
FUSED = {
    ("softmax", "cross_entropy"): Fused(
        softmax_cross_entropy,
        softmax_cross_entropy_derivative,
        classes=True,
        derivative_from_output=softmax_cross_entropy_derivative_from_output,
    ),
    ("sigmoid", "binary_cross_entropy"): Fused(
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_derivative,
        derivative_from_output=sigmoid_binary_cross_entropy_derivative_from_output,
    ),
}
