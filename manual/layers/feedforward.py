"""The position-wise half of a transformer block: linear, f, linear; and SwiGLU.

x is (..., C_in): all tokens share the weights. The activations are those of activations.py.
"""

from ..activations import ACTIVATIONS
from ..arrays import Array, Cache
from .layernorm import over_tokens


def linear(x: Array, W: Array, b: Array | None = None) -> tuple[Array, Cache]:
    """Return z = x W^T + b, (..., C_out); W is (C_out, C_in), b (C_out,) or None for no bias."""
    z = x @ W.T
    return (z if b is None else z + b), (x, W, b)


def linear_backward(dout: Array, cache: Cache) -> tuple[Array, ...]:
    """Return (dx, dW, db), or (dx, dW) without a bias: sums over all tokens, whatever the leading axes."""
    x, W, b = cache
    dx, dW = dout @ W, weight_gradient(dout, x)
    return (dx, dW) if b is None else (dx, dW, over_tokens(dout))


def weight_gradient(dout: Array, x: Array) -> Array:
    """Return dW = dout^T x, the leading axes of both taken as one"""
    return dout.reshape(-1, dout.shape[-1]).T @ x.reshape(-1, x.shape[-1])


def feed_forward(
    x: Array, W1: Array, b1: Array, W2: Array, b2: Array, *, activation: str = "gelu"
) -> tuple[Array, Cache]:
    """Return f(x W1^T + b1) W2^T + b2, f one of ACTIVATIONS (Vaswani et al. 2017, eq. 2)."""
    z, first = linear(x, W1, b1)
    out, second = linear(ACTIVATIONS[activation](z), W2, b2)
    return out, (first, z, activation, second)


def feed_forward_backward(dout: Array, cache: Cache) -> tuple[Array, ...]:
    """Return (dx, dW1, db1, dW2, db2)"""
    first, z, activation, second = cache
    da, dW2, db2 = linear_backward(dout, second)
    dx, dW1, db1 = linear_backward(ACTIVATIONS[activation].backward(da, z), first)
    return dx, dW1, db1, dW2, db2


def swiglu(gate: Array, up: Array) -> tuple[Array, Cache]:
    """Return silu(gate) * up: a linear unit, gated by another one (Shazeer 2020, eq. 6)."""
    return ACTIVATIONS["silu"](gate) * up, (gate, up)


def swiglu_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return (dgate, dup): the derivative by each factor holds the other factor"""
    gate, up = cache
    silu = ACTIVATIONS["silu"]
    return silu.backward(dout * up, gate), dout * silu(gate)
