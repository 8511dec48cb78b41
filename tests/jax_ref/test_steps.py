"""Every way to execute a step makes the same step."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import jax_ref  # noqa: E402
from jax_ref import optimizers, steps  # noqa: E402

NET, SGD = jax_ref.MLP((6, 5, 4)), optimizers.SGD(0.5)
TOLERANCE = 100 * 1.2e-7  # float32; a dozen operations of a few terms each


def arguments():
    rng = np.random.default_rng(0)
    shapes = {"W1": (5, 6), "b1": (5,), "W2": (4, 5), "b2": (4,)}
    params = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    params = jax_ref.from_numpy(params)
    x = jax_ref.from_numpy(rng.standard_normal((7, 6)).astype("float32"))
    return params, SGD.init(params), x, jax_ref.from_numpy(rng.integers(0, 4, 7))


@pytest.mark.parametrize("way", ["compiled", "ahead_of_time", "replayed"])
def test_every_way_makes_the_eager_step(way):
    make = getattr(steps, way)
    step = make(NET, SGD) if way == "compiled" else make(NET, SGD, *arguments())
    expected, _, expected_loss = steps.eager(NET, SGD)(*arguments())
    params, _, loss = step(*arguments())
    assert float(loss) == pytest.approx(float(expected_loss), rel=TOLERANCE)
    for name, p in params.items():
        np.testing.assert_allclose(p, expected[name], rtol=TOLERANCE, atol=TOLERANCE)


def test_a_scanned_epoch_is_that_many_steps():
    params, state, x, y = arguments()
    expected, one = params, steps.eager(NET, SGD)
    for _ in range(3):
        expected, _, loss = one(expected, state, x, y)
    xs, ys = (np.repeat(np.asarray(a)[None], 3, axis=0) for a in (x, y))
    got, _, last = steps.scanned(NET, SGD)(params, state, xs, ys)
    assert float(last) == pytest.approx(float(loss), rel=TOLERANCE)
    for name, p in got.items():
        np.testing.assert_allclose(p, expected[name], rtol=TOLERANCE, atol=TOLERANCE)
