"""The backward rules as the functions of an exercise: signature, task, right body, and wrong ones by their ids.

p is the trace of the forward and backward pass, by layer: p.W[l], p.b[l], p.z[l], p.a[l] (p.a[0] is x), p.y,
p.delta[l].
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from manual import MLP
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA

Body = tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One function of an exercise: its name, its arguments, its docstring, and a right body."""

    name: str
    arguments: str
    task: str
    body: Body


def rules(net: MLP) -> list[Rule]:
    """Return the Rules of an exercise on `net`, from the loss down."""
    known = {
        "criterion_gradient": (
            "a, y",
            "dL/da of the last layer, (N, M_L)",
            (f"return {CRITERIA[net.criterion].exercise_code}",),
        ),
        "through_activation": (
            "l, da, p",
            "dL/dz^l from da = dL/da^l, both (N, M_l): back through the activation of layer l",
            _through(net),
        ),
        "output_delta": ("p", "delta^L = dL/dz^L, (N, M_L)", (_output_delta(net), "return delta")),
        "hidden_delta": (
            "l, p",
            "delta^l = dL/dz^l from delta^(l+1), (N, M_l)",
            ("return through_activation(l, p.delta[l + 1] @ p.W[l + 1], p)",),
        ),
        "weight_gradient": (
            "l, p",
            "dL/dW^l, (M_l, M_(l-1)), without the penalty",
            ("return p.delta[l].T @ p.a[l - 1]",),
        ),
        "bias_gradient": (
            "l, p",
            "dL/db^l, (M_l,), without the penalty",
            ("return p.delta[l].sum(axis=0)",),
        ),
        "weight_decay": ("l, p", "what the penalty adds to dL/dW^l", ("return L2 * p.W[l]",)),
        "bias_decay": ("l, p", "what the penalty adds to dL/db^l", ("return L2 * p.b[l]",)),
    }
    absent = {
        "criterion_gradient": net.fused,
        "through_activation": not _passed(net),
        "hidden_delta": net.depth == 1,
        "weight_decay": not net.l2,
        "bias_decay": not (net.l2 and net.l2_biases),
    }
    return [Rule(name, *parts) for name, parts in known.items() if not absent.get(name)]


def _passed(net: MLP) -> list[str]:
    """The activations that are passed by themselves: of the hidden layers, and of the last where it is not fused."""
    return list(dict.fromkeys(net.activations[:-1] if net.fused else net.activations))


def _in(code: str, **names: str) -> str:
    """Replace each of `names` in an expression by what it is there."""
    return re.sub(rf"\b({'|'.join(names)})\b", lambda found: names[found[1]], code)


def _output_delta(net: MLP) -> str:
    if not net.fused:
        return "delta = through_activation(DEPTH, criterion_gradient(p.a[DEPTH], p.y), p)"
    return f"delta = {_in(net.fused.exercise_code, a='p.a[DEPTH]', y='p.y')}"


def _through(net: MLP, changed: dict[str, str] | None = None) -> Body:
    """through_activation. changed: {activation: another expression}."""
    lines = {}
    for name in _passed(net):
        f = ACTIVATIONS[name]
        code = _in((changed or {}).get(name, f.exercise_code), a="p.a[l]", z="p.z[l]")
        lines[name] = f"return da * ({code})" if f.entrywise else f"return {code}"
        if code == "1.0":
            lines[name] = "return da"
    if len(lines) == 1:
        return tuple(lines.values())
    return tuple(
        part for name, line in lines.items() for part in (f'if ACTIVATION[l] == "{name}":', f"    {line}")
    )


Wrong = Callable[[MLP], tuple[str, Body]]


def _of(rule: str, *body: str) -> Wrong:
    return lambda net: (rule, body)


def _output(*change: str) -> Wrong:
    """A right output_delta, and then lines that spoil it."""
    return lambda net: ("output_delta", (_output_delta(net), *change))


def _mean_over_outputs(net: MLP) -> tuple[str, Body]:
    times = "*" if CRITERIA[net.criterion].mean_over_outputs else "/"
    return _output(f"return delta {times} delta.shape[1]")(net)


def _factor_two(net: MLP) -> tuple[str, Body]:
    return _output("return delta / 2" if net.criterion == "mse" else "return 2 * delta")(net)


def _derivative_fed_z(net: MLP) -> tuple[str, Body]:
    """The formulas of f' by a = f(z), fed with z."""
    codes = {name: _in(f.output_code, a="p.z[l]") for name, f in ACTIVATIONS.items() if f.output_code}
    *conditional, last = codes.items()
    slope = "".join(f'{code} if ACTIVATION[l] == "{name}" else ' for name, code in conditional) + last[1]
    return "hidden_delta", (f"slope = {slope}", "return (p.delta[l + 1] @ p.W[l + 1]) * slope")


def _masked_by_gradient(net: MLP) -> tuple[str, Body]:
    masked = {name: _in(f.exercise_code, z="da") for name, f in ACTIVATIONS.items() if f.kinks}
    return "through_activation", _through(net, masked)


def _softmax_diagonal(net: MLP) -> tuple[str, Body]:
    return "through_activation", _through(net, {"softmax": "da * a * (1 - a)"})


# The mistakes of the catalogue that can be written in one rule, in all its layers: id -> (rule, wrong body).
WRONG: dict[str, Wrong] = {
    "missing-batch-mean": _output("return delta * len(p.y)"),
    "batch-mean-twice": _output("return delta / len(p.y)"),
    "mean-over-outputs": _mean_over_outputs,
    "factor-two": _factor_two,
    "sign-flipped": _output("return -delta"),
    "last-sample-only": _output("delta[:-1] = 0", "return delta"),
    "output-derivative-missing": _of("output_delta", "return criterion_gradient(p.a[DEPTH], p.y)"),
    "output-derivative-extra": _output("return delta * p.a[DEPTH] * (1 - p.a[DEPTH])"),
    "cross-entropy-sign": _of("criterion_gradient", "return (-y / a - (1 - y) / (1 - a)) / a.size"),
    "missing-activation-derivative": _of("hidden_delta", "return p.delta[l + 1] @ p.W[l + 1]"),
    "mean-twice-in-one-layer": _of(
        "hidden_delta", "return through_activation(l, p.delta[l + 1] @ p.W[l + 1], p) / len(p.y)"
    ),
    "weight-not-transposed": _of(
        "hidden_delta", "return through_activation(l, p.delta[l + 1] @ p.W[l + 1].T, p)"
    ),
    "gradient-for-weight": _of(
        "hidden_delta", "return through_activation(l, p.delta[l + 1] @ p.dW[l + 1], p)"
    ),
    "derivative-fed-z": _derivative_fed_z,
    "relu-masked-by-gradient": _masked_by_gradient,
    "softmax-jacobian-diagonal": _softmax_diagonal,
    "weight-gradient-transposed": _of("weight_gradient", "return p.a[l - 1].T @ p.delta[l]"),
    "activation-not-previous": _of("weight_gradient", "return p.delta[l].T @ p.a[l]"),
    "bias-averaged": _of("bias_gradient", "return p.delta[l].mean(axis=0)"),
    "bias-summed-over-everything": _of("bias_gradient", "return np.full(p.b[l].shape, p.delta[l].sum())"),
    "decay-missing": _of("weight_decay", "return 0 * p.W[l]"),
    "decay-factor": _of("weight_decay", "return 2 * L2 * p.W[l]"),
    "decay-over-batch": _of("weight_decay", "return L2 * p.W[l] / len(p.y)"),
}
