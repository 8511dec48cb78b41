"""Bound the rounding error of each activation and criterion, in eps, from the formulas of manual.

One rounding is 1/2 eps of its result. A library function (exp, tanh, log, log1p) is taken to be within
2 eps: glibc, NumPy and the frameworks promise that or better. An error of r eps in z is |z f'(z) / f(z)| r
eps in f(z). Each bound carries the error measured on manual over the sweep, in both dtypes; a reference's
exceptions are in its own tests.
"""

import numpy as np
from mpmath import mp

from tests import exact


def normal_cdf(z):
    """Phi(z) = erfc(x) / 2, x = -z / sqrt 2, which is within 1 eps: |z| phi.

    scipy's erfc rounds x^2 before its exp, x^2 / 2 = z^2 / 4 eps; the rest of it measured 4.3 eps, 5 allowed.
    """
    return (5 + (z * z / 4 if z < 0 else 0)) * mp.ncdf(z) + abs(z) * mp.npdf(z)


def gelu(z, v):
    """z Phi: Phi's, and 1/2 for the product. Measured: 0.84 of this."""
    return abs(z) * normal_cdf(z) + abs(v) / 2


def gelu_derivative(z, v):
    """Phi + z phi changes sign at z = -0.75, so the bound is in units of the terms. Measured: 0.39 of this.

    phi's exponent z^2 / 2 is rounded once or twice, z^2 / 2 eps; exp 2, two products and a quotient with a
    rounded constant 2 more, the sum 1/2.
    """
    Phi, phi = mp.ncdf(z), abs(z) * mp.npdf(z)
    return normal_cdf(z) + (4 + z * z / 2) * phi + (Phi + phi) / 2


def gelu_tanh(z, v):
    """z sigmoid(2 u): 3 for sigmoid, 1/2 for the product, and 3 eps of u for u, which sigmoid' makes
    |2 u| times as large where u is negative. XLA's tanh is good to 4 eps of 1.
    """
    u = exact.gelu_tanh_argument(z)
    return (4 + 6 * abs(u) * exact.sigmoid(-2 * u)) * abs(v)


def gelu_tanh_derivative(z, v):
    """s + z s (1 - s) 2 u' changes sign: the bound is in units of the terms, each with the roundings of u."""
    u = exact.gelu_tanh_argument(z)
    s, moved = exact.sigmoid(2 * u), 6 * abs(u)
    bump = 4 * gelu_slope(z) * s * exact.sigmoid(-2 * u)
    return (4 + moved * exact.sigmoid(-2 * u)) * s + (9 + moved) * bump


def gelu_slope(z):
    """|z u'| / 2, the factor of 1 - tanh^2 u."""
    return abs(z) / 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf("0.044715") * z * z)


def silu_derivative(z, v):
    """sigmoid + z sigmoid': 3 and 4 eps, the product and the sum 1/2 each, of terms that may cancel."""
    return 4 * exact.sigmoid(z) + 5 * abs(z) * exact.sigmoid(z) * exact.sigmoid(-z)


# z and the exact value v -> eps
ACTIVATIONS = {
    "sigmoid": lambda z, v: 3 * v,  # e / (1 + e): exp 2, sum 1/2, quotient 1/2. Measured 1.4
    "tanh": lambda z, v: 2 * abs(v),  # Measured 0.7
    "relu": lambda z, v: 0,
    "leaky_relu": lambda z, v: abs(v),  # The slope 0.01 is rounded, then the product. Measured 0.6
    "softplus": lambda z, v: 4.5 * v,  # Two positive terms: exp 2, log1p 2, sum 1/2. Measured 0.8
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": lambda z, v: 4 * abs(v),  # sigmoid's 3 and the product
    "identity": lambda z, v: 0,
}
DERIVATIVES = {
    # e / (1 + e)^2: exp 2, the sum twice 1/2, square and quotient 1/2 each. Measured 1.9
    "sigmoid": lambda z, v: 4 * v,
    "tanh": lambda z, v: 4 * v,  # The same of 2 z. Measured 1.8
    "relu": lambda z, v: 0,
    "leaky_relu": lambda z, v: v / 2,
    "softplus": lambda z, v: 3 * v,  # It is sigmoid.
    "gelu": gelu_derivative,
    "gelu_tanh": gelu_tanh_derivative,
    "silu": silu_derivative,
    "identity": lambda z, v: 0,
}

# prediction a (z, where the pair is fused), target y and the exact value v -> eps
CRITERIA = {
    "quadratic": lambda a, y, v: 2 * v,  # The difference 1/2, squared; the product 1/2. Measured 1.5
    "mse": lambda a, y, v: 2 * v,
    # Both terms are positive: log 2 (log1p of an exact -a), 1 - y and the product 1, sum 1/2. Measured 1.1
    "binary_cross_entropy": lambda a, y, v: 4 * v,
    "sigmoid_binary_cross_entropy": lambda z, y, v: 6 * v,  # softplus 4.5, 1 - y, product, sum. Measured 1.1
    "hinge": lambda a, y, v: v,  # One difference (y a is exact). Measured 0.5
}
CRITERIA_DERIVATIVES = {
    "quadratic": lambda a, y, v: abs(v),  # Measured 0.5
    "mse": lambda a, y, v: abs(v),
    # 1 - a, each quotient and the difference, in which y / a may cancel. Measured: 0.4 of this
    "binary_cross_entropy": lambda a, y, v: 2 * ((1 - y) / (1 - a) + y / a),
    # p - y cancels: the bound is in units of p = sigmoid(z), 3, and 1/2 for the difference. At z = 20, y = 1
    # the exact value is -2e-9, and in float32 0 comes out, since sigmoid(20) rounds to 1. Measured: 0.5
    "sigmoid_binary_cross_entropy": lambda z, y, v: 3 * exact.sigmoid(z) + abs(v) / 2,
    "hinge": lambda a, y, v: 0,
}


def softmax(row, a):
    """Each z - max costs half an eps of the difference, in e^(z_k - max) and, weighted by a, in the sum.

    In addition exp 2 twice, n/2 for the sum, 1/2 for the quotient. Measured: 0.8 of this.
    """
    below, in_the_sum = _differences(row, a)
    return [(4.5 + len(row) / 2 + d / 2 + in_the_sum) * p for p, d in zip(a, below, strict=True)]


def softmax_backward(da, row):
    """a (da - sum da a) cancels: the bound of softmax in units of the terms, and 2 + n/2. Measured: 0.7."""
    a = exact.softmax(row)
    rooms = softmax(row, a)
    size = [abs(float(d)) for d in da]
    mean = sum(d * p for d, p in zip(size, a, strict=True))
    mean_room = sum(d * r for d, r in zip(size, rooms, strict=True))
    own = 2 + len(row) / 2
    return [(d + mean) * (r + own * p) + p * mean_room for d, p, r in zip(size, a, rooms, strict=True)]


def softmax_cross_entropy(row, y, v):
    """log sum e^(z - max) - (z_y - max) is near 0 by cancellation, so the bound is never under 4 eps.

    Rounded: each z - max (half an eps of the difference; in the sum weighted by a), exp 2, the sum n/2,
    the logarithm 2 of at most log n, the last difference 1/2. Measured: 0.63 of this.
    """
    below, in_the_sum = _differences(row, exact.softmax(row))
    n = len(row)
    return in_the_sum + 2 + n / 2 + 2 * np.log(n) + below[y] / 2 + v / 2


def softmax_cross_entropy_derivative(row, a, dz):
    """softmax(z) - onehot(y): the bound of softmax, and 1/2 for the difference. Measured: 0.8 of this."""
    return [room + abs(d) / 2 for room, d in zip(softmax(row, a), dz, strict=True)]


def _differences(row, a):
    """Return max z - z, and half its mean under a."""
    below = [float(max(row)) - float(z) for z in row]
    return below, sum(p * d for p, d in zip(a, below, strict=True)) / 2


def of_activation(formulas, name, dtype, right):
    """Return the bound of each swept point."""
    return [formulas[name](mp.mpf(float(z)), v) for z, v in zip(exact.points(dtype), right, strict=True)]


def of_criterion(formulas, name, dtype, right):
    """Return the bound of each swept prediction and target."""
    a, y = exact.predictions(name, dtype)
    return [formulas[name](mp.mpf(float(p)), float(t), v) for p, t, v in zip(a, y, right, strict=True)]
