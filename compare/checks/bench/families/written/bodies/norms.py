"""A layer that is normalised over its features, or over the batch."""

from typing import Any

import numpy as np

from ..activations import activated
from ..ways import Ways
from .body import Arrays, Back, Settings, Shapes, Sizes

EPSILON = 1e-5


class LayerNorm:
    """x W + b, normalised along `axis`, scaled and moved, then an activation and a linear map."""

    axis = 1
    most_samples = 50

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        h = s.hidden
        return {"W": (s.inputs, h), "b": (h,), "gamma": (h,), "beta": (h,), "V": (h, s.outputs)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs."""
        return rng.normal(size=(s.samples, s.inputs))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        z = w.times(x, p["W"]) + p["b"]
        if settings.variant:
            mean, variance = z.mean(axis=self.axis, keepdims=True), z.var(axis=self.axis, keepdims=True)
        else:
            mean = z.sum(axis=self.axis, keepdims=True) / z.shape[self.axis]
            variance = ((z - mean) ** 2).mean(axis=self.axis, keepdims=True)
        inverse = 1 / np.sqrt(variance + EPSILON)
        hat = (z - mean) * inverse
        a, slope = activated(settings.activation, p["gamma"] * hat + p["beta"])

        def back(d: Any) -> Arrays:
            dn = w.times(d, p["V"].T) * slope
            dhat = dn * p["gamma"]
            if settings.variant:
                along = (dhat * hat).mean(axis=self.axis, keepdims=True)
                dz = inverse * (dhat - dhat.mean(axis=self.axis, keepdims=True) - hat * along)
            else:
                n = z.shape[self.axis]
                dvar = (dhat * (z - mean)).sum(axis=self.axis, keepdims=True) * -0.5 * inverse**3
                dmean = -(dhat * inverse).sum(axis=self.axis, keepdims=True)
                dz = dhat * inverse + dvar * 2 * (z - mean) / n + dmean / n
            return {
                "W": w.outers(x, dz),
                "b": w.over_samples(dz),
                "gamma": w.over_samples(dn * hat),
                "beta": w.over_samples(dn),
                "V": w.outers(a, d),
            }

        return w.times(a, p["V"]), back


class BatchNorm(LayerNorm):
    """The same along the batch, whose mean and variance depend on every sample."""

    axis = 0
