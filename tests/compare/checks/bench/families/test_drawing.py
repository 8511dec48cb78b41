"""The drawn functions: their derivatives by central differences, and that a seed brings each back."""

import numpy as np
import pytest

from compare.checks.bench.families.drawing import DTYPES, Family, drawn, point, sizes, written
from compare.checks.bench.families.written.activations import ACTIVATIONS
from compare.checks.bench.families.written.bodies import BODIES
from compare.checks.bench.families.written.bodies.body import Settings
from compare.checks.bench.families.written.losses import LOSSES
from compare.checks.bench.families.written.ways import Ways, drawn_ways

STEP = 3e-6


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("body", BODIES)
def test_the_derivatives_are_those_of_central_differences(body, loss):
    rng = np.random.default_rng([*body.encode(), *loss.encode()])
    for variant, elastic in ((0, True), (1, False)):
        settings = Settings(str(rng.choice(ACTIVATIONS)), int(rng.integers(1, 4)), variant)
        family = Family(body, loss, settings, elastic)
        params, x, y = point(family, sizes(family, rng, 6), rng)
        params = {n: 0.5 * a for n, a in params.items()}
        hand = written(family, drawn_ways(rng))
        _, grads = hand(params, x, y)
        whole = max(np.abs(g).max() for g in grads.values())
        for n, a in params.items():
            direction = rng.normal(size=a.shape)
            at = {k: hand(params | {n: a + k * STEP * direction}, x, y)[0] for k in (-2, -1, 1, 2)}
            slope = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * STEP)
            assert (grads[n] * direction).sum() == pytest.approx(slope, rel=1e-5, abs=1e-6 * whole), n


def test_every_style_gives_the_same_gradients():
    rng = np.random.default_rng(0)
    for body in BODIES:
        family = Family(body, "logistic", Settings("gelu"), True)
        params, x, y = point(family, sizes(family, rng), rng)
        loss, grads = written(family, Ways())(params, x, y)
        for _ in range(6):
            other, found = written(family, drawn_ways(rng))(params, x, y)
            assert other == pytest.approx(loss, rel=1e-10)
            whole = max(np.abs(g).max() for g in grads.values())
            for n, g in grads.items():
                np.testing.assert_allclose(found[n], g, rtol=1e-8, atol=1e-13 * whole)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_seed_brings_a_function_back(dtype):
    for seed in range(5):
        one, two = drawn([seed, 1], dtype), drawn([seed, 1], dtype)
        assert one.words == two.words and one.dtype == dtype
        assert all((one.params[n] == two.params[n]).all() for n in one.params)
        assert sum(a.size for a in one.params.values()) <= 200
        with np.errstate(all="ignore"):
            (first, g), (second, h) = (d.hand(d.params, d.x, d.y) for d in (one, two))
        assert first == second and all((g[n] == h[n]).all() for n in g)
        assert all(g[n].dtype == one.params[n].dtype for n in g)
