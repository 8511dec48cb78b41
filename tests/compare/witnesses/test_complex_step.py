"""The complex step is exact where a loss is analytic, and refuses where it is not."""

import warnings

import numpy as np
import pytest

from compare.witnesses.complex_step import along, derivatives

EPS = float(np.finfo(float).eps)
W = {"w": np.array([0.4, -1.3, 2.0])}


def gradient(loss, arrays=W):
    return derivatives(loss, arrays, [("w", (i,)) for i in range(len(arrays["w"]))])


def buffered(w):
    buffer = np.zeros(3)
    buffer[...] = w * w  # NumPy discards the imaginary part, with a warning
    return buffer.sum()


ANALYTIC = {
    "products": (lambda w: (np.exp(w) * np.sin(w)).sum(), lambda w: np.exp(w) * (np.sin(w) + np.cos(w))),
    "matrix product": (lambda w: np.tanh(w @ np.eye(3)).sum(), lambda w: 1 - np.tanh(w) ** 2),
    "in place": (lambda w: np.add.reduce(np.multiply(w, w, out=np.zeros(3, complex))), lambda w: 2 * w),
    "a mask by comparison": (lambda w: (np.where(w > 0, w, 0) ** 2).sum(), lambda w: 2 * np.maximum(w, 0)),
    "maximum": (lambda w: (np.maximum(w, 0) ** 2).sum(), lambda w: 2 * np.maximum(w, 0)),
}


@pytest.mark.parametrize("name", ANALYTIC)
def test_an_analytic_loss_is_differentiated_to_its_last_digits(name):
    """Nothing is subtracted: what is left is the rounding of a handful of operations."""
    loss, slope = ANALYTIC[name]
    for ((_, (i,)), (value, error)), right in zip(
        gradient(lambda at: loss(at["w"])).items(), slope(W["w"]), strict=True
    ):
        assert abs(value - right) <= max(error, 8 * EPS * abs(right)), i
        assert error <= 100 * EPS


REFUSED = {
    "abs": lambda w: np.abs(w).sum(),
    "conjugate": lambda w: (w * np.conj(w)).sum(),  # |w|^2, whose complex step is 0
    ".conj()": lambda w: (w * w.conj()).sum(),
    ".real": lambda w: w.real.sum(),
    "np.real": lambda w: np.real(w).sum(),
    "norm": lambda w: np.linalg.norm(w) ** 2,
    "vdot": lambda w: np.vdot(w, w),
    "floor": lambda w: np.floor(w).sum(),
    "sign": lambda w: (np.sign(w) * w).sum(),
    "np.isrealobj": lambda w: (w * w).sum() if np.isrealobj(w) else 0 * w.sum(),
    "astype(float)": lambda w: (w.astype(float) ** 2).sum(),
    "a real buffer": buffered,
    "float()": lambda w: float(w[0]) ** 2,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_analytic_is_refused_not_answered(name):
    assert gradient(lambda at: REFUSED[name](at["w"])) is None


def test_the_warnings_filter_is_as_before():
    before = list(warnings.filters)
    gradient(lambda at: buffered(at["w"]))
    assert warnings.filters == before


def test_the_stated_error_covers_digits_the_loss_itself_loses():
    """-log(1 - p), p = sigmoid(20): 1 - p = 2e-9 has lost 9 digits, so p, the derivative, is off by eps / (1 - p)."""
    at = {"w": np.array([20.0])}
    ((value, error),) = gradient(lambda at: -np.log(1 - 1 / (1 + np.exp(-at["w"]))).sum(), at).values()
    assert abs(value - 1 / (1 + np.exp(-20.0))) <= 3 * error
    assert 0.01 <= error / (EPS / 2.06e-9) <= 10


def test_along_a_direction_it_is_the_product_with_the_gradient():
    u = np.array([1.0, -2.0, 0.5])
    value, error = along(lambda at: np.sin(at["w"]).sum(), W, "w", u)
    assert abs(value - (np.cos(W["w"]) * u).sum()) <= max(error, 8 * EPS)
