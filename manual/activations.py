"""Activation functions a = f(z) and, each followed at once, their first and second derivatives.

z has any shape; all but softmax work entry by entry. Every formula is written so that no
intermediate overflows: exp is only ever taken of a number <= 0.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .records import Activation, Kink

LEAKY_SLOPE = 0.01
GELU_CUBIC = 0.044715
SQRT_2_PI = 0.7978845608028654  # sqrt(2 / pi)


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + e^-z)"""
    e = np.exp(-np.abs(z))
    return np.maximum(e, z >= 0) / (1 + e)  # 1 where z >= 0, else e, over 1 + e


def sigmoid_derivative(z: Array) -> Array:
    """Return f'(z) = f(z) (1 - f(z)) = e^-|z| / (1 + e^-|z|)^2, which does not cancel where f(z) is near 1."""
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def sigmoid_and_derivative(z: Array) -> tuple[Array, Array]:
    """Return f(z) and f'(z) by the two formulas above, which have e^-|z| in common."""
    e = np.exp(-np.abs(z))
    return np.maximum(e, z >= 0) / (1 + e), e / (1 + e) ** 2


def sigmoid_second_derivative(z: Array) -> Array:
    """Return f''(z) = f'(z) (1 - 2 f(z)), where 1 - 2 f(z) = -tanh(z/2) does not cancel near z = 0."""
    return -sigmoid_derivative(z) * np.tanh(0.5 * z)


def tanh(z: Array) -> Array:
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """Return f'(z) = 1 - tanh(z)^2 = 4 e^-2|z| / (1 + e^-2|z|)^2, which does not cancel where |f(z)| is near 1."""
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def tanh_second_derivative(z: Array) -> Array:
    """Return f''(z) = -2 f(z) f'(z)"""
    return -2 * np.tanh(z) * tanh_derivative(z)


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def relu_derivative(z: Array) -> Array:
    """Return 1 where z > 0; 0 at the kink itself, as in torch and jax."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z: Array) -> Array:
    return np.maximum(z, LEAKY_SLOPE * z)


def leaky_relu_derivative(z: Array) -> Array:
    """Return 1 where z > 0, else the slope; at the kink torch takes the slope, jax takes 1."""
    return np.where(z > 0, 1, LEAKY_SLOPE).astype(z.dtype)


def softplus(z: Array) -> Array:
    """Return log(1 + e^z)"""
    return np.logaddexp(z, 0).astype(z.dtype)


def softplus_derivative(z: Array) -> Array:
    """Return f'(z) = sigmoid(z)"""
    return sigmoid(z)


def softplus_second_derivative(z: Array) -> Array:
    """Return f''(z) = sigmoid'(z)"""
    return sigmoid_derivative(z)


def gelu(z: Array) -> Array:
    """Return z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel 2016, exact form)."""
    return z * _normal_cdf(z)


def gelu_derivative(z: Array) -> Array:
    """Return f'(z) = Phi(z) + z phi(z)"""
    return _normal_cdf(z) + z * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi).astype(z.dtype)


def gelu_second_derivative(z: Array) -> Array:
    """Return f''(z) = (2 - z^2) phi(z), for phi'(z) = -z phi(z)"""
    return (2 - z * z) * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi).astype(z.dtype)


def _normal_cdf(z: Array) -> Array:
    from scipy.special import erfc  # here: its import takes longer than NumPy's

    # erfc, not 1 + erf: the latter loses every digit from z = -6 down.
    return 0.5 * erfc(-z / np.sqrt(2).astype(z.dtype))


def gelu_tanh(z: Array) -> Array:
    """Return z (1 + tanh u) / 2, u = sqrt(2/pi) (z + 0.044715 z^3): gelu in GPT-2 (Hendrycks and Gimpel 2016)."""
    # (1 + tanh u) / 2 is sigmoid(2 u), which does not cancel where tanh u is near -1.
    return z * sigmoid(2 * _gelu_argument(z))


def gelu_tanh_derivative(z: Array) -> Array:
    """Return f'(z) = s + z s (1 - s) 2 u', s = sigmoid(2 u)"""
    u = _gelu_argument(z)
    slope = SQRT_2_PI * (1 + 3 * GELU_CUBIC * z * z)
    return sigmoid(2 * u) + z * sigmoid_derivative(2 * u) * (2 * slope)


def gelu_tanh_second_derivative(z: Array) -> Array:
    """Return f''(z) = 2 s' 2 u' + z (s'' (2 u')^2 + s' 2 u''), s = sigmoid(2 u)"""
    u = _gelu_argument(z)
    first = 2 * SQRT_2_PI * (1 + 3 * GELU_CUBIC * z * z)
    second = 2 * SQRT_2_PI * 6 * GELU_CUBIC * z
    s1, s2 = sigmoid_derivative(2 * u), sigmoid_second_derivative(2 * u)
    return 2 * s1 * first + z * (s2 * first * first + s1 * second)


def _gelu_argument(z: Array) -> Array:
    return SQRT_2_PI * (z + GELU_CUBIC * z * z * z)


def silu(z: Array) -> Array:
    """Return z sigmoid(z) (Hendrycks and Gimpel 2016; swish with beta = 1, Ramachandran et al. 2017)."""
    return z * sigmoid(z)


def silu_derivative(z: Array) -> Array:
    """Return f'(z) = sigmoid(z) + z sigmoid'(z)"""
    return sigmoid(z) + z * sigmoid_derivative(z)


def silu_second_derivative(z: Array) -> Array:
    """Return f''(z) = 2 sigmoid'(z) + z sigmoid''(z)"""
    return 2 * sigmoid_derivative(z) + z * sigmoid_second_derivative(z)


def identity(z: Array) -> Array:
    return z


def identity_derivative(z: Array) -> Array:
    return np.ones_like(z)


def softmax(z: Array) -> Array:
    """Return e^z / sum e^z over the last axis, with the largest z taken out of both."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(da: Array, z: Array) -> Array:
    """Return da (diag(a) - a a^T), the product with the whole Jacobian: every output depends on every input."""
    a = softmax(z)
    return a * (da - (da * a).sum(axis=-1, keepdims=True))


def r_softmax_backward(r_da: Array, da: Array, r_z: Array, z: Array) -> Array:
    """Return R{.} of softmax_backward: each of its factors a, da and the sum moves."""
    a, r_a = softmax(z), softmax_backward(r_z, z)  # the Jacobian is symmetric
    centred = da - (da * a).sum(axis=-1, keepdims=True)
    r_centred = r_da - (r_da * a + da * r_a).sum(axis=-1, keepdims=True)
    return r_a * centred + a * r_centred


@dataclass(frozen=True)
class Softmax(Activation):
    """Not entry by entry, so there is no f'(z) to multiply with."""

    def backward(self, da: Array, z: Array, slope: Array | None = None) -> Array:
        return softmax_backward(da, z)

    def r_backward(self, r_da: Array, da: Array, r_z: Array, z: Array, slope: Array | None = None) -> Array:
        return r_softmax_backward(r_da, da, r_z, z)


def _no_entrywise_derivative(z: Array) -> Array:
    raise TypeError("softmax has a Jacobian, not an entrywise derivative: use backward(da, z)")


ACTIVATIONS = {
    "sigmoid": Activation(
        sigmoid,
        sigmoid_derivative,
        sigmoid_and_derivative,
        second=sigmoid_second_derivative,
        f_tex=r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        slope_tex=r"\sigma'(z) = \sigma(z) \, (1 - \sigma(z))",
        f_code="1 / (1 + exp(-z))",
        slope_code="1 / (1 + exp(-z)) * (1 - 1 / (1 + exp(-z)))",
        exercise_code="a * (1 - a)",
        output_code="a * (1 - a)",
        saturates=("left", "right"),
        range=(0, 1),
    ),
    "tanh": Activation(
        tanh,
        tanh_derivative,
        second=tanh_second_derivative,
        f_tex=r"f(z) = \tanh z",
        slope_tex=r"f'(z) = 1 - \tanh^2 z",
        f_code="tanh(z)",
        slope_code="1 - tanh(z)**2",
        exercise_code="1 - a ** 2",
        output_code="1 - a ** 2",
        saturates=("left", "right"),
        range=(-1, 1),
    ),
    "relu": Activation(
        relu,
        relu_derivative,
        f_tex=r"f(z) = \max(0, z)",
        slope_tex=r"f'(z) = 1 \text{ where } z > 0, \text{ else } 0",
        f_code="maximum(z, 0)",
        slope_code="where(z > 0, 1.0, 0.0)",
        exercise_code="z > 0",
        piecewise_linear=True,
        kinks=(Kink(at=0.0, left=0.0, right=1.0, torch=0.0, jax=0.0),),
        range=(0, np.inf),
    ),
    "leaky_relu": Activation(
        leaky_relu,
        leaky_relu_derivative,
        f_tex=r"f(z) = z \text{ where } z > 0, \text{ else } 0.01 \, z",
        slope_tex=r"f'(z) = 1 \text{ where } z > 0, \text{ else } 0.01",
        f_code="where(z > 0, z, 0.01 * z)",
        slope_code="where(z > 0, 1.0, 0.01)",
        exercise_code="np.where(z > 0, 1.0, LEAKY_SLOPE)",
        piecewise_linear=True,
        kinks=(Kink(at=0.0, left=LEAKY_SLOPE, right=1.0, torch=LEAKY_SLOPE, jax=1.0),),
    ),
    "softplus": Activation(
        softplus,
        softplus_derivative,
        second=softplus_second_derivative,
        f_tex=r"f(z) = \log(1 + e^{z})",
        slope_tex=r"f'(z) = \frac{1}{1 + e^{-z}}",
        f_code="log(1 + exp(z))",
        slope_code="1 / (1 + exp(-z))",
        exercise_code="1 / (1 + np.exp(-z))",
        saturates=("left",),
        range=(0, np.inf),
    ),
    "gelu": Activation(
        gelu,
        gelu_derivative,
        second=gelu_second_derivative,
        f_tex=r"f(z) = z \, \Phi(z), \quad \Phi(z) = \frac{1}{2} \left( 1 + \mathrm{erf}(z / \sqrt{2}) \right)",
        slope_tex=r"f'(z) = \Phi(z) + \frac{z}{\sqrt{2 \pi}} \, e^{-z^2 / 2}",
        f_code="z * 0.5 * (1 + erf(z / sqrt(2)))",
        slope_code="0.5 * (1 + erf(z / sqrt(2))) + z / sqrt(2 * pi) * exp(-z**2 / 2)",
        exercise_code="_normal_cdf(z) + z * np.exp(-0.5 * z ** 2) / np.sqrt(2 * np.pi)",
        helpers=(_normal_cdf,),
        saturates=("left",),
        range=(-0.16997120747990366, np.inf),
    ),
    "gelu_tanh": Activation(
        gelu_tanh,
        gelu_tanh_derivative,
        second=gelu_tanh_second_derivative,
        f_tex=r"f(z) = z \, \sigma(2u), \quad u = \sqrt{2 / \pi} \, (z + 0.044715 \, z^3)",
        slope_tex=r"f'(z) = \sigma(2u) + 2 z \, \sigma(2u) \, (1 - \sigma(2u))"
        r" \, \sqrt{2 / \pi} \, (1 + 0.134145 \, z^2)",
        f_code="z / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))",
        slope_code="1 / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))"
        " + 2 * z * exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3))"
        " / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))**2 * sqrt(2 / pi) * (1 + 0.134145 * z**2)",
        exercise_code="sigmoid(2 * _gelu_argument(z)) + 2 * z * sigmoid(2 * _gelu_argument(z)) "
        "* sigmoid(-2 * _gelu_argument(z)) * SQRT_2_PI * (1 + 3 * GELU_CUBIC * z ** 2)",
        helpers=(sigmoid, _gelu_argument),
        saturates=("left",),
        range=(-0.17004075057125406, np.inf),
    ),
    "silu": Activation(
        silu,
        silu_derivative,
        second=silu_second_derivative,
        f_tex=r"f(z) = z \, \sigma(z)",
        slope_tex=r"f'(z) = \sigma(z) + z \, \sigma(z) \, (1 - \sigma(z))",
        f_code="z / (1 + exp(-z))",
        slope_code="1 / (1 + exp(-z)) + z * exp(-z) / (1 + exp(-z))**2",
        exercise_code="sigmoid(z) + z * sigmoid(z) * sigmoid(-z)",
        helpers=(sigmoid,),
        saturates=("left",),
        range=(-0.27846454276107374, np.inf),
    ),
    "identity": Activation(
        identity,
        identity_derivative,
        f_tex=r"f(z) = z",
        slope_tex=r"f'(z) = 1",
        f_code="z",
        slope_code="1 + 0 * z",
        exercise_code="1.0",
        piecewise_linear=True,
    ),
    "softmax": Softmax(
        softmax,
        _no_entrywise_derivative,
        f_tex=r"a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}",
        slope_tex=r"\frac{\partial a_j}{\partial z_k} = a_j \, (1_{j=k} - a_k)",
        f_code="exp(z) / exp(z).sum()",
        slope_code="diag(a) - outer(a, a)",
        exercise_code="a * (da - (da * a).sum(axis=1, keepdims=True))",
        saturates=("left", "right"),
        range=(0, 1),
        entrywise=False,
    ),
}
