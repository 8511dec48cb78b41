"""Activations and criteria in 50 digits (mpmath), the points of the sweep, and the error in units of its bound.

The derivatives are written from the definitions, in another form than manual's, so that a slip in one
is not repeated in the other.
"""

from functools import cache

import mpmath
import numpy as np
from mpmath import mp, mpf

DTYPES = ("float64", "float32")


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def softplus(z):
    return mp.log1p(mp.exp(z))


def gelu_tanh_argument(z):
    """u in z (1 + tanh u) / 2"""
    return mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3)


def gelu_tanh_derivative(z):
    u = gelu_tanh_argument(z)
    slope = mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * z * z)
    return sigmoid(2 * u) + z * sigmoid(2 * u) * sigmoid(-2 * u) * 2 * slope


# name: (f, f'). relu and leaky_relu away from their kink at 0, where f' is a convention.
ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: mpf(1) if z > 0 else mpf(1) / 100),
    "softplus": (softplus, sigmoid),
    "gelu": (lambda z: z * mp.ncdf(z), lambda z: mp.ncdf(z) + z * mp.npdf(z)),
    # mp.tanh(u) of a large negative u is -1 to 50 digits: as the sigmoid of 2 u it is not.
    "gelu_tanh": (lambda z: z * sigmoid(2 * gelu_tanh_argument(z)), gelu_tanh_derivative),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) + z * sigmoid(z) * sigmoid(-z)),
    "identity": (lambda z: z, lambda z: mpf(1)),
}

# name: (C, dC/da) for one sample with one output.
CRITERIA = {
    "quadratic": (lambda a, y: (a - y) ** 2 / 2, lambda a, y: a - y),
    "mse": (lambda a, y: (a - y) ** 2, lambda a, y: 2 * (a - y)),
    "binary_cross_entropy": (
        lambda a, y: -y * mp.log(a) - (1 - y) * mp.log(1 - a),
        lambda a, y: (a - y) / (a * (1 - a)),
    ),
    "sigmoid_binary_cross_entropy": (
        lambda z, y: y * softplus(-z) + (1 - y) * softplus(z),
        lambda z, y: (1 - y) * sigmoid(z) - y * sigmoid(-z),
    ),
    "hinge": (lambda a, y: max(mpf(0), 1 - y * a), lambda a, y: -y if y * a < 1 else mpf(0)),
}


def points(dtype):
    """Return points of [-1e4, 1e4] without 0: even within +-40, where the functions bend, log-spaced from 1e-12 out."""
    outwards = np.concatenate([np.linspace(0.125, 40, 320), np.logspace(-12, 4, 161)])
    return np.sort(np.concatenate([-outwards, outwards])).astype(dtype)


def predictions(criterion, dtype):
    """Return (a, y), every point with every target; for binary_cross_entropy in its documented domain 0 < a < 1."""
    if criterion == "binary_cross_entropy":
        small = np.logspace(-30, -0.01, 120)
        # astype before 1 - small, so that no a rounds to 1; the subtraction is then exact in the dtype.
        a = np.concatenate([small.astype(dtype), 1 - small[small > np.finfo(dtype).eps].astype(dtype)])
    else:
        a = points(dtype)[::3]
    targets = {"hinge": (-1.0, 1.0)}.get(criterion, (0.0, 0.25, 1.0))
    y = np.repeat(np.array(targets, dtype), len(a))
    return np.tile(a, len(targets)), y


def rows(dtype):
    """Return rows for softmax, 5 wide, spread over +-1, +-40 and +-1e4, two with ties, and a class for each."""
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.uniform(-size, size, (25, 5)) for size in (1, 40, 1e4)])
    z[0], z[1, :2] = 0, 1e4
    return z.astype(dtype), rng.integers(0, 5, len(z))


@cache
def activation(name, which, dtype):
    """Return f (which=0) or f' (which=1) of every point, as a tuple of mpf."""
    with mpmath.workdps(50):
        return tuple(ACTIVATIONS[name][which](mpf(float(z))) for z in points(dtype))


@cache
def criterion(name, which, dtype):
    """Return C (which=0) or dC/da (which=1) of every prediction, as a tuple of mpf."""
    a, y = predictions(name, dtype)
    with mpmath.workdps(50):
        return tuple(CRITERIA[name][which](mpf(float(p)), mpf(float(t))) for p, t in zip(a, y, strict=True))


def softmax(row):
    """Return e^z / sum e^z of one row, as mpf."""
    with mpmath.workdps(50):
        e = [mp.exp(mpf(float(z)) - mpf(float(max(row)))) for z in row]
        return [value / mp.fsum(e) for value in e]


def softmax_backward(da, row):
    """Return the product of the Jacobian with da: sum_j da_j a_j ([j = k] - a_k)."""
    a = softmax(row)
    with mpmath.workdps(50):
        da = [mpf(float(d)) for d in da]
        return [mp.fsum(d * a[j] * ((j == k) - a[k]) for j, d in enumerate(da)) for k in range(len(a))]


def softmax_cross_entropy(row, y):
    """Return log sum e^(z - z_y) of one row, as mpf."""
    with mpmath.workdps(50):
        z = [mpf(float(value)) for value in row]
        return mp.log1p(mp.fsum(mp.exp(value - z[y]) for k, value in enumerate(z) if k != y))


def softmax_cross_entropy_derivative(row, y):
    """Return softmax(z) - onehot(y), with 1 - p as the sum of the others, which does not cancel."""
    a = softmax(row)
    with mpmath.workdps(50):
        return [p if k != y else -mp.fsum(q for j, q in enumerate(a) if j != y) for k, p in enumerate(a)]


def cotangents(z):
    """Return a random dL/da for each row."""
    return np.random.default_rng(1).standard_normal(z.shape).astype(z.dtype)


def saturated(pair, dtype):
    """Return z of +-1e4, right targets, wrong targets, and the loss of the wrong ones with its derivative."""
    z = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    if pair[0] == "softmax":
        return z, np.array([0, 1]), np.array([1, 0]), 2e4, np.sign(z) / 2
    return z, (z > 0).astype(dtype), (z < 0).astype(dtype), 1e4, np.sign(z) / 4


def excess(got, exact, allowed, dtype, floor=1):
    """Return the largest |got - exact| / (eps allowed) and its index; at most 1 where every error is allowed.

    `allowed` is the bound of each entry, in units of eps. Below the smallest normal number no library
    promises digits (XLA flushes to zero), so `floor` times that number is always allowed. nan counts as inf.
    """
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    got = np.asarray(got)
    assert got.dtype == dtype, f"{got.dtype} came out, {dtype} went in"
    worst, where = 0.0, None
    for i, (value, right, room) in enumerate(zip(got.ravel(), exact, allowed, strict=True)):
        ratio = abs(mpf(float(value)) - right) / (eps * room + tiny * floor) if np.isfinite(value) else np.inf
        if not ratio <= worst:
            worst, where = float(ratio), i
    return worst, where
