"""Twelve operations with the backward passes that kernels have: m are the functions of a framework.

A backward takes the cotangent d and the inputs, and `wrong`, the mistake to make, or None.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Rng = np.random.Generator
EPS = 1e-5


@dataclass(frozen=True, eq=False)
class Kernel:
    """An operation of the bench.

    draw: (rng, scale) -> its inputs.  mistakes: {name: (the input whose gradient is wrong, the id that names it, or
    None)}.
    """

    name: str
    draw: Callable[[Rng, float], list[Any]]
    forward: Callable[..., Any]
    backward: Callable[..., tuple]
    mistakes: dict[str, tuple[str, str | None]]


def normal(*shapes: tuple[int, ...]) -> Callable[[Rng, float], list[Any]]:
    """Return a draw of arrays of these shapes."""
    return lambda rng, scale: [scale * rng.standard_normal(s) for s in shapes]


def rms_norm(m: Any, x: Any, gain: Any) -> Any:
    return x / m.sqrt(m.mean(x * x, -1, True) + EPS) * gain


def rms_norm_backward(m: Any, wrong: str | None, d: Any, x: Any, gain: Any) -> tuple:
    r = 1 / m.sqrt(m.mean(x * x, -1, True) + EPS)
    g = d if wrong == "gain forgotten" else d * gain
    dx = g * r
    if wrong != "mean square constant":
        dx = dx - x * r * r * r * m.mean(g * x, -1, True)
    return dx, m.mean(d * x * r, 0) if wrong == "gain averaged" else m.sum(d * x * r, 0)


def layer_norm(m: Any, x: Any, gamma: Any, beta: Any) -> Any:
    c = x - m.mean(x, -1, True)
    return c / m.sqrt(m.mean(c * c, -1, True) + EPS) * gamma + beta


def layer_norm_backward(m: Any, wrong: str | None, d: Any, x: Any, gamma: Any, beta: Any) -> tuple:
    c = x - m.mean(x, -1, True)
    r = 1 / m.sqrt(m.mean(c * c, -1, True) + EPS)
    h, g = c * r, d * gamma
    dx = g
    if wrong != "mean constant":
        dx = dx - m.mean(g, -1, True)
    if wrong != "variance constant":
        dx = dx - h * m.mean(g * h, -1, True)
    return dx * r, m.sum(d * h, 0), d[-1] if wrong == "beta of the last row" else m.sum(d, 0)


def softmax(m: Any, x: Any) -> Any:
    e = m.exp(x - m.top(x))
    return e / m.sum(e, -1, True)


def softmax_backward(m: Any, wrong: str | None, d: Any, x: Any) -> tuple:
    p = softmax(m, x)
    if wrong == "sum missing":
        return (p * d,)
    if wrong == "sum over the batch":
        return (p * (d - m.sum(p * d, 0, True)),)
    p = x if wrong == "logits for probabilities" else p
    return (p * (d - m.sum(p * d, -1, True)),)


def log_softmax(m: Any, x: Any) -> Any:
    x = x - m.top(x)
    return x - m.log(m.sum(m.exp(x), -1, True))


def log_softmax_backward(m: Any, wrong: str | None, d: Any, x: Any) -> tuple:
    y = log_softmax(m, x)
    if wrong == "sum missing":
        return (d,)
    p = y if wrong == "exp missing" else m.exp(y)
    return (d - p * m.sum(d, 0 if wrong == "sum over the batch" else -1, True),)


def cross_entropy(m: Any, logits: Any, labels: Any) -> Any:
    return -m.mean(m.pick(log_softmax(m, logits), labels))


def cross_entropy_backward(m: Any, wrong: str | None, d: Any, logits: Any, labels: Any) -> tuple:
    dx = softmax(m, logits) - m.one_hot(labels, logits)
    n, k = logits.shape
    by = {"mean forgotten": 1, "mean over classes too": n * k, "sign": -n}.get(wrong or "", n)
    return d * dx / by, None


def swiglu(m: Any, x: Any, gate: Any, value: Any) -> Any:
    a = x @ gate
    return a * 0.5 * (1 + m.tanh(0.5 * a)) * (x @ value)


def swiglu_backward(m: Any, wrong: str | None, d: Any, x: Any, gate: Any, value: Any) -> tuple:
    a, b = x @ gate, x @ value
    s = 0.5 * (1 + m.tanh(0.5 * a))
    da = d * b * (s if wrong == "slope of the sigmoid missing" else s * (1 + a * (1 - s)))
    db = d * a * s
    dx = da @ m.turned(gate)
    if wrong != "one branch":
        dx = dx + db @ m.turned(value)
    dgate, dvalue = m.turned(x) @ da, m.turned(x) @ db
    return (dx, dvalue, dgate) if wrong == "weights swapped" else (dx, dgate, dvalue)


def gelu(m: Any, x: Any) -> Any:
    return 0.5 * x * (1 + m.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def gelu_backward(m: Any, wrong: str | None, d: Any, x: Any) -> tuple:
    x = gelu(m, x) if wrong == "at the output" else x
    t = m.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))
    inner = 0.7978845608028654 * (1 + (1 if wrong == "cube's factor" else 3) * 0.044715 * x * x)
    dx = d * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)
    return (2 * dx if wrong == "half forgotten" else dx,)


def rotary(m: Any, x: Any) -> Any:
    return _rotated(m, x, 1)


def _rotated(m: Any, x: Any, sign: int) -> Any:
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[-2])[:, None] / 100.0 ** (np.arange(half)[None] / half)
    c, s = m.constant(np.cos(angles), x), m.constant(sign * np.sin(angles), x)
    a, b = x[..., :half], x[..., half:]
    return m.joined([a * c - b * s, a * s + b * c])


def rotary_backward(m: Any, wrong: str | None, d: Any, x: Any) -> tuple:
    if wrong == "not rotated":
        return (d,)
    dx = _rotated(m, d, 1 if wrong == "rotated forward" else -1)
    return (-dx if wrong == "sign" else dx,)


def _weights(m: Any, q: Any, k: Any, scale: float, masked: bool = True) -> Any:
    s = q @ m.turned(k) * scale
    return softmax(m, m.where(m.lower(s.shape[-1]), s, -1e4) if masked else s)


def attention(m: Any, q: Any, k: Any, v: Any, scale: float) -> Any:
    return _weights(m, q, k, scale) @ v


def attention_backward(m: Any, wrong: str | None, d: Any, q: Any, k: Any, v: Any, scale: float) -> tuple:
    p = _weights(m, q, k, scale, wrong != "mask missing")
    dp = d @ m.turned(v)
    ds = p * (dp - m.sum(p * dp, -1, True))
    of_q = {"scale missing": 1.0, "scale twice": scale * scale}.get(wrong or "", scale)
    return ds @ k * of_q, m.turned(ds) @ q * scale, m.turned(p) @ d, None


def linear(m: Any, x: Any, weight: Any, bias: Any) -> Any:
    return x @ m.turned(weight) + bias


def linear_backward(m: Any, wrong: str | None, d: Any, x: Any, weight: Any, bias: Any) -> tuple:
    dx = d @ (m.turned(weight) if wrong == "weight transposed" else weight)
    db = m.mean(d, 0) if wrong == "bias averaged" else m.sum(d, 1 if wrong == "bias over outputs" else 0)
    return dx, m.turned(d) @ x, db


def embedding(m: Any, table: Any, ids: Any) -> Any:
    return table[ids]


def embedding_backward(m: Any, wrong: str | None, d: Any, table: Any, ids: Any) -> tuple:
    found = m.scatter(tuple(table.shape), ids, d, wrong != "overwritten")
    if wrong == "zeros":
        found = m.zeros(found)
    return (found / len(ids) if wrong == "averaged" else found), None


def scan(m: Any, x: Any, decay: Any) -> Any:
    h, out = m.zeros(x[0]), []
    for t in range(len(x)):
        h = decay * h + x[t]
        out.append(h)
    return m.stack(out)


def scan_backward(m: Any, wrong: str | None, d: Any, x: Any, decay: Any) -> tuple:
    h = scan(m, x, decay)
    carry, out, ddecay = m.zeros(d[0]), [], m.zeros(decay)
    for t in reversed(range(len(d))):
        if wrong == "carry lost" and t % 4 == 3:
            carry = m.zeros(carry)
        g = d[t] + (carry if wrong == "decay forgotten" else decay * carry)
        if t or wrong == "state of the same step":
            ddecay = ddecay + g * h[t if wrong == "state of the same step" else t - 1]
        out.append(g)
        carry = g
    return m.stack(out[::-1]), ddecay


def _decay(rng: Rng, scale: float) -> list[Any]:
    return [scale * rng.standard_normal((8, 5)), rng.uniform(0.3, 0.95, 5)]


def _labelled(rng: Rng, scale: float) -> list[Any]:
    return [scale * rng.standard_normal((6, 8)), rng.integers(0, 8, 6)]


def _gated(rng: Rng, scale: float) -> list[Any]:
    return [scale * rng.standard_normal((6, 8)), *rng.standard_normal((2, 8, 5))]


def _attended(rng: Rng, scale: float) -> list[Any]:
    return [*(scale**0.5 * rng.standard_normal((6, 8)) for _ in "qkv"), 0.37]


def _tokens(rng: Rng, scale: float) -> list[Any]:
    return [scale * rng.standard_normal((5, 4)), np.array([1, 3, 1, 0, 3, 1])]


# An operation, the mistake, the input whose gradient is wrong, and the id that names it, if one does.
MISTAKES = """
RMS norm       mean square constant          x       variance-path-missing
RMS norm       gain forgotten                x       scale-missing
RMS norm       gain averaged                 gain    sum-averaged
layer norm     mean constant                 x       mean-path-missing
layer norm     variance constant             x       variance-path-missing
layer norm     beta of the last row          beta    broadcast-not-summed
softmax        sum missing                   x       softmax-sum-missing
softmax        sum over the batch            x       wrong-axis
softmax        logits for probabilities      x       argument-for-output
log-softmax    sum missing                   x       softmax-sum-missing
log-softmax    sum over the batch            x       wrong-axis
log-softmax    exp missing                   x       output-for-argument
cross-entropy  mean forgotten                logits  mean-summed
cross-entropy  mean over classes too         logits  sum-averaged
cross-entropy  sign                          logits  sign-flipped
SwiGLU         weights swapped               gate    operands-swapped
SwiGLU         slope of the sigmoid missing  gate    -
SwiGLU         one branch                    x       -
GELU tanh      at the output                 x       output-for-argument
GELU tanh      cube's factor                 x       -
GELU tanh      half forgotten                x       factor-two
rotary         rotated forward               x       -
rotary         not rotated                   x       -
rotary         sign                          x       sign-flipped
attention      scale missing                 q       scale-missing
attention      scale twice                   q       scale-twice
attention      mask missing                  v       -
linear         weight transposed             x       operands-swapped
linear         bias averaged                 bias    sum-averaged
linear         bias over outputs             bias    wrong-axis
embedding      overwritten                   table   duplicates-overwritten
embedding      averaged                      table   sum-averaged
embedding      zeros                         table   zero-gradient
scan           carry lost                    x       carry-lost
scan           decay forgotten               x       scale-missing
scan           state of the same step        decay   -
"""


def _kernel(
    name: str,
    draw: Callable[[Rng, float], list[Any]],
    forward: Callable[..., Any],
    backward: Callable[..., tuple],
) -> Kernel:
    rows = [re.split(r"  +", row) for row in MISTAKES.strip().splitlines()]
    own = {mistake: (array, None if id == "-" else id) for k, mistake, array, id in rows if k == name}
    return Kernel(name, draw, forward, backward, own)


KERNELS = (
    _kernel("RMS norm", normal((6, 8), (8,)), rms_norm, rms_norm_backward),
    _kernel("layer norm", normal((6, 8), (8,), (8,)), layer_norm, layer_norm_backward),
    _kernel("softmax", normal((6, 8)), softmax, softmax_backward),
    _kernel("log-softmax", normal((6, 8)), log_softmax, log_softmax_backward),
    _kernel("cross-entropy", _labelled, cross_entropy, cross_entropy_backward),
    _kernel("SwiGLU", _gated, swiglu, swiglu_backward),
    _kernel("GELU tanh", normal((6, 8)), gelu, gelu_backward),
    _kernel("rotary", normal((2, 6, 8)), rotary, rotary_backward),
    _kernel("attention", _attended, attention, attention_backward),
    _kernel("linear", normal((6, 6), (6, 6), (6,)), linear, linear_backward),
    _kernel("embedding", _tokens, embedding, embedding_backward),
    _kernel("scan", _decay, scan, scan_backward),
)
