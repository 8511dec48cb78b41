"""Biases and shapes: what a wrong axis or a missing transpose does."""

import numpy as np

from manual import MLP

from .. import needs
from ..mistake import mistake


@mistake("bias-averaged", "bias_gradient", "every", needs=needs.batch)
def _(net, right, l, trace):
    """
    wrong: db{l} = delta{l}.mean(axis=0)
    right: db{l} = delta{l}.sum(axis=0)
    why: delta{l} already holds 1/N
    """
    return trace.delta[l].mean(axis=0)


@mistake("bias-summed-over-everything", "bias_gradient", "every", needs=needs.several_units)
def _(net, right, l, trace):
    """
    wrong: db{l} = delta{l}.sum()
    right: db{l} = delta{l}.sum(axis=0)
    why: the sum goes over the batch only; summed over the units too, all entries are equal
    """
    return np.full_like(right(l, trace), trace.delta[l].sum())


@mistake("bias-from-wrong-layer", "bias_gradient", "hidden", needs=needs.same_width_as_above)
def _(net, right, l, trace):
    """
    wrong: db{l} = delta{up}.sum(axis=0)
    right: db{l} = delta{l}.sum(axis=0)
    why: the bias of layer {l} moves z{l}, so it takes delta{l}
    """
    return trace.delta[l + 1].sum(axis=0)


wide_square = needs.all_of(needs.square, needs.several_units)
unequal = "layers of different widths: there it is a shape error"


@mistake("weight-gradient-transposed", "weight_gradient", "every", needs=wide_square, separate=unequal)
def _(net, right, l, trace):
    """
    wrong: dW{l} = a{down}.T @ delta{l}
    right: dW{l} = delta{l}.T @ a{down}
    why: dW{l} has the layout of W{l}, [out, in]; in a square layer the transposed one fits too
    """
    return np.ascontiguousarray(right(l, trace).T)


@mistake(
    "weight-not-transposed", "hidden_delta", "hidden", needs=needs.in_layers(wide_square, 1), separate=unequal
)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}.T) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: forward was a{l} @ W{up}.T, so backward is the transpose of that
    """
    return net.through_activation(l, trace.delta[l + 1] @ trace.W[l + 1].T, trace)


def _one_output(site):
    return "more than one output" if site.net.sizes[-1] != 1 else None


@mistake(
    "column-broadcast",
    "criterion_gradient",
    "output",
    needs=needs.all_of(_one_output, needs.criterion("quadratic", "mse"), needs.batch),
    loss=True,
)
class ColumnBroadcast(MLP):
    """
    wrong: e = a{l} - y, with a{l} of shape (N, 1) and y of shape (N,): e is (N, N)
    right: e = a{l} - y[:, None]
    why: NumPy broadcasts a column against a row, so every prediction meets every target
    """

    def data_loss(self, z, a, y):
        share = 0.5 if self.criterion == "quadratic" else 1
        return share * ((a - y.T) ** 2).mean()

    def criterion_gradient(self, a, y):
        share = 1 if self.criterion == "quadratic" else 2
        return share * (a - y.T).sum(axis=1, keepdims=True) / len(a) ** 2
