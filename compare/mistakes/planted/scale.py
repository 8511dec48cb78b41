"""Scale and sign: the right gradient times something."""

import numpy as np

from .. import needs
from ..mistake import mistake


@mistake("missing-batch-mean", "output_delta", "output", needs=needs.batch)
def missing_batch_mean(Net, at):
    """
    wrong: delta{l} = p - y
    right: delta{l} = (p - y) / N
    why: the loss is a mean over the batch; the gradient is summed over it
    """

    class Planted(Net):
        def output_delta(self, p):
            return super().output_delta(p) * len(p.y)

    return Planted


@mistake("batch-mean-twice", "output_delta", "output", needs=needs.batch)
def batch_mean_twice(Net, at):
    """
    wrong: dW{l} = delta{l}.T @ a{down} / N, where delta{l} = (p - y) / N
    right: dW{l} = delta{l}.T @ a{down}
    why: delta{l} already holds 1/N, and every array is divided by N once more
    """

    class Planted(Net):
        def output_delta(self, p):
            return super().output_delta(p) / len(p.y)

    return Planted


@mistake("mean-over-outputs", "output_delta", "output", needs=needs.outputs)
def mean_over_outputs(Net, at):
    """
    wrong: delta{l} = (p - y) / p.size
    right: delta{l} = (p - y) / len(p)
    why: the criterion divides by N, not by N times the number of outputs (or the reverse)
    """

    class Planted(Net):
        def output_delta(self, p):
            outputs = self.sizes[-1]
            over_both = self.criterion in ("mse", "binary_cross_entropy", "hinge")
            return super().output_delta(p) * (outputs if over_both else 1 / outputs)

    return Planted


@mistake("factor-two", "output_delta", "output")
def factor_two(Net, at):
    """
    wrong: delta{l} = 2 * (a{l} - y) * ... for a loss with 1/2 (a{l} - y)**2
    right: delta{l} = (a{l} - y) * ...
    why: the derivative of 1/2 e^2 is e, that of e^2 is 2 e; every array is off by that 2
    """

    class Planted(Net):
        def output_delta(self, p):
            return super().output_delta(p) * (0.5 if self.criterion == "mse" else 2)

    return Planted


@mistake("sign-flipped", "output_delta", "output")
def sign_flipped(Net, at):
    """
    wrong: delta{l} = y - p
    right: delta{l} = p - y
    why: that is the direction of descent; the gradient points up
    """

    class Planted(Net):
        def output_delta(self, p):
            return -super().output_delta(p)

    return Planted


@mistake("mean-twice-in-one-layer", "hidden_delta", "hidden", needs=needs.batch)
def mean_twice_in_one_layer(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(z{l}) / N
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: delta{up} already holds 1/N
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            delta = super().hidden_delta(l, p)
            return delta / len(delta) if l in at else delta

    return Planted


@mistake("rate-in-gradient", "update", "whole", constant=(0.1,))
def rate_in_gradient(Net, at, c):
    """
    wrong: dW{l} = rate * (delta{l}.T @ a{down} + l2 * W{l})
    right: dW{l} = delta{l}.T @ a{down} + l2 * W{l}
    why: the learning rate belongs to the update; every array is a constant times the right one
    """

    class Planted(Net):
        def backward_pass(self, p, y):
            p = super().backward_pass(p, y)
            p.dW = {l: c * d for l, d in p.dW.items()}
            p.db = {l: c * d for l, d in p.db.items()}
            return p

    return Planted


@mistake("divided-by-dataset", "output_delta", "output", constant=(0.01,))
def divided_by_dataset(Net, at, c):
    """
    wrong: delta{l} = (p - y) / n_train
    right: delta{l} = (p - y) / len(batch)
    why: the loss is a mean over this batch, not over the whole data set
    """

    class Planted(Net):
        def output_delta(self, p):
            return super().output_delta(p) * c

    return Planted


@mistake("last-sample-only", "output_delta", "output", needs=needs.batch)
def last_sample_only(Net, at):
    """
    wrong: for n in range(N): dW{l} = outer(delta{l}[n], a{down}[n])
    right: for n in range(N): dW{l} += outer(delta{l}[n], a{down}[n])
    why: each sample's contribution overwrites the one before; only the last one is left
    """

    class Planted(Net):
        def output_delta(self, p):
            delta = super().output_delta(p)
            return np.concatenate([0 * delta[:-1], delta[-1:]])

    return Planted
