"""Attention over the rows, a recurrent layer, an embedding and a convolution."""

from typing import Any

import numpy as np

from ..activations import activated
from ..ways import Ways
from .body import Arrays, Back, Settings, Shapes, Sizes

STEPS = 20
LENGTH, FILTER = 8, 3
WORDS, CONTEXT = 7, 4


class Attention:
    """A single head; each row is a token."""

    most_samples = 16

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        square = (s.inputs, s.hidden)
        return {"Wq": square, "Wk": square, "Wv": square, "Wo": (s.hidden, s.outputs)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs."""
        return rng.normal(size=(s.samples, s.inputs))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        q, k, v = w.times(x, p["Wq"]), w.times(x, p["Wk"]), w.times(x, p["Wv"])
        root = float(np.sqrt(q.shape[1]))
        a = w.softmax(w.times(q, k.T) / root)
        c = w.times(a, v)

        def back(d: Any) -> Arrays:
            dc = w.times(d, p["Wo"].T)
            da, dv = w.times(dc, v.T), w.outers(a, dc)
            ds = a * (da - (da * a).sum(axis=1, keepdims=True)) / root
            dq, dk = w.times(ds, k), w.outers(ds, q)
            return {"Wq": w.outers(x, dq), "Wk": w.outers(x, dk), "Wv": w.outers(x, dv), "Wo": w.outers(c, d)}

        return w.times(c, p["Wo"]), back


class RNN:
    """A vanilla recurrent layer over 20 steps; the outputs are read from the last state, or from the mean."""

    most_samples = 6

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        h = s.hidden
        return {"Wx": (s.inputs, h), "Wh": (h, h), "b": (h,), "V": (h, s.outputs), "c": (s.outputs,)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the inputs, step by step."""
        return rng.normal(size=(STEPS, s.samples, s.inputs))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass through time."""
        h = np.zeros((x.shape[1], p["b"].size), p["b"].dtype)
        states = [h]
        for t in range(len(x)):
            h = np.tanh(w.times(x[t], p["Wx"]) + w.times(h, p["Wh"]) + p["b"])
            states.append(h)
        read = sum(states[1:]) / len(x) if settings.variant else h

        def back(d: Any) -> Arrays:
            grads = {n: np.zeros_like(p[n], dtype=d.dtype) for n in ("Wx", "Wh", "b")}
            dread = w.times(d, p["V"].T)
            each = dread / len(x) if settings.variant else None
            dh = np.zeros_like(dread) if settings.variant else dread
            for t in range(len(x) - 1, -1, -1):
                if each is not None:
                    dh = dh + each
                dz = dh * (1 - states[t + 1] ** 2)
                grads["Wx"] += w.outers(x[t], dz)
                grads["Wh"] += w.outers(states[t], dz)
                grads["b"] += w.over_samples(dz)
                dh = w.times(dz, p["Wh"].T)
            return grads | {"V": w.outers(read, d), "c": w.over_samples(d)}

        return w.times(read, p["V"]) + p["c"], back


class Embedding:
    """The mean, or the sum, of the vectors of a few words, of which some repeat; then a layer and a linear map."""

    most_samples = 50

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        return {"E": (WORDS, s.hidden), "W": (s.hidden, s.outputs), "b": (s.outputs,)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the words."""
        return rng.integers(0, WORDS, (s.samples, CONTEXT))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        vectors = p["E"][x]
        pooled = vectors.mean(axis=1) if settings.variant else vectors.sum(axis=1)
        a, slope = activated(settings.activation, pooled)

        def back(d: Any) -> Arrays:
            dpooled = w.times(d, p["W"].T) * slope
            if settings.variant:
                dpooled = dpooled / x.shape[1]
            dE = np.zeros_like(p["E"], dtype=d.dtype)
            if w.total == "loops":
                for i in range(len(x)):
                    for j in x[i]:
                        dE[j] += dpooled[i]
            else:
                np.add.at(dE, x, dpooled[:, None, :])
            return {"E": dE, "W": w.outers(a, d), "b": w.over_samples(d)}

        return w.times(a, p["W"]) + p["b"], back


class Convolution:
    """A convolution along a line, an activation, the mean over the places, and a linear map."""

    most_samples = 24

    def shapes(self, s: Sizes, settings: Settings) -> Shapes:
        """Return the shapes of the parameters."""
        return {"F": (s.hidden, FILTER), "b": (s.hidden,), "V": (s.hidden, s.outputs)}

    def batch(self, s: Sizes, rng: np.random.Generator) -> Any:
        """Draw the lines."""
        return rng.normal(size=(s.samples, LENGTH))

    def run(self, w: Ways, settings: Settings, p: Arrays, x: Any) -> tuple[Any, Back]:
        """Return the outputs and the backward pass."""
        places = x.shape[1] - FILTER + 1
        if settings.variant:
            windows = np.lib.stride_tricks.sliding_window_view(x, FILTER, axis=1)
            z = np.einsum("nlw,cw->ncl", windows, p["F"]) + p["b"][:, None]
        else:
            z = np.zeros((len(x), len(p["F"]), places), np.result_type(x, p["F"]))
            for l in range(places):
                z[:, :, l] = w.times(x[:, l : l + FILTER], p["F"].T) + p["b"]
        a, slope = activated(settings.activation, z)
        pooled = a.mean(axis=2)

        def back(d: Any) -> Arrays:
            dz = (w.times(d, p["V"].T) / places)[:, :, None] * slope
            if settings.variant:
                dF = np.einsum("ncl,nlw->cw", dz, windows)
            else:
                dF = np.zeros_like(p["F"], dtype=d.dtype)
                for l in range(places):
                    dF += w.outers(dz[:, :, l], x[:, l : l + FILTER])
            return {"F": dF, "b": dz.sum(axis=(0, 2)), "V": w.outers(pooled, d)}

        return w.times(pooled, p["V"]), back
