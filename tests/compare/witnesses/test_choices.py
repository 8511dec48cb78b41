"""An exact result is not moved: a moved maximum equals no entry, and its gradient is lost."""

import numpy as np
import pytest

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from compare.witnesses import jax as witness
from compare.witnesses.rounding.units import unit

PAIRS = np.array([0, 0, 1, 1, 2, 2])
CHOOSING = {
    "maximum": lambda z: jnp.maximum(z, 0),
    "minimum": lambda z: jnp.minimum(z, 0.5),
    "clip": lambda z: jnp.clip(z, -1, 1),
    "max": lambda z: z * z.max(1, keepdims=True),
    "min over both axes": lambda z: z * z.min(),
    "cummax": lambda z: jax.lax.cummax(z, axis=1),
    "max pooling": lambda z: jax.lax.reduce_window(z, -jnp.inf, jax.lax.max, (1, 3), (1, 1), "SAME"),
    "segment_max": lambda z: z + jax.ops.segment_max(z, PAIRS, 3)[PAIRS],
    "max in a scan": lambda z: jax.lax.scan(lambda c, r: (jnp.maximum(c, r), c + r), z[0], z)[1],
    "index by floor": lambda z: z[:, jnp.floor(jnp.arange(7.0)).astype(int)],
}


@pytest.mark.parametrize("name", CHOOSING)
def test_the_rounding_of_a_choice_is_small(name):
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(5, 7)), "V": rng.normal(size=(3, 7))}
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))

    def loss(p, x, y):
        return ((CHOOSING[name](x @ p["W"]) @ p["V"].T - y) ** 2).mean()

    right = witness.evidence(loss, params, (x, y)).arrays
    draws = list(witness.noise(loss, params, (x, y), "float64", 6))
    for array, gradient in right.items():
        size = unit([d[array] for d in draws], gradient, "float64")
        # A few hundred roundings, none of which is larger than the largest entry's ulp times the sums' lengths.
        assert size.max() < 1e3 * np.finfo(float).eps * np.abs(gradient).max()
