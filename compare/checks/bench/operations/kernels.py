"""Twelve operations with the backward passes that kernels have: m are the functions of a framework.

A backward takes the cotangent d and the inputs, and `wrong`, the mistake to make, or None.
"""

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


KERNELS = (
    Kernel(
        "RMS norm",
        normal((6, 8), (8,)),
        rms_norm,
        rms_norm_backward,
        {
            "mean square constant": ("x", "variance-path-missing"),
            "gain forgotten": ("x", "scale-missing"),
            "gain averaged": ("gain", "sum-averaged"),
        },
    ),
    Kernel(
        "layer norm",
        normal((6, 8), (8,), (8,)),
        layer_norm,
        layer_norm_backward,
        {
            "mean constant": ("x", "mean-path-missing"),
            "variance constant": ("x", "variance-path-missing"),
            "beta of the last row": ("beta", "broadcast-not-summed"),
        },
    ),
    Kernel(
        "softmax",
        normal((6, 8)),
        softmax,
        softmax_backward,
        {
            "sum missing": ("x", "softmax-sum-missing"),
            "sum over the batch": ("x", "wrong-axis"),
            "logits for probabilities": ("x", "argument-for-output"),
        },
    ),
    Kernel(
        "log-softmax",
        normal((6, 8)),
        log_softmax,
        log_softmax_backward,
        {
            "sum missing": ("x", "softmax-sum-missing"),
            "sum over the batch": ("x", "wrong-axis"),
            "exp missing": ("x", "output-for-argument"),
        },
    ),
    Kernel(
        "cross-entropy",
        lambda rng, scale: [scale * rng.standard_normal((6, 8)), rng.integers(0, 8, 6)],
        cross_entropy,
        cross_entropy_backward,
        {
            "mean forgotten": ("logits", "mean-summed"),
            "mean over classes too": ("logits", "sum-averaged"),
            "sign": ("logits", "sign-flipped"),
        },
    ),
    Kernel(
        "SwiGLU",
        lambda rng, scale: [scale * rng.standard_normal((6, 8)), *rng.standard_normal((2, 8, 5))],
        swiglu,
        swiglu_backward,
        {
            "weights swapped": ("gate", "operands-swapped"),
            "slope of the sigmoid missing": ("gate", None),
            "one branch": ("x", None),
        },
    ),
    Kernel(
        "GELU tanh",
        normal((6, 8)),
        gelu,
        gelu_backward,
        {
            "at the output": ("x", "output-for-argument"),
            "cube's factor": ("x", None),
            "half forgotten": ("x", "factor-two"),
        },
    ),
    Kernel(
        "rotary",
        normal((2, 6, 8)),
        rotary,
        rotary_backward,
        {"rotated forward": ("x", None), "not rotated": ("x", None), "sign": ("x", "sign-flipped")},
    ),
    Kernel(
        "attention",
        lambda rng, scale: [*(scale**0.5 * rng.standard_normal((6, 8)) for _ in "qkv"), 0.37],
        attention,
        attention_backward,
        {
            "scale missing": ("q", "scale-missing"),
            "scale twice": ("q", "scale-twice"),
            "mask missing": ("v", None),
        },
    ),
    Kernel(
        "linear",
        normal((6, 6), (6, 6), (6,)),
        linear,
        linear_backward,
        {
            "weight transposed": ("x", "operands-swapped"),
            "bias averaged": ("bias", "sum-averaged"),
            "bias over outputs": ("bias", "wrong-axis"),
        },
    ),
    Kernel(
        "embedding",
        lambda rng, scale: [scale * rng.standard_normal((5, 4)), np.array([1, 3, 1, 0, 3, 1])],
        embedding,
        embedding_backward,
        {
            "overwritten": ("table", "duplicates-overwritten"),
            "averaged": ("table", "sum-averaged"),
            "zeros": ("table", "zero-gradient"),
        },
    ),
    Kernel(
        "scan",
        _decay,
        scan,
        scan_backward,
        {
            "carry lost": ("x", "carry-lost"),
            "decay forgotten": ("x", "scale-missing"),
            "state of the same step": ("decay", None),
        },
    ),
)
