"""The starters with mistakes planted by text: (style, id, the right text, the wrong one)."""

from compare.files.starters import text

PLANTED = [
    ("plain", "bias-averaged", '"b1": delta1.sum(axis=0)', '"b1": delta1.mean(axis=0)'),
    ("plain", "sign-flipped", "delta2 = (a2 - y) / N", "delta2 = (y - a2) / N"),
    ("plain", "missing-activation-derivative", "(delta2 @ W2) * (1 - a1**2)", "delta2 @ W2"),
    ("plain", "missing-batch-mean", "delta2 = (a2 - y) / N", "delta2 = a2 - y"),
    ("coursera", "sign-flipped", "dZ2 = A2 - Y", "dZ2 = Y - A2"),
    ("coursera", "missing-activation-derivative", " * (1 - A1**2)", ""),
    (
        "coursera",
        "bias-averaged",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / m / m",
    ),
    ("cs231n", "missing-activation-derivative", "dhidden * (cache", "dhidden + 0 * (cache"),
    ("cs231n", "decay-missing", 'cache["X"].T @ dhidden + REG * params["W1"]', 'cache["X"].T @ dhidden'),
    ("cs231n", "missing-batch-mean", "return loss, dscores / N", "return loss, dscores"),
    ("cs231n", "bias-averaged", 'grads["b1"] = dhidden.sum(axis=0)', 'grads["b1"] = dhidden.mean(axis=0)'),
    ("nielsen", "missing-activation-derivative", " * sigmoid_prime(zs[-layer])", ""),
    ("nielsen", "output-derivative-missing", " * sigmoid_prime(zs[-1])", ""),
    ("nielsen", "sign-flipped", "delta = (activations[-1] - y)", "delta = (y - activations[-1])"),
    ("nielsen", "missing-batch-mean", "total + d / len(X)", "total + d"),
    ("class", "bias-averaged", "delta.sum(axis=0)", "delta.mean(axis=0)"),
    ("class", "sign-flipped", "delta = (a[-1] - y) / N", "delta = (y - a[-1]) / N"),
    ("class", "missing-activation-derivative", " * a[l - 1] * (1 - a[l - 1])", ""),
    ("class", "missing-batch-mean", "(a[-1] - y) / N * a", "(a[-1] - y) * a"),
    ("pairs", "weight-not-transposed", "delta @ W * (1 - a[l] ** 2)", "delta @ W.T * (1 - a[l] ** 2)"),
    ("pairs", "weight-gradient-transposed", "(delta.T @ a[l], ", "(a[l].T @ delta, "),
    ("pairs", "bias-averaged", "delta.sum(0)", "delta.mean(0)"),
    ("pairs", "sign-flipped", "2 * (a[-1] - y)", "2 * (y - a[-1])"),
]

# A list of (W, b) pairs, all layers 3 wide, arrays of the module's own: a sixth habit, and where transposes hide.
PAIRS = """\
import numpy as np

rng = np.random.default_rng(1)
params = [(rng.normal(size=(3, 3)), rng.normal(size=3)) for _ in range(3)]
X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def gradient(params, x, y):
    a = [x]
    for W, b in params[:-1]:
        a.append(np.tanh(a[-1] @ W.T + b))
    W, b = params[-1]
    a.append(a[-1] @ W.T + b)
    delta = 2 * (a[-1] - y) / y.size
    grads = []
    for l in (2, 1, 0):
        W, _ = params[l]
        grads.insert(0, (delta.T @ a[l], delta.sum(0)))
        if l:
            delta = delta @ W * (1 - a[l] ** 2)
    return np.mean((a[-1] - y) ** 2), grads
"""

STYLES = ("plain", "coursera", "cs231n", "nielsen", "class", "pairs")


def source(style):
    """The right file of that style."""
    return PAIRS if style == "pairs" else text(style)


def wrong(style, right, mistaken):
    """The file with one place changed."""
    whole = source(style)
    assert whole.count(right) >= 1, right
    return whole.replace(right, mistaken)


# What a loss summed over the batch, with its own gradient, changes in each file.
SUMMED = {
    "plain": [("((a2 - y) ** 2) / N", "((a2 - y) ** 2)"), ("(a2 - y) / N", "a2 - y")],
    "coursera": [("-np.mean(", "-np.sum("), (" / m", "")],
    "cs231n": [("y]).mean()", "y]).sum()"), ("return loss, dscores / N", "return loss, dscores")],
    "nielsen": [(" / len(X)", "")],
    "class": [("((a[-1] - y) ** 2) / N", "((a[-1] - y) ** 2)"), ("(a[-1] - y) / N * a", "(a[-1] - y) * a")],
    "pairs": [(" / y.size", ""), ("np.mean((a[-1] - y) ** 2)", "np.sum((a[-1] - y) ** 2)")],
}


def summed(style):
    """The right file of that style with a summed loss."""
    whole = source(style)
    for mean, total in SUMMED[style]:
        assert mean in whole, mean
        whole = whole.replace(mean, total)
    return whole
