# ruff: noqa: E501 (one case a line)
"""Kinks that are planted in a function are found in its record, and nothing else is taken for one."""

from typing import Any

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import functions, load
from compare.trace.derivatives.kinks import Kink, kinks
from compare.trace.derivatives.run import record
from compare.user.subject import Subject

P = np.array([[0.5, 0.0, -1.0], [2.0, -0.25, 0.75], [0.0, 0.0, 1.5], [-2.0, 3.0, 0.5]])
X = np.arange(12.0).reshape(4, 3) + 0.3


def found(body: str, p: np.ndarray = P, head: str = "") -> list[Kink]:
    """Return the kinks of the function whose last lines are `body`; the first of them is line 4 plus head's lines."""
    source = f"import numpy as np\n{head}\ndef f(params, x):\n    p = params['p']\n"
    source += "".join(f"    {line}\n" for line in body.split("\n"))
    source += "    return loss, {'p': p * 0}\n"
    module = load(source)
    run = record(Subject(module.f, {"p": p}, X, None))
    return kinks(run, run.back())


PLANTED: dict[str, tuple[str, str, int, tuple[int, ...]]] = {
    # body: name, entries, samples
    "maximum": ("loss = np.sum(np.maximum(p, 0) * x)", "maximum", 3, (0, 2)),
    "minimum": ("loss = np.sum(np.minimum(0.5, p) * x)", "minimum", 2, (0, 3)),
    "fmax": ("loss = np.sum(np.fmax(0.0, p) * x)", "fmax", 3, (0, 2)),
    "two values": ("loss = np.sum(np.maximum(p[:, 0], p[:, 1]) * x[:, 0])", "maximum", 1, (2,)),
    "abs": ("loss = np.sum(np.abs(p) * x)", "absolute", 3, (0, 2)),
    "operator abs": ("loss = np.sum(abs(p) * x)", "absolute", 3, (0, 2)),
    "sign": ("loss = np.sum(np.sign(p) * x)", "sign", 3, (0, 2)),
    "heaviside": (
        "loss = np.sum(np.heaviside(p, 0.5) * p * x + np.heaviside(p, 1.0) * x)",
        "heaviside",
        3,
        (0, 2),
    ),
    "tie of max": (
        "q = p - 0.0\nq = q * np.array([1.0, 1.0, 0.0])\nloss = np.sum(q.max(axis=1) * x[:, 0])",
        "maximum.reduce",
        3,
        (2,),
    ),
    "tie of all": ("loss = np.min(np.abs(p) + 1)", "minimum.reduce", 3, (0, 2)),
    "where": ("loss = np.sum(np.where(p > 0, p, 0.1 * p) * x)", "greater", 3, (0, 2)),
    "mask": ("q = p * 1.0\nq[q <= 0] = 0\nloss = np.sum(q * x)", "less_equal", 3, (0, 2)),
    "factor": ("loss = np.sum(p * (p >= 0) * x)", "greater_equal", 3, (0, 2)),
    "clip": ("loss = np.sum(np.clip(p, -1.0, 0.75) * x)", "clip", 2, (0, 1)),
    "clip method": ("loss = np.sum(p.clip(0.5) * x)", "clip", 2, (0, 3)),
    "floor": ("loss = np.sum(np.floor(p) * x)", "floor", 7, (0, 1, 2, 3)),
    "ceil": ("loss = np.sum(np.ceil(p) * x)", "ceil", 7, (0, 1, 2, 3)),
    "trunc": ("loss = np.sum(np.trunc(p) * x)", "trunc", 4, (0, 1, 3)),
    "rint": ("loss = np.sum(np.rint(p) * x)", "rint", 3, (0, 2, 3)),
    "round": ("loss = np.sum(np.round(p, 1) * x)", "round", 2, (1,)),
    "remainder": ("loss = np.sum((p % 1.0) * x)", "remainder", 7, (0, 1, 2, 3)),
    "norm": (
        "loss = np.sum(np.linalg.norm(p[:, :2] * np.array([0.0, 1.0]), axis=1) * x[:, 0])",
        "norm",
        2,
        (0, 2),
    ),
    "a loop": (
        "loss = 0.0\nfor row in p:\n    loss = loss + np.sum(np.maximum(row, 0.0) ** 1)",
        "maximum",
        3,
        (0, 1),
    ),
    "a branch": ("loss = 0.0\nfor v in p[0]:\n    loss = loss + (v if v > 0 else 2 * v)", "greater", 1, ()),
    "builtin max": ("loss = max(p[0, 1], p[2, 0]) * 2.0", "greater", 1, ()),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_kink_is_found(name: str) -> None:
    body, operation, entries, samples = PLANTED[name]
    (kink,) = [k for k in found(body) if k.name == operation]
    assert (kink.entries, kink.samples) == (entries, samples)
    lines = body.split("\n")
    assert kink.file == "<user>" and 4 < kink.line <= 4 + len(lines)


NONE: dict[str, str] = {
    "off the kink": "loss = np.sum(np.maximum(p + 0.1, 0) * x) + np.sum(np.abs(p - 0.1))",
    "nothing arrives": "h = np.maximum(p, 0)\nloss = np.sum((h * (p != 0)) * 0) + np.sum(np.maximum(p, 0)[p > 0.1] ** 2)",
    "smooth all the same": "loss = np.sum(np.maximum(p, 0) ** 2 * x)",
    "log-softmax": "z = p - p.max(axis=1, keepdims=True)\nloss = -np.sum((z - np.log(np.exp(z).sum(axis=1, keepdims=True))) * x)",
    "constants": "loss = np.sum(np.maximum(np.zeros(3), 0) + p) + np.sum(np.abs(np.zeros(4)))",
    "after the loss": "loss = np.sum(p ** 2)\nd = p * 2\nd[p <= 0] = 0",
    "a value with itself": "loss = np.sum(np.where(p >= p, p, 0.0) * x) + np.sum(np.maximum(p, p))",
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_kink_is_none(name: str) -> None:
    p = P + 0.013 if name == "nothing arrives" else P
    assert found(NONE[name], p) == []


def test_float32() -> None:
    p = P.astype(np.float32)
    assert [k.entries for k in found("loss = np.sum(np.maximum(p, 0) * x)", p)] == [3]
    assert found(NONE["log-softmax"], np.zeros((4, 3), np.float32)) == []


@pytest.mark.parametrize(
    "name", ["net_dropout", "layers_objects", "conv_im2col", "lstm_caches", "multihead", "maxout"]
)
def test_random_points_of_the_bench_stand_on_no_kink(name: str) -> None:
    module: Any = load(functions()[name].source, name)
    rng = np.random.default_rng(5)
    run = record(Subject(module.backward, module.draw(rng), *module.batch(rng, 4)))
    assert kinks(run, run.back()) == []
