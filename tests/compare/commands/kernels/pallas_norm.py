"""An RMS norm in Pallas, interpreted, right and without the path through the mean square."""

import functools

import jax
import numpy as np
from jax.experimental import pallas as pl


def forward_row(x, gain, y):
    a = x[...]
    y[...] = a * jax.lax.rsqrt((a * a).mean(-1, keepdims=True) + 1e-6) * gain[...]


def backward_row(path, x, gain, dy, dx, dgain):
    a, d = x[...], dy[...]
    r = jax.lax.rsqrt((a * a).mean(-1, keepdims=True) + 1e-6)
    h, g = a * r, d * gain[...]
    dx[...] = r * (g - path * h * (g * h).mean(-1, keepdims=True))
    dgain[...] = d * h


def rows(kernel, outputs, x, gain, *more):
    n, m = x.shape
    row, whole = pl.BlockSpec((1, m), lambda i: (i, 0)), pl.BlockSpec((m,), lambda i: (0,))
    shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return pl.pallas_call(
        kernel,
        grid=(n,),
        in_specs=[row, whole, *[row] * len(more)],
        out_specs=[row] * outputs,
        out_shape=[shape] * outputs,
        interpret=True,
    )(x, gain, *more)


def made(path):
    def forward(x, gain):
        return rows(forward_row, 1, x, gain)[0]

    def backward(kept, dy):
        dx, dgain = rows(functools.partial(backward_row, path), 2, *kept, dy)
        return dx, dgain.sum(0)

    op = jax.custom_vjp(forward)
    op.defvjp(lambda x, gain: (forward(x, gain), (x, gain)), backward)
    return op


norm, without_path = made(1.0), made(0.0)


def naive(x, gain):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-6) * gain


def example():
    rng = np.random.default_rng(0)
    return rng.standard_normal((8, 8)).astype(np.float32), rng.standard_normal(8).astype(np.float32)
