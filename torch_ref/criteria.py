"""Criteria C(a, y), averaged over the batch; torch derives them.

a is the prediction, (N, M). y has the shape of a, except in the two cross-entropies, where it is (N,)
integer classes. 1/N is a factor here and nowhere else in the package.
"""

from collections.abc import Callable

import torch
from torch.nn import functional as F

from .arrays import Array, Scalar

Criterion = Callable[[Array, Array], Scalar]  # of a and y
Fused = Callable[[Array, Array], Scalar]  # of z^L and y


def quadratic(a: Array, y: Array) -> Scalar:
    """Return 1/N sum over samples of 1/2 ||a - y||^2 (Nielsen, chapter 2)."""
    return 0.5 * ((a - y) ** 2).sum() / len(a)


def mse(a: Array, y: Array) -> Scalar:
    """Return the mean of (a - y)^2 over batch and outputs, as torch.nn.MSELoss."""
    return ((a - y) ** 2).mean()


def binary_cross_entropy(a: Array, y: Array) -> Scalar:
    """Return the mean of -y log a - (1 - y) log(1 - a) over batch and outputs; 0 < a < 1."""
    return -(y * torch.log(a) + (1 - y) * torch.log1p(-a)).mean()


def sigmoid_binary_cross_entropy(z: Array, y: Array) -> Scalar:
    """Return binary_cross_entropy(sigmoid(z), y), finite for every z."""
    zero = torch.zeros_like(z)
    return (y * torch.logaddexp(zero, -z) + (1 - y) * torch.logaddexp(zero, z)).mean()


def cross_entropy(a: Array, y: Array) -> Scalar:
    """Return the mean over the batch of -log a[n, y_n]; the rows of a are distributions, a[n, y_n] > 0."""
    return -torch.log(a.gather(1, y.long()[:, None])).mean()


def softmax_cross_entropy(z: Array, y: Array) -> Scalar:
    """Return cross_entropy(softmax(z), y), finite for every z."""
    return F.cross_entropy(z, y.long())


def hinge(a: Array, y: Array) -> Scalar:
    """Return the mean of max(0, 1 - y a) over batch and outputs; y is -1 or +1."""
    return torch.relu(1 - y * a).mean()


CRITERIA: dict[str, Criterion] = {
    "quadratic": quadratic,
    "mse": mse,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
    "softmax_cross_entropy": softmax_cross_entropy,
    "hinge": hinge,
}

# (last activation, criterion) -> the criterion of z^L that the two together are.
FUSED: dict[tuple[str, str], Fused] = {
    ("softmax", "cross_entropy"): softmax_cross_entropy,
    ("sigmoid", "binary_cross_entropy"): sigmoid_binary_cross_entropy,
}
