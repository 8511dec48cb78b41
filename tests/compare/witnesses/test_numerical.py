"""Differences: exact where theory says so, and elsewhere within the error they state."""

import numpy as np
import pytest

from compare.witnesses import numerical
from compare.witnesses.numerical import derivative, derivative_along, evidence, extrapolated, sharpened, sides

EPS = float(np.finfo(float).eps)


def along(f, x, jitter=EPS):
    return extrapolated(lambda offset: (float(f(x + offset)), offset), max(abs(x), 0.1), jitter, True)


@pytest.mark.parametrize("power", (1, 2, 3, 4))
def test_one_richardson_step_is_exact_up_to_the_fourth_power(power):
    """A central difference is off by h^2 f'''/6 + h^4 f^(5)/120 + ...: the first term is removed, the others are 0."""
    value, error = along(lambda x: x**power, 1.0)
    assert abs(value - power) <= 1e-11 and error <= 1e-5


SMOOTH = {
    "exp": (np.exp, np.exp, 1.0),
    "steep": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), 0.7),
    "flat": (lambda x: np.exp(-30 * x), lambda x: -30 * np.exp(-30 * x), 1.0),
    "pole": (lambda x: 1 / x, lambda x: -1 / x**2, 0.02),
    "bend": (lambda x: np.abs(x - 1) ** 3, lambda x: 3 * (x - 1) * abs(x - 1), 1.0003),
    "kink nearby": (lambda x: np.maximum(x - 1.0001, 0), lambda x: 0.0, 1.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_true_derivative_is_within_the_stated_error(name):
    f, slope, x = SMOOTH[name]
    value, error = along(f, x, jitter=EPS * max(abs(f(x)), 1e-3))
    assert abs(value - slope(x)) <= error
    assert error <= 1e-3 * max(abs(slope(x)), 1e-3)


@pytest.mark.parametrize("curvature", (0, 10, 1000))
@pytest.mark.parametrize("x", (1e-2, 1e-4, 3e-6, 1e-7, 1e-9))
def test_a_kink_within_the_step_is_not_taken_for_a_slope(x, curvature):
    """An L1 term differenced over its kink has the slope x / h on three steps: all agree, and none is right."""
    value, error = along(lambda w: 25_000 + 0.01 * abs(w) + curvature * (w - x) ** 2, x, 4e-12)
    assert abs(value - 0.01) <= error
    assert error <= 1e-3 or x < 1e-6  # nearer to the kink, the rounding of a step that avoids it is more


@pytest.mark.parametrize("noise", (1e-12, 1e-9, 1e-6))
def test_the_error_holds_for_a_loss_that_scatters(noise):
    """Two values off by `noise` put a slope off by noise / h; the largest step, 0.05, leaves 20 noise of it."""
    rng = np.random.default_rng(0)
    value, error = along(lambda x: np.sin(x) + noise * rng.uniform(-1, 1), 1.0, noise)
    assert abs(value - np.cos(1.0)) <= error <= max(1e3 * noise**0.8, 1e-6)


def test_a_step_is_what_the_array_could_represent():
    """0.1 + h in float32 is off by up to 4e-9, of h = 0.0025 a millionth; the loss is linear, so all else is exact."""
    arrays = {"w": np.array([0.1], np.float32)}
    value, _ = derivative(lambda: float(arrays["w"][0]), arrays, "w", (0,), EPS)
    assert abs(value - 1) <= 1e-12 and arrays["w"][0] == np.float32(0.1)


def test_the_derivative_along_a_direction_is_its_product_with_the_gradient():
    rng = np.random.default_rng(0)
    arrays, u = {"w": rng.standard_normal((3, 2)), "v": rng.standard_normal(2)}, rng.standard_normal((3, 2))
    value, error = derivative_along(lambda at: np.sin(at["w"]).sum(), arrays, "w", u, EPS)
    assert abs(value - (np.cos(arrays["w"]) * u).sum()) <= error <= 1e-8


def at_zero(f):
    return sides(lambda at: float(f(at["x"][0])), {"x": np.zeros(1)}, "x", (0,), 1e-16)


def test_a_kink_has_two_slopes():
    assert at_zero(lambda x: np.where(x > 0, 3 * x, -2 * x)) == pytest.approx((-2, 3), rel=1e-9)
    assert at_zero(lambda x: np.maximum(x, 0.01 * x)) == pytest.approx((0.01, 1), rel=1e-9)


@pytest.mark.parametrize(
    "f", (np.sin, np.square, np.exp, lambda x: np.abs(x) ** 1.5, lambda x: x * np.abs(x))
)
def test_a_smooth_loss_has_no_kink(f):
    """Even where the second derivative jumps or is infinite: the two slopes meet as the step shrinks."""
    assert at_zero(f) is None


def test_rounding_is_no_kink():
    """A jitter of 1e-7 makes slopes of 0.1 and more from it at steps of 1e-6; they are not the same at a quarter."""
    rng = np.random.default_rng(0)
    loss = lambda at: float(at["x"][0] + 1e-7 * rng.uniform(-1, 1))  # noqa: E731
    arrays = {"x": np.full(1, 0.5)}
    assert sides(loss, arrays, "x", (0,), 1e-7) is None and arrays["x"][0] == 0.5


def test_a_small_problem_is_differenced_whole_a_large_one_where_it_must_be():
    small = evidence(lambda at: (at["w"] ** 2).sum(), {"w": np.arange(6.0).reshape(2, 3)})
    assert np.isfinite(small.error["w"]).all()
    assert (abs(small.arrays["w"] - 2 * np.arange(6.0).reshape(2, 3)) <= small.error["w"]).all()
    wide = {"w": np.ones((60, 50))}
    assert wide["w"].size > numerical.ENTRY_BY_ENTRY
    large = evidence(lambda at: (at["w"] ** 2).sum(), wide, [("w", (59, 49))], sampled=False)
    assert np.argwhere(np.isfinite(large.error["w"])).tolist() == [[59, 49]]


def test_the_complex_step_replaces_differences_that_it_agrees_with():
    w = {"w": np.array([0.3, -1.2])}
    found = evidence(lambda at: np.sin(at["w"]).sum(), w)
    better = sharpened(found, lambda at: np.sin(at["w"]).sum(), w)
    assert better.how == "complex step" and (better.error["w"] < found.error["w"]).all()
    assert (abs(better.arrays["w"] - np.cos(w["w"])) <= better.error["w"]).all()


def test_a_complex_step_of_another_function_is_not_believed():
    """The planted loss has a derivative that is off by 1e-3: beyond what the differences may be off by."""
    w = {"w": np.array([0.3, -1.2])}
    found = evidence(lambda at: np.sin(at["w"]).sum(), w)
    assert sharpened(found, lambda at: 1.001 * np.sin(at["w"]).sum(), w) is found


def test_a_step_that_rounding_swallows_tells_nothing():
    value, error = extrapolated(lambda offset: (1.0, offset), 0.0, 0.0, True)
    assert value == 0 and error == np.inf
