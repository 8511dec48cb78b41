"""Activation functions a = f(z) and, each followed at once, their derivatives.

z has any shape; all but softmax work entry by entry. Every formula is written so that no
intermediate overflows: exp is only ever taken of a number <= 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erfc

LEAKY_SLOPE = 0.01
GELU_CUBIC = 0.044715
SQRT_2_PI = 0.7978845608028654  # sqrt(2 / pi)
SHORT = 32  # entries of a row


def sigmoid(z):
    """1 / (1 + e^-z)"""
    e = np.exp(-np.abs(z))
    a = np.maximum(e, z >= 0)  # 1 where z >= 0, else e; np.where is ten times slower
    e += 1  # in place: both arrays are our own, and fresh memory costs more than the sum
    a /= e
    return a


def sigmoid_derivative(z):
    """f'(z) = f(z) (1 - f(z)) = e^-|z| / (1 + e^-|z|)^2, which does not cancel where f(z) is near 1."""
    e = np.exp(-np.abs(z))
    e /= (1 + e) ** 2
    return e


def sigmoid_and_derivative(z):
    """f(z) and f'(z) by the two formulas above, which have e^-|z| in common; z is an array."""
    dtype = np.result_type(z, np.float16)  # integers become floats
    e, a, denominator = (np.empty_like(z, dtype) for _ in range(3))
    np.abs(z, out=e)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.add(e, 1, out=denominator)
    np.greater_equal(z, 0, out=a)
    np.maximum(a, e, out=a)
    a /= denominator
    denominator *= denominator
    e /= denominator
    return a, e


def tanh(z):
    return np.tanh(z)


def tanh_derivative(z):
    """f'(z) = 1 - tanh(z)^2 = 4 e^-2|z| / (1 + e^-2|z|)^2, which does not cancel where |f(z)| is near 1."""
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def relu(z):
    return np.maximum(z, 0)


def relu_derivative(z):
    """1 where z > 0; 0 at the kink itself, as torch and jax have it."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z):
    return np.maximum(z, LEAKY_SLOPE * z)


def leaky_relu_derivative(z):
    """1 where z > 0, else the slope; at the kink torch takes the slope too, jax takes 1."""
    return np.where(z > 0, 1, LEAKY_SLOPE).astype(z.dtype)


def softplus(z):
    """log(1 + e^z)"""
    return np.logaddexp(z, 0).astype(z.dtype)


def softplus_derivative(z):
    """f'(z) = sigmoid(z)"""
    return sigmoid(z)


def gelu(z):
    """z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel 2016, exact form)."""
    return z * _normal_cdf(z)


def gelu_derivative(z):
    """f'(z) = Phi(z) + z phi(z)"""
    return _normal_cdf(z) + z * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi).astype(z.dtype)


def _normal_cdf(z):
    # erfc, not 1 + erf: the latter loses every digit from z = -6 down.
    return 0.5 * erfc(-z / np.sqrt(2).astype(z.dtype))


def gelu_tanh(z):
    """z (1 + tanh u) / 2, u = sqrt(2/pi) (z + 0.044715 z^3): gelu as GPT-2 has it (Hendrycks and Gimpel 2016)."""
    # (1 + tanh u) / 2 is sigmoid(2 u), which does not cancel where tanh u is near -1.
    return z * sigmoid(2 * _gelu_argument(z))


def gelu_tanh_derivative(z):
    """f'(z) = s + z s (1 - s) 2 u', s = sigmoid(2 u)"""
    u = _gelu_argument(z)
    slope = SQRT_2_PI * (1 + 3 * GELU_CUBIC * z * z)
    return sigmoid(2 * u) + z * sigmoid_derivative(2 * u) * (2 * slope)


def _gelu_argument(z):
    return SQRT_2_PI * (z + GELU_CUBIC * z * z * z)


def silu(z):
    """z sigmoid(z) (Hendrycks and Gimpel 2016; swish with beta = 1, Ramachandran et al. 2017)."""
    return z * sigmoid(z)


def silu_derivative(z):
    """f'(z) = sigmoid(z) + z sigmoid'(z)"""
    return sigmoid(z) + z * sigmoid_derivative(z)


def identity(z):
    return z


def identity_derivative(z):
    return np.ones_like(z)


def softmax(z):
    """e^z / sum e^z over the last axis."""
    e, axis = below_largest(z)
    e = np.exp(e)
    e /= e.sum(axis=axis, keepdims=True)
    return e.T.copy() if axis == 0 else e


def below_largest(z):
    """A copy of z minus its maximum over the last axis, and the number that axis has in the copy.

    Short rows are laid out as columns: NumPy reduces rows one by one, columns side by side.
    """
    copy, axis = (z.T.copy(), 0) if z.shape[-1] <= SHORT else (z.copy(), -1)
    copy -= copy.max(axis=axis, keepdims=True)
    return copy, axis


def softmax_backward(da, z):
    """da (diag(a) - a a^T), the product with the whole Jacobian: every output depends on every input."""
    a = softmax(z)
    return a * (da - (da * a).sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Activation:
    """f and what takes the derivative by its output to the derivative by its input.

    together: z -> (f(z), f'(z)), for an f that shares its expensive part with its derivative.
    """

    forward: Callable
    derivative: Callable
    together: Callable | None = None

    def __call__(self, z):
        return self.forward(z)

    def with_slope(self, z):
        """f(z), and f'(z) where it costs little beside f(z), else None."""
        return self.together(z) if self.together else (self.forward(z), None)

    def backward(self, da, z, slope=None):
        """dL/dz = dL/da * f'(z); da, z and the result all have the shape of z. slope: f'(z), where it is known."""
        return da * (self.derivative(z) if slope is None else slope)


@dataclass(frozen=True)
class Softmax(Activation):
    """Not entry by entry, so there is no f'(z) to multiply with."""

    def backward(self, da, z, slope=None):
        return softmax_backward(da, z)


def _no_entrywise_derivative(z):
    raise TypeError("softmax has a Jacobian, not an entrywise derivative: use backward(da, z)")


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, sigmoid_derivative, sigmoid_and_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "leaky_relu": Activation(leaky_relu, leaky_relu_derivative),
    "softplus": Activation(softplus, softplus_derivative),
    "gelu": Activation(gelu, gelu_derivative),
    "gelu_tanh": Activation(gelu_tanh, gelu_tanh_derivative),
    "silu": Activation(silu, silu_derivative),
    "identity": Activation(identity, identity_derivative),
    "softmax": Softmax(softmax, _no_entrywise_derivative),
}
