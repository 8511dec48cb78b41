"""Biases and shapes: what a wrong axis or a missing transpose does."""

import numpy as np

from .. import needs
from ..mistake import mistake


@mistake("bias-averaged", "bias_gradient", "every", needs=needs.batch)
def bias_averaged(Net, at):
    """
    wrong: db{l} = delta{l}.mean(axis=0)
    right: db{l} = delta{l}.sum(axis=0)
    why: delta{l} already holds 1/N
    """

    class Planted(Net):
        def bias_gradient(self, l, p):
            return p.delta[l].mean(axis=0) if l in at else super().bias_gradient(l, p)

    return Planted


def _wider_than_one(net, params, x, y, layers):
    narrow = [l for l in layers if net.sizes[l] < 2]
    return f"layer {narrow[0]} has one unit: a sum over units is the unit" if narrow else None


@mistake("bias-summed-over-everything", "bias_gradient", "every", needs=_wider_than_one)
def bias_summed_over_everything(Net, at):
    """
    wrong: db{l} = delta{l}.sum()
    right: db{l} = delta{l}.sum(axis=0)
    why: the sum goes over the batch only; summed over the units too, all entries are equal
    """

    class Planted(Net):
        def bias_gradient(self, l, p):
            right = super().bias_gradient(l, p)
            return np.full_like(right, p.delta[l].sum()) if l in at else right

    return Planted


@mistake("bias-from-wrong-layer", "bias_gradient", "hidden", needs=needs.same_width_as_above)
def bias_from_wrong_layer(Net, at):
    """
    wrong: db{l} = delta{up}.sum(axis=0)
    right: db{l} = delta{l}.sum(axis=0)
    why: the bias of layer {l} moves z{l}, so it takes delta{l}
    """

    class Planted(Net):
        def bias_gradient(self, l, p):
            return p.delta[l + 1].sum(axis=0) if l in at else super().bias_gradient(l, p)

    return Planted


def _wider_than_one_square(net, params, x, y, layers):
    reason = needs.square(net, params, x, y, layers)
    return reason or _wider_than_one(net, params, x, y, layers)


@mistake(
    "weight-gradient-transposed",
    "weight_gradient",
    "every",
    needs=_wider_than_one_square,
    separate="layers of different widths: there it is a shape error",
)
def weight_gradient_transposed(Net, at):
    """
    wrong: dW{l} = a{down}.T @ delta{l}
    right: dW{l} = delta{l}.T @ a{down}
    why: dW{l} has the layout of W{l}, [out, in]; in a square layer the transposed one fits too
    """

    class Planted(Net):
        def weight_gradient(self, l, p):
            right = super().weight_gradient(l, p)
            return np.ascontiguousarray(right.T) if l in at else right

    return Planted


def _square_and_wide_above(net, params, x, y, layers):
    return _wider_than_one_square(net, params, x, y, [l + 1 for l in layers])


@mistake(
    "weight-not-transposed",
    "hidden_delta",
    "hidden",
    needs=_square_and_wide_above,
    separate="layers of different widths: there it is a shape error",
)
def weight_not_transposed(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}.T) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: forward was a{l} @ W{up}.T, so backward is the transpose of that
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return self.through_activation(l, p.delta[l + 1] @ p.W[l + 1].T, p)

    return Planted


def _one_output_regression(net, params, x, y, layers):
    if net.sizes[-1] != 1:
        return "more than one output"
    return needs.all_of(needs.criterion("quadratic", "mse"), needs.batch)(net, params, x, y, layers)


@mistake("column-broadcast", "criterion_gradient", "output", needs=_one_output_regression, loss=True)
def column_broadcast(Net, at):
    """
    wrong: e = a{l} - y, with a{l} of shape (N, 1) and y of shape (N,): e is (N, N)
    right: e = a{l} - y[:, None]
    why: NumPy broadcasts a column against a row, so every prediction meets every target
    """

    class Planted(Net):
        def data_loss(self, z, a, y):
            share = 0.5 if self.criterion == "quadratic" else 1
            return share * ((a - y.T) ** 2).mean()

        def criterion_gradient(self, a, y):
            share = 1 if self.criterion == "quadratic" else 2
            return share * (a - y.T).sum(axis=1, keepdims=True) / len(a) ** 2

    return Planted
