"""Criteria C(a, y), averaged over the batch, their derivatives dC/da and, as r_..., R{dC/da} of a moved along R{a}.

a is the prediction, (N, M). y has the shape of a, except in the two cross-entropies, where it is (N,)
integer classes. 1/N is a factor here and nowhere else in the package.
"""

import numpy as np

from .activations import sigmoid, softmax, softmax_backward
from .arrays import Array, Scalar
from .records import Criterion, Fused, Kink


def quadratic(a: Array, y: Array) -> Scalar:
    """Return 1/N sum over samples of 1/2 ||a - y||^2 (Nielsen, chapter 2)."""
    return 0.5 * ((a - y) ** 2).sum() / len(a)


def quadratic_derivative(a: Array, y: Array) -> Array:
    return (a - y) / len(a)


def r_quadratic_derivative(r_a: Array, a: Array, y: Array) -> Array:
    return r_a / len(a)


def mse(a: Array, y: Array) -> Scalar:
    """Return the mean of (a - y)^2 over batch and outputs, as torch.nn.MSELoss."""
    return ((a - y) ** 2).mean()


def mse_derivative(a: Array, y: Array) -> Array:
    return 2 * (a - y) / a.size


def r_mse_derivative(r_a: Array, a: Array, y: Array) -> Array:
    return 2 * r_a / a.size


def binary_cross_entropy(a: Array, y: Array) -> Scalar:
    """Return the mean of -y log a - (1 - y) log(1 - a) over batch and outputs; 0 < a < 1."""
    return -(y * np.log(a) + (1 - y) * np.log1p(-a)).mean()


def binary_cross_entropy_derivative(a: Array, y: Array) -> Array:
    return ((1 - y) / (1 - a) - y / a) / a.size


def r_binary_cross_entropy_derivative(r_a: Array, a: Array, y: Array) -> Array:
    return ((1 - y) / (1 - a) ** 2 + y / a**2) * r_a / a.size


def sigmoid_binary_cross_entropy(z: Array, y: Array) -> Scalar:
    """Return binary_cross_entropy(sigmoid(z), y): -log sigmoid(z) is log(1 + e^-z), finite for every z."""
    return (y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)).mean()


def sigmoid_binary_cross_entropy_derivative(z: Array, y: Array) -> Array:
    """Return sigmoid(z) - y: sigma' has cancelled against 1 / (a (1 - a)) (Nielsen, chapter 3)."""
    return sigmoid_binary_cross_entropy_derivative_from_output(sigmoid(z), y)


def sigmoid_binary_cross_entropy_derivative_from_output(a: Array, y: Array) -> Array:
    """Return dL/dz of a = sigmoid(z): a - y, over batch and outputs."""
    return (a - y) / a.size


def r_sigmoid_binary_cross_entropy_derivative_from_output(r_a: Array, a: Array, y: Array) -> Array:
    return r_a / a.size


def cross_entropy(a: Array, y: Array) -> Scalar:
    """Return the mean over the batch of -log a[n, y_n]; the rows of a are distributions, a[n, y_n] > 0."""
    return -np.log(a[np.arange(len(a)), y]).mean()


def cross_entropy_derivative(a: Array, y: Array) -> Array:
    da = np.zeros_like(a)
    rows = np.arange(len(a))
    da[rows, y] = -1 / (len(a) * a[rows, y])
    return da


def r_cross_entropy_derivative(r_a: Array, a: Array, y: Array) -> Array:
    r_da = np.zeros_like(a)
    rows = np.arange(len(a))
    r_da[rows, y] = r_a[rows, y] / (len(a) * a[rows, y] ** 2)
    return r_da


def softmax_cross_entropy(z: Array, y: Array) -> Scalar:
    """Return cross_entropy(softmax(z), y) = log sum e^z - z_y, with the largest z taken out of both."""
    z = z - z.max(axis=-1, keepdims=True)
    return (np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(y)), y]).mean()


def softmax_cross_entropy_derivative(z: Array, y: Array) -> Array:
    """Return softmax(z) - onehot(y): the softmax's Jacobian has cancelled against 1 / a_y."""
    return softmax_cross_entropy_derivative_from_output(softmax(z), y)


def r_softmax_cross_entropy_derivative(r_z: Array, z: Array, y: Array) -> Array:
    """Return R{softmax(z)}, over N: the Jacobian of softmax is symmetric."""
    return softmax_backward(r_z, z) / len(z)


def softmax_cross_entropy_derivative_from_output(a: Array, y: Array) -> Array:
    """Return dL/dz of a = softmax(z): a - onehot(y), over N."""
    dz = a.copy()
    dz[np.arange(len(a)), y] -= 1
    dz /= len(a)
    return dz


def r_softmax_cross_entropy_derivative_from_output(r_a: Array, a: Array, y: Array) -> Array:
    return r_a / len(a)


def hinge(a: Array, y: Array) -> Scalar:
    """Return the mean of max(0, 1 - y a) over batch and outputs; y is -1 or +1."""
    return np.maximum(0, 1 - y * a).mean()


def hinge_derivative(a: Array, y: Array) -> Array:
    """Return -y where y a < 1; 0 at the kink itself."""
    return np.where(y * a < 1, -y, 0) / a.size


def r_hinge_derivative(r_a: Array, a: Array, y: Array) -> Array:
    """Return 0: dC/da jumps at the kink, and is constant elsewhere."""
    return np.zeros_like(a)


CRITERIA = {
    "quadratic": Criterion(
        quadratic,
        quadratic_derivative,
        r_quadratic_derivative,
        title="quadratic",
        f_tex=r"L = \frac{1}{N} \sum_n \frac{1}{2} \lVert a_n - y_n \rVert^2",
        slope_tex=r"\frac{1}{N} \, (a - y)",
        f_code="((a - y)**2).sum() / 2 / N",
        slope_code="(a - y) / N",
        exercise_code="(a - y) / len(a)",
    ),
    "mse": Criterion(
        mse,
        mse_derivative,
        r_mse_derivative,
        title="mean squared error",
        f_tex=r"L = \frac{1}{N M} \sum_n \lVert a_n - y_n \rVert^2",
        slope_tex=r"\frac{2}{N M} \, (a - y)",
        f_code="((a - y)**2).sum() / (N * M)",
        slope_code="2 * (a - y) / (N * M)",
        exercise_code="2 * (a - y) / a.size",
        mean_over_outputs=True,
    ),
    "binary_cross_entropy": Criterion(
        binary_cross_entropy,
        binary_cross_entropy_derivative,
        r_binary_cross_entropy_derivative,
        title="binary cross-entropy",
        f_tex=r"L = -\frac{1}{N M} \sum_{n,j} \left( y_{nj} \log a_{nj} + (1 - y_{nj}) \log(1 - a_{nj}) \right)",
        slope_tex=r"\frac{1}{N M} \left( \frac{1 - y}{1 - a} - \frac{y}{a} \right)",
        f_code="-(y * log(a) + (1 - y) * log(1 - a)).sum() / (N * M)",
        slope_code="((1 - y) / (1 - a) - y / a) / (N * M)",
        exercise_code="((1 - y) / (1 - a) - y / a) / a.size",
        targets="probabilities",
        domain="probability",
        mean_over_outputs=True,
    ),
    "cross_entropy": Criterion(
        cross_entropy,
        cross_entropy_derivative,
        r_cross_entropy_derivative,
        title="cross-entropy",
        f_tex=r"L = -\frac{1}{N} \sum_n \log a_{n, y_n}",
        slope_tex=r"-\frac{1}{N} \, \frac{1_{j = y_n}}{a_{nj}}",
        f_code="-(Y * log(a)).sum() / N",
        slope_code="-Y / a / N",
        exercise_code="-np.eye(a.shape[1])[y] / a / len(a)",
        targets="classes",
        domain="distribution",
    ),
    "softmax_cross_entropy": Criterion(
        softmax_cross_entropy,
        softmax_cross_entropy_derivative,
        r_softmax_cross_entropy_derivative,
        title="softmax cross-entropy of logits",
        f_tex=r"L = \frac{1}{N} \sum_n \left( \log \sum_k e^{a_{nk}} - a_{n, y_n} \right)",
        slope_tex=r"\frac{1}{N} \left( \mathrm{softmax}(a) - 1_{j = y_n} \right)",
        f_code="(log(exp(a).sum(axis=1)) - (Y * a).sum(axis=1)).sum() / N",
        slope_code="(exp(a) / exp(a).sum(axis=1, keepdims=True) - Y) / N",
        exercise_code="(softmax(a) - np.eye(a.shape[1])[y]) / len(a)",
        targets="classes",
    ),
    "hinge": Criterion(
        hinge,
        hinge_derivative,
        r_hinge_derivative,
        title="hinge",
        f_tex=r"L = \frac{1}{N M} \sum_{n,j} \max(0, 1 - y_{nj} a_{nj})",
        slope_tex=r"-\frac{y}{N M} \text{ where } y \, a < 1, \text{ else } 0",
        f_code="maximum(0, 1 - y * a).sum() / (N * M)",
        slope_code="where(y * a < 1, -y, 0) / (N * M)",
        exercise_code="np.where(y * a < 1, -y, 0.0) / a.size",
        targets="signs",
        mean_over_outputs=True,
        kinks=(Kink(at=1.0, left=-1.0, right=0.0, torch=0.0, jax=0.0),),
    ),
}

# (last activation, criterion) -> the criterion of z^L that the two together are.
FUSED = {
    ("softmax", "cross_entropy"): Fused(
        softmax_cross_entropy,
        softmax_cross_entropy_derivative,
        softmax_cross_entropy_derivative_from_output,
        r_softmax_cross_entropy_derivative_from_output,
        delta_tex=r"\frac{1}{N} \left( a^{L} - 1_{j = y_n} \right)",
        delta_code="(a - Y) / N",
        cancels_tex=r"\sum_k \frac{\partial L}{\partial a_k} \, a_k \, (1_{k=j} - a_j)"
        r" = \frac{1}{N} \, (a_j - 1_{j = y_n})",
        exercise_code="(a - np.eye(a.shape[1])[y]) / len(y)",
    ),
    ("sigmoid", "binary_cross_entropy"): Fused(
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_derivative,
        sigmoid_binary_cross_entropy_derivative_from_output,
        r_sigmoid_binary_cross_entropy_derivative_from_output,
        delta_tex=r"\frac{1}{N M} \left( a^{L} - y \right)",
        delta_code="(a - y) / (N * M)",
        cancels_tex=r"\left( \frac{1 - y}{1 - a} - \frac{y}{a} \right) a \, (1 - a) = a - y",
        exercise_code="(a - y) / y.size",
    ),
}
