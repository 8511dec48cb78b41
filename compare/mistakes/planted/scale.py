"""Scale and sign: the right gradient times something."""

import numpy as np

from manual.criteria import CRITERIA

from .. import needs
from ..mistake import mistake


@mistake("missing-batch-mean", "output_delta", "output", needs=needs.batch)
def _(net, right, trace):
    """
    wrong: delta{l} = p - y
    right: delta{l} = (p - y) / N
    why: the loss is a mean over the batch; the gradient is summed over it
    """
    return right(trace) * len(trace.y)


@mistake("batch-mean-twice", "output_delta", "output", needs=needs.batch)
def _(net, right, trace):
    """
    wrong: dW{l} = delta{l}.T @ a{down} / N, where delta{l} = (p - y) / N
    right: dW{l} = delta{l}.T @ a{down}
    why: delta{l} already holds 1/N, and every array is divided by N once more
    """
    return right(trace) / len(trace.y)


@mistake("mean-over-outputs", "output_delta", "output", needs=needs.outputs)
def _(net, right, trace):
    """
    wrong: delta{l} = (p - y) / p.size
    right: delta{l} = (p - y) / len(p)
    why: the criterion divides by N, not by N times the number of outputs (or the reverse)
    """
    outputs = net.sizes[-1]
    return right(trace) * (outputs if CRITERIA[net.criterion].mean_over_outputs else 1 / outputs)


@mistake("factor-two", "output_delta", "output")
def _(net, right, trace):
    """
    wrong: delta{l} = 2 * (a{l} - y) * ... for a loss with 1/2 (a{l} - y)**2
    right: delta{l} = (a{l} - y) * ...
    why: the derivative of 1/2 e^2 is e, that of e^2 is 2 e; every array is off by that 2
    """
    return right(trace) * (0.5 if net.criterion == "mse" else 2)


@mistake("sign-flipped", "output_delta", "output")
def _(net, right, trace):
    """
    wrong: delta{l} = y - p
    right: delta{l} = p - y
    why: that is the direction of descent; the gradient points up
    """
    return -right(trace)


@mistake("mean-twice-in-one-layer", "hidden_delta", "hidden", needs=needs.batch)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(z{l}) / N
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: delta{up} already holds 1/N
    """
    return right(l, trace) / len(trace.y)


@mistake("rate-in-gradient", "update", "whole", overrides="backward_pass", constant=(0.1,))
def _(net, right, trace, y, c):
    """
    wrong: dW{l} = rate * (delta{l}.T @ a{down} + l2 * W{l})
    right: dW{l} = delta{l}.T @ a{down} + l2 * W{l}
    why: the learning rate belongs to the update; every array is a constant times the right one
    """
    trace = right(trace, y)
    trace.dW = {l: c * d for l, d in trace.dW.items()}
    trace.db = {l: c * d for l, d in trace.db.items()}
    return trace


@mistake("divided-by-dataset", "output_delta", "output", constant=(0.01,))
def _(net, right, trace, c):
    """
    wrong: delta{l} = (p - y) / n_train
    right: delta{l} = (p - y) / len(batch)
    why: the loss is a mean over this batch, not over the whole data set
    """
    return right(trace) * c


@mistake("last-sample-only", "output_delta", "output", needs=needs.batch)
def _(net, right, trace):
    """
    wrong: for n in range(N): dW{l} = outer(delta{l}[n], a{down}[n])
    right: for n in range(N): dW{l} += outer(delta{l}[n], a{down}[n])
    why: each sample's contribution overwrites the one before; only the last one is left
    """
    delta = right(trace)
    return np.concatenate([0 * delta[:-1], delta[-1:]])
