"""Every activation of manual and its derivative, against 50 digits over [-1e4, 1e4]."""

import numpy as np
import pytest

from manual.activations import ACTIVATIONS, softmax_backward
from tests import exact, room


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_an_activation_is_right_everywhere(name, dtype):
    z, right = exact.points(dtype), exact.activation(name, 0, dtype)
    allowed = room.of_activation(room.ACTIVATIONS, name, dtype, right)
    worst, where = exact.excess(ACTIVATIONS[name](z), right, allowed, dtype)
    assert worst <= 1, f"z = {z[where]}"


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_a_derivative_is_right_everywhere(name, dtype):
    z, right = exact.points(dtype), exact.activation(name, 1, dtype)
    allowed = room.of_activation(room.DERIVATIVES, name, dtype, right)
    worst, where = exact.excess(ACTIVATIONS[name].backward(np.ones_like(z), z), right, allowed, dtype)
    assert worst <= 1, f"z = {z[where]}"


@pytest.mark.parametrize("name", [n for n, f in ACTIVATIONS.items() if f.entrywise])
def test_a_second_derivative_is_that_of_the_first(name):
    f = ACTIVATIONS[name]
    z = np.concatenate([s * np.geomspace(0.02, 30, 60) for s in (-1, 1)])  # off the kinks
    ones, h = np.ones_like(z), 1e-5
    found = f.r_backward(np.zeros_like(z), ones, ones, z)  # 0 f' + 1 f'' 1
    right = (f.derivative(z + h) - f.derivative(z - h)) / (2 * h)
    # eps / h = 2e-11 of f', about 1, and h^2 times its third derivative
    assert np.abs(found - right).max() < 1e-9


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_is_right_for_every_spread(dtype):
    for row in exact.rows(dtype)[0]:
        a = exact.softmax(row)
        assert exact.excess(ACTIVATIONS["softmax"](row), a, room.softmax(row, a), dtype)[0] <= 1, row


@pytest.mark.parametrize("dtype", exact.DTYPES)
def test_softmax_backward_is_the_whole_jacobian(dtype):
    z, _ = exact.rows(dtype)
    for da, row in zip(exact.cotangents(z), z, strict=True):
        right, allowed = exact.softmax_backward(da, row), room.softmax_backward(da, row)
        assert exact.excess(softmax_backward(da, row), right, allowed, dtype)[0] <= 1, (da, row)


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", exact.ACTIVATIONS)
def test_together_a_function_and_its_slope_are_what_they_are_apart(name, dtype):
    z = exact.points(dtype)
    kept = z.copy()
    a, slope = ACTIVATIONS[name].with_slope(z)
    assert np.array_equal(a, ACTIVATIONS[name](z)) and np.array_equal(z, kept)
    assert slope is None or np.array_equal(slope, ACTIVATIONS[name].derivative(z))
    da = np.full_like(z, 0.5)
    assert np.array_equal(ACTIVATIONS[name].backward(da, z, slope), ACTIVATIONS[name].backward(da, z))


def test_softmax_refuses_to_name_an_entrywise_derivative():
    with pytest.raises(TypeError, match="Jacobian"):
        ACTIVATIONS["softmax"].derivative(np.zeros(3))


@pytest.mark.parametrize(("name", "slope"), [("relu", 0), ("leaky_relu", 0.01)])
def test_at_the_kink_the_left_slope_is_taken(name, slope):
    assert ACTIVATIONS[name].backward(np.ones(1), np.zeros(1)) == slope


@pytest.mark.parametrize("dtype", exact.DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_ten_thousand_overflows_nothing(name, dtype):
    z = np.array([[-1e4, 1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    with np.errstate(all="raise", under="ignore"):
        for out in (ACTIVATIONS[name](z), ACTIVATIONS[name].backward(np.ones_like(z), z)):
            assert out.dtype == dtype
            assert out.shape == z.shape
            assert np.isfinite(out).all()


@pytest.mark.parametrize(
    "shape", [(), (3,), (2, 3), (300, 200)], ids=str
)  # NumPy reuses the memory of large arrays
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_goes_in_is_left_as_it_was(name, shape):
    if name == "softmax" and shape == ():
        pytest.skip("a softmax is of a row")
    rng = np.random.default_rng(0)
    z, da = np.array(rng.standard_normal(shape)), np.array(rng.standard_normal(shape))
    kept = z.copy(), da.copy()
    a, dz = ACTIVATIONS[name](z), ACTIVATIONS[name].backward(da, z)
    assert np.array_equal(z, kept[0]) and np.array_equal(da, kept[1])
    assert not np.may_share_memory(a, dz) and np.shape(a) == np.shape(dz) == shape
