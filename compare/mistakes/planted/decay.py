"""The penalty 1/2 lambda ||W||^2 and its derivative lambda W."""

from .. import needs
from ..mistake import mistake


@mistake("decay-missing", "weight_decay", "every", needs=needs.penalty)
def _(net, right, l, trace):
    """
    wrong: dW{l} = delta{l}.T @ a{down}
    right: dW{l} = delta{l}.T @ a{down} + l2 * W{l}
    why: the loss holds 1/2 l2 ||W{l}||^2
    """
    return 0 * trace.W[l]


@mistake("decay-factor", "weight_decay", "every", needs=needs.penalty)
def _(net, right, l, trace):
    """
    wrong: dW{l} += 2 * l2 * W{l}
    right: dW{l} += l2 * W{l}
    why: the loss holds 1/2 l2 ||W{l}||^2; the 2 of the square cancels the 1/2
    """
    return 2 * right(l, trace)


@mistake("decay-factor:half", "weight_decay", "every", needs=needs.penalty)
def _(net, right, l, trace):
    """
    wrong: dW{l} += 0.5 * l2 * W{l}
    right: dW{l} += l2 * W{l}
    why: the derivative of 1/2 l2 ||W{l}||^2 has no 1/2 left
    """
    return 0.5 * right(l, trace)


@mistake("decay-on-biases", "bias_decay", "every", needs=needs.penalty_not_on_biases)
def _(net, right, l, trace):
    """
    wrong: db{l} = delta{l}.sum(axis=0) + l2 * b{l}
    right: db{l} = delta{l}.sum(axis=0)
    why: the loss penalises the weights only
    """
    return net.l2 * trace.b[l]


@mistake("decay-over-batch", "weight_decay", "every", needs=needs.all_of(needs.penalty, needs.batch))
def _(net, right, l, trace):
    """
    wrong: dW{l} += l2 * W{l} / N
    right: dW{l} += l2 * W{l}
    why: the penalty is not part of the mean over the batch
    """
    return right(l, trace) / len(trace.y)
