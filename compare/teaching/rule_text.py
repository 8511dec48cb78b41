"""The backward rules as lines of an exercise: what each is asked for, its right body, and wrong ones by their ids.

p is the trace of the forward and backward pass, by layer: p.W[l], p.b[l], p.z[l], p.a[l] (p.a[0] is x), p.y,
p.delta[l].
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One function of the exercise: its name, its arguments, what it is asked for, and a right body."""

    name: str
    arguments: str
    asked: str
    body: tuple


ENTRYWISE = {
    "sigmoid": "p.a[l] * (1 - p.a[l])",
    "tanh": "1 - p.a[l] ** 2",
    "relu": "p.z[l] > 0",
    "leaky_relu": "np.where(p.z[l] > 0, 1.0, LEAKY_SLOPE)",
    "softplus": "1 / (1 + np.exp(-p.z[l]))",
    "gelu": "_normal_cdf(p.z[l]) + p.z[l] * np.exp(-0.5 * p.z[l] ** 2) / np.sqrt(2 * np.pi)",
    "gelu_tanh": "sigmoid(2 * _gelu_argument(p.z[l])) + 2 * p.z[l] * sigmoid(2 * _gelu_argument(p.z[l])) "
    "* sigmoid(-2 * _gelu_argument(p.z[l])) * SQRT_2_PI * (1 + 3 * GELU_CUBIC * p.z[l] ** 2)",
    "silu": "sigmoid(p.z[l]) + p.z[l] * sigmoid(p.z[l]) * sigmoid(-p.z[l])",
    "identity": "1.0",
}
CRITERION = {
    "quadratic": "return (a - y) / len(a)",
    "mse": "return 2 * (a - y) / a.size",
    "binary_cross_entropy": "return ((1 - y) / (1 - a) - y / a) / a.size",
    "cross_entropy": "return -np.eye(a.shape[1])[y] / a / len(a)",
    "softmax_cross_entropy": "return (softmax(a) - np.eye(a.shape[1])[y]) / len(a)",
    "hinge": "return np.where(y * a < 1, -y, 0.0) / a.size",
}
UNFUSED = "delta = through_activation(DEPTH, criterion_gradient(p.a[DEPTH], p.y), p)"
FUSED = {
    "cross_entropy": "delta = (p.a[DEPTH] - np.eye(p.a[DEPTH].shape[1])[p.y]) / len(p.y)",
    "binary_cross_entropy": "delta = (p.a[DEPTH] - p.y) / p.y.size",
}


def rules(net):
    """The Rules of an exercise on `net`, an MLP of `manual`, from the loss down."""
    known = {
        "criterion_gradient": ("a, y", "dL/da of the last layer, (N, M_L)", (CRITERION[net.criterion],)),
        "through_activation": (
            "l, da, p",
            "dL/dz^l from da = dL/da^l, both (N, M_l): the way back through the activation of layer l",
            tuple(_through(net)),
        ),
        "output_delta": ("p", "delta^L = dL/dz^L, (N, M_L)", (_top(net), "return delta")),
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
        "through_activation": not passed_through(net),
        "hidden_delta": net.depth == 1,
        "weight_decay": not net.l2,
        "bias_decay": not (net.l2 and net.l2_biases),
    }
    return [Rule(name, *parts) for name, parts in known.items() if not absent.get(name)]


def _top(net):
    return FUSED[net.criterion] if net.fused else UNFUSED


def passed_through(net):
    """The layers whose activation is passed by itself: the hidden ones, and the last where nothing cancels."""
    return list(range(1, net.depth + (0 if net.fused else 1)))


def _through(
    net, softmax="return p.a[l] * (da - (da * p.a[l]).sum(axis=1, keepdims=True))", entrywise=ENTRYWISE
):
    names = list(dict.fromkeys(net.activations[l - 1] for l in passed_through(net)))
    lines = {n: softmax if n == "softmax" else f"return da * ({entrywise[n]})" for n in names}
    lines |= {"identity": "return da"} if "identity" in names else {}
    if len(names) == 1:
        return [lines[names[0]]]
    return [line for n in names for line in (f'if ACTIVATION[l] == "{n}":', f"    {lines[n]}")]


def _output(change):
    """A wrong output_delta: the right one, and then one line that spoils it."""
    return lambda net: ("output_delta", (_top(net), *change.split("\n")))


def _of(rule, *body):
    return lambda net: (rule, body)


def _over_both(net):
    return net.criterion in ("mse", "binary_cross_entropy", "hinge")


# id -> (net -> (rule, wrong body)): the mistakes of the catalogue that can be written in one rule, in all its layers.
WRONG = {
    "missing-batch-mean": _output("return delta * len(p.y)"),
    "batch-mean-twice": _output("return delta / len(p.y)"),
    "mean-over-outputs": lambda net: _output(
        "return delta * delta.shape[1]" if _over_both(net) else "return delta / delta.shape[1]"
    )(net),
    "factor-two": lambda net: _output("return delta / 2" if net.criterion == "mse" else "return 2 * delta")(
        net
    ),
    "sign-flipped": _output("return -delta"),
    "last-sample-only": _output("delta[:-1] = 0\nreturn delta"),
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
    "derivative-fed-z": _of(
        "hidden_delta",
        'slope = p.z[l] * (1 - p.z[l]) if ACTIVATION[l] == "sigmoid" else 1 - p.z[l] ** 2',
        "return (p.delta[l + 1] @ p.W[l + 1]) * slope",
    ),
    "relu-masked-by-gradient": lambda net: (
        "through_activation",
        tuple(
            _through(
                net,
                entrywise=ENTRYWISE | {"relu": "da > 0", "leaky_relu": "np.where(da > 0, 1.0, LEAKY_SLOPE)"},
            )
        ),
    ),
    "softmax-jacobian-diagonal": lambda net: (
        "through_activation",
        tuple(_through(net, softmax="return da * p.a[l] * (1 - p.a[l])")),
    ),
    "weight-gradient-transposed": _of("weight_gradient", "return p.a[l - 1].T @ p.delta[l]"),
    "activation-not-previous": _of("weight_gradient", "return p.delta[l].T @ p.a[l]"),
    "bias-averaged": _of("bias_gradient", "return p.delta[l].mean(axis=0)"),
    "bias-summed-over-everything": _of("bias_gradient", "return np.full(p.b[l].shape, p.delta[l].sum())"),
    "decay-missing": _of("weight_decay", "return 0 * p.W[l]"),
    "decay-factor": _of("weight_decay", "return 2 * L2 * p.W[l]"),
    "decay-over-batch": _of("weight_decay", "return L2 * p.W[l] / len(p.y)"),
}
