"""Plain layers, and a residual block."""

from itertools import pairwise
from typing import Any

import numpy as np

from ..activations import activated
from ..ways import Ways
from .body import Arrays, Back, Settings, Shapes, Sizes


class MLP:
    """One to three layers; the last is linear."""

    most_samples = 50

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        widths = [s.inputs, *[s.hidden] * (settings.layers - 1), s.outputs]
        found: Shapes = {}
        for l, (n, m) in enumerate(pairwise(widths), start=1):
            found |= {f"W{l}": (n, m), f"b{l}": (m,)}
        return found

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs."""
        return rng.normal(size=(s.samples, s.inputs))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        last = settings.layers
        a, inputs, slopes = x, [], []
        for l in range(1, last + 1):
            inputs.append(a)
            z = w.times(a, p[f"W{l}"]) + p[f"b{l}"]
            a, slope = (z, None) if l == last else activated(settings.activation, z)
            slopes.append(slope)

        def back(d: Any) -> Arrays:
            grads = {}
            for l in range(last, 0, -1):
                if l < last:
                    d = w.times(d, p[f"W{l + 1}"].T) * slopes[l - 1]
                grads[f"W{l}"] = w.outers(inputs[l - 1], d)
                grads[f"b{l}"] = w.over_samples(d)
            return grads

        return a, back


class Residual:
    """h + f(h W1 + b1) W2 between two linear maps; in the second variant the activation comes first."""

    most_samples = 50

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        h = s.hidden
        return {"W0": (s.inputs, h), "W1": (h, h), "b1": (h,), "W2": (h, h), "V": (h, s.outputs)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs."""
        return rng.normal(size=(s.samples, s.inputs))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        h = w.times(x, p["W0"])
        before, slope0 = activated(settings.activation, h) if settings.variant else (h, None)
        f, slope = activated(settings.activation, w.times(before, p["W1"]) + p["b1"])
        r = h + w.times(f, p["W2"])

        def back(d: Any) -> Arrays:
            dr = w.times(d, p["V"].T)
            dz = w.times(dr, p["W2"].T) * slope
            inner = w.times(dz, p["W1"].T)
            if slope0 is not None:
                inner = inner * slope0
            dh = dr.copy()
            dh += inner
            return {
                "W0": w.outers(x, dh),
                "W1": w.outers(before, dz),
                "b1": w.over_samples(dz),
                "W2": w.outers(f, dr),
                "V": w.outers(r, d),
            }

        return w.times(r, p["V"]), back
