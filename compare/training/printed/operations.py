"""Printed numbers of single operations and small expressions: cs231n's arrays, and the pages of engines."""

from typing import Any

import numpy as np

from .networks import Numbers
from .ways import Way


def spread(low: float, high: float, *shape: int) -> np.ndarray:
    """Return evenly spaced numbers in a shape, as cs231n's notebooks make them."""
    return np.linspace(low, high, num=int(np.prod(shape))).reshape(shape)


def affine(way: Way) -> Numbers:
    """cs231n: a batch of (4, 5, 6) inputs through one affine layer."""
    x, w = spread(-0.1, 0.5, 2, 120), spread(-0.2, 0.3, 120, 3)
    params = {"W1": w.T.copy(), "b1": np.linspace(-0.3, 0.1, num=3)}
    fields = {"sizes": (120, 3), "activations": ("identity",), "criterion": "quadratic"}
    return {"out": way.forward(fields, params, x)}


def convolution(way: Way) -> Numbers:
    """cs231n: 4 x 4 images of three channels, three 4 x 4 filters, stride 2, padding 1; and 2 x 2 max pooling."""
    x, w, b = spread(-0.1, 0.5, 2, 3, 4, 4), spread(-0.2, 0.3, 3, 3, 4, 4), np.linspace(-0.1, 0.2, num=3)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    patches = np.stack([padded[:, :, i : i + 4, j : j + 4] for i in (0, 2) for j in (0, 2)])
    out = way.value(lambda p, w, b: way.xp.einsum("snchw,fchw->nfs", p, w) + b[:, None], patches, w, b)
    images = spread(-0.3, 0.4, 2, 3, 4, 4)
    corners = [images[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    pooled = way.value(
        lambda a, b, c, d: way.xp.maximum(way.xp.maximum(a, b), way.xp.maximum(c, d)), *corners
    )
    return {"out": out.reshape(2, 3, 2, 2), "pooled": pooled}


def recurrent(way: Way) -> Numbers:
    """cs231n: one step of a plain recurrent cell."""
    x, h = spread(-0.4, 0.7, 3, 10), spread(-0.2, 0.5, 3, 4)
    wx, wh, b = spread(-0.1, 0.9, 10, 4), spread(-0.3, 0.7, 4, 4), np.linspace(-0.2, 0.4, num=4)
    return {"next_h": way.value(lambda *a: way.xp.tanh(a[0] @ a[2] + a[1] @ a[3] + a[4]), x, h, wx, wh, b)}


def long_short(way: Way) -> Numbers:
    """cs231n: one step of an LSTM cell, gates in the order i, f, o, g."""
    xp = way.xp

    def cell(x: Any, h: Any, c: Any, wx: Any, wh: Any, b: Any) -> Any:
        z = x @ wx + h @ wh + b
        i, f, o = (1 / (1 + xp.exp(-z[:, 5 * k : 5 * k + 5])) for k in range(3))
        new = f * c + i * xp.tanh(z[:, 15:])
        return xp.stack([o * xp.tanh(new), new])

    inputs = spread(-0.4, 1.2, 3, 4), spread(-0.3, 0.7, 3, 5), spread(-0.4, 0.9, 3, 5)
    weights = spread(-2.1, 1.3, 4, 20), spread(-0.7, 2.2, 5, 20), np.linspace(0.3, 0.7, num=20)
    next_h, next_c = way.value(cell, *inputs, *weights)
    return {"next_h": next_h, "next_c": next_c}


def micrograd(way: Way) -> Numbers:
    """micrograd's README and tests: an expression of two numbers, and one of one number."""

    def relu(z: Any) -> Any:
        return z * (z > 0)

    def g(a: Any, b: Any) -> Any:
        c, d = a + b, a * b + b**3
        c = c + c + 1
        c = c + 1 + c - a
        d = d + d * 2 + relu(b + a)
        d = d + 3 * d + relu(b - a)
        f = (c - d) ** 2
        return f / 2.0 + 10.0 / f

    def y(x: Any) -> Any:
        z = 2 * x + 2 + x
        q = relu(z) + z * x
        return relu(z * z) + q + q * x

    da, db = way.grads(g, -4.0, 2.0)
    return {
        "g": way.value(g, -4.0, 2.0),
        "dg/da": da,
        "dg/db": db,
        "y": way.value(y, -4.0),
        "dy/dx": way.grads(y, -4.0)[0],
    }


def jax_quickstart(way: Way) -> Numbers:
    """JAX's documentation: derivatives of tanh at 2, and of a sum of logistic functions."""
    xp = way.xp
    once, twice, thrice = way.repeated(lambda z: xp.tanh(z), 2.0, 3)
    logistic = way.grads(lambda x: xp.sum(1.0 / (1.0 + xp.exp(-x))), np.arange(3.0))[0]
    without_parentheses = way.grads(lambda x: xp.sum(1.0 / 1.0 + xp.exp(-x)), np.arange(3.0))[0]
    return {
        "tanh'": once,
        "tanh''": twice,
        "tanh'''": thrice,
        "sum_logistic": logistic,
        "sum_logistic, as printed there": without_parentheses,
    }


def torch_pages(way: Way) -> Numbers:
    """PyTorch's blitz tutorial and its post on the autograd engine."""
    xp = way.xp

    def out(x: Any) -> Any:
        return xp.sum(3 * (x + 2) ** 2) / 4

    grads = way.grads(lambda a, b: xp.log(a * b) * xp.sin(b), 0.5, 0.75)
    return {
        "out": way.value(out, np.ones((2, 2))),
        "x.grad": way.grads(out, np.ones((2, 2)))[0],
        "engine": np.stack(grads),
    }


def tensorflow_tape(way: Way) -> Numbers:
    """TensorFlow's pages on GradientTape: x squared, its square, and a second derivative."""
    first, second = way.repeated(lambda x: x * x, 5.0, 2)
    return {
        "dz/dx": way.grads(lambda x: (x * x) * (x * x), 3.0)[0],
        "dy/dx": way.grads(lambda x: x * x, 3.0)[0],
        "dy/dx at 5": first,
        "d2y/dx2 at 5": second,
    }


def d2l(way: Way) -> Numbers:
    """Dive into Deep Learning, automatic differentiation: y = 2 x . x at 0, 1, 2, 3."""
    xp, x = way.xp, np.arange(4.0)
    return {
        "y": way.value(lambda x: 2 * xp.sum(x * x), x),
        "x.grad": way.grads(lambda x: 2 * xp.sum(x * x), x)[0],
    }
