"""The penalty 1/2 lambda ||W||^2 and its derivative lambda W."""

from .. import needs
from ..mistake import mistake


@mistake("decay-missing", "weight_decay", "every", needs=needs.penalty)
def decay_missing(Net, at):
    """
    wrong: dW{l} = delta{l}.T @ a{down}
    right: dW{l} = delta{l}.T @ a{down} + l2 * W{l}
    why: the loss holds 1/2 l2 ||W{l}||^2
    """

    class Planted(Net):
        def weight_decay(self, l, p):
            return 0 * p.W[l] if l in at else super().weight_decay(l, p)

    return Planted


@mistake("decay-factor", "weight_decay", "every", needs=needs.penalty)
def decay_factor(Net, at):
    """
    wrong: dW{l} += 2 * l2 * W{l}
    right: dW{l} += l2 * W{l}
    why: the loss holds 1/2 l2 ||W{l}||^2; the 2 of the square cancels the 1/2
    """

    class Planted(Net):
        def weight_decay(self, l, p):
            return 2 * super().weight_decay(l, p) if l in at else super().weight_decay(l, p)

    return Planted


@mistake("decay-factor:half", "weight_decay", "every", needs=needs.penalty)
def decay_factor_half(Net, at):
    """
    wrong: dW{l} += 0.5 * l2 * W{l}
    right: dW{l} += l2 * W{l}
    why: the derivative of 1/2 l2 ||W{l}||^2 has no 1/2 left
    """

    class Planted(Net):
        def weight_decay(self, l, p):
            return 0.5 * super().weight_decay(l, p) if l in at else super().weight_decay(l, p)

    return Planted


@mistake("decay-on-biases", "bias_decay", "every", needs=needs.penalty_not_on_biases)
def decay_on_biases(Net, at):
    """
    wrong: db{l} = delta{l}.sum(axis=0) + l2 * b{l}
    right: db{l} = delta{l}.sum(axis=0)
    why: the loss penalises the weights only
    """

    class Planted(Net):
        def bias_decay(self, l, p):
            return self.l2 * p.b[l] if l in at else super().bias_decay(l, p)

    return Planted


@mistake("decay-over-batch", "weight_decay", "every", needs=needs.all_of(needs.penalty, needs.batch))
def decay_over_batch(Net, at):
    """
    wrong: dW{l} += l2 * W{l} / N
    right: dW{l} += l2 * W{l}
    why: the penalty stands outside the mean over the batch
    """

    class Planted(Net):
        def weight_decay(self, l, p):
            right = super().weight_decay(l, p)
            return right / len(p.y) if l in at else right

    return Planted
