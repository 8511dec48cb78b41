"""An RMS norm in Pallas, right and without the path through the mean square; interpreted where there is no GPU.

threeways check pallas_norm.py:norm --reference naive
"""

import functools

import jax
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

ON_GPU = jax.default_backend() == "gpu"


def forward_row(x, gain, y):
    a = x[...].astype(np.float32)
    y[...] = (a * jax.lax.rsqrt((a * a).mean(-1, keepdims=True) + 1e-6) * gain[...]).astype(y.dtype)


def backward_row(path, x, gain, dy, dx, dgain):
    a, d = x[...].astype(np.float32), dy[...].astype(np.float32)
    r = jax.lax.rsqrt((a * a).mean(-1, keepdims=True) + 1e-6)
    h, g = a * r, d * gain[...]
    dx[...] = (r * (g - path * h * (g * h).mean(-1, keepdims=True))).astype(dx.dtype)
    dgain[...] = d * h


def rows(kernel, outputs, x, gain, *more):
    n, m = x.shape
    row, whole = pl.BlockSpec((1, m), lambda i: (i, 0)), pl.BlockSpec((m,), lambda i: (0,))
    return pl.pallas_call(
        kernel,
        grid=(n,),
        in_specs=[row, whole, *[row] * len(more)],
        out_specs=[row] * len(outputs),
        out_shape=[jax.ShapeDtypeStruct(x.shape, dtype) for dtype in outputs],
        interpret=not ON_GPU,
        compiler_params=triton.CompilerParams() if ON_GPU else None,
    )(x, gain, *more)


def made(path):
    def forward(x, gain):
        return rows(forward_row, [x.dtype], x, gain)[0]

    def backward(kept, dy):
        x, gain = kept
        dx, dgain = rows(functools.partial(backward_row, path), [x.dtype, np.float32], *kept, dy)
        return dx, dgain.sum(0).astype(gain.dtype)

    op = jax.custom_vjp(forward)
    op.defvjp(lambda x, gain: (forward(x, gain), (x, gain)), backward)
    return op


norm, without_path = made(1.0), made(0.0)


def naive(x, gain):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-6) * gain


def example(rows=8, columns=8, dtype="float32"):
    rng = np.random.default_rng(0)
    shapes = (rows, columns), (columns,)
    return tuple(rng.standard_normal(s).astype(jax.numpy.dtype(dtype)) for s in shapes)
