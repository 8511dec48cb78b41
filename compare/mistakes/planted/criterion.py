"""Softmax and the loss."""

import numpy as np

from manual.activations import ACTIVATIONS, softmax

from .. import needs
from ..mistake import mistake


def _softmax_unfused(net, params, x, y, layers):
    off = [l for l in layers if net.activations[l - 1] != "softmax"]
    if off:
        return f"layer {off[0]} is no softmax"
    if net.depth in layers and net.fused:
        return "with the cross-entropy the softmax's Jacobian cancels"
    wide = [l for l in layers if net.sizes[l] < 2]
    return f"layer {wide[0]} has one unit" if wide else None


@mistake("softmax-jacobian-diagonal", "through_activation", "every", needs=_softmax_unfused)
def softmax_jacobian_diagonal(Net, at):
    """
    wrong: dz{l} = da{l} * a{l} * (1 - a{l})
    right: dz{l} = a{l} * (da{l} - (da{l} * a{l}).sum(axis=1, keepdims=True))
    why: every output of a softmax depends on every input; the off-diagonal terms -a_i a_j are missing
    """

    class Planted(Net):
        def through_activation(self, l, da, p):
            if l not in at:
                return super().through_activation(l, da, p)
            a = p.a[l]
            return da * a * (1 - a)

    return Planted


def _softmax_hidden_by_cancellation(net, params, x, y, layers):
    if (net.activations[-1], net.criterion) != ("softmax", "cross_entropy"):
        return "the last layer is no softmax with cross-entropy"
    return None


@mistake(
    "softmax-jacobian-diagonal:cancelled",
    "through_activation",
    "output",
    needs=_softmax_hidden_by_cancellation,
    local=True,
)
def softmax_jacobian_diagonal_cancelled(Net, at):
    """
    wrong: da{l} = -y / p + (1 - y) / (1 - p), then dz{l} = da{l} * p * (1 - p)
    right: da{l} = -y / p, then dz{l} = p * (da{l} - (da{l} * p).sum(axis=1, keepdims=True))
    why: two mistakes that cancel: the binary cross-entropy's derivative and the softmax's diagonal give p - y
    """

    class Planted(Net):
        fused = None

        def criterion_gradient(self, a, y):
            onehot = np.eye(a.shape[1], dtype=a.dtype)[y]
            return (-onehot / a + (1 - onehot) / (1 - a)) / len(a)

        def through_activation(self, l, da, p):
            if l != self.depth:
                return super().through_activation(l, da, p)
            a = p.a[l]
            return da * a * (1 - a)

    return Planted


def _softmax_output(net, params, x, y, layers):
    return None if net.activations[-1] == "softmax" and net.sizes[-1] > 1 else "the last layer is no softmax"


@mistake(
    "softmax-over-batch", "activation", "output", needs=needs.all_of(_softmax_output, needs.batch), loss=True
)
def softmax_over_batch(Net, at):
    """
    wrong: p = e / e.sum(axis=0)
    right: p = e / e.sum(axis=1, keepdims=True)
    why: each sample has a distribution of its own; this one is normalised over the batch
    """

    class Planted(Net):
        def forward_pass(self, params, x, *tap):
            p = super().forward_pass(params, x, *tap)
            p.a[self.depth] = softmax(p.z[self.depth].T).T
            return p

        def data_loss(self, z, a, y):
            return _unfused(self.criterion)(softmax(z.T).T, y)

        def output_delta(self, p):
            a, onehot = p.a[self.depth], p.y
            if self.fused:
                return (a - np.eye(a.shape[1], dtype=a.dtype)[onehot]) / len(a)
            return ACTIVATIONS["softmax"].backward(self.criterion_gradient(a, p.y).T, p.z[self.depth].T).T

    return Planted


def _unfused(name):
    from manual.criteria import CRITERIA

    return CRITERIA[name]


@mistake("softmax-twice", "activation", "output", needs=_softmax_output, loss=True)
def softmax_twice(Net, at):
    """
    wrong: p = softmax(softmax(z{l}))  (softmax's output given to a cross-entropy that takes logits)
    right: p = softmax(z{l})
    why: the cross-entropy applies the softmax itself
    """

    class Planted(Net):
        def forward_pass(self, params, x, *tap):
            p = super().forward_pass(params, x, *tap)
            p.a[self.depth] = softmax(softmax(p.z[self.depth]))
            return p

        def data_loss(self, z, a, y):
            return _unfused(self.criterion)(softmax(softmax(z)), y)

        def output_delta(self, p):
            z, a = p.z[self.depth], p.a[self.depth]
            if self.fused:
                return (a - np.eye(a.shape[1], dtype=a.dtype)[p.y]) / len(a)
            once = ACTIVATIONS["softmax"].backward(self.criterion_gradient(a, p.y), softmax(z))
            return ACTIVATIONS["softmax"].backward(once, z)

    return Planted


@mistake("cross-entropy-sign", "criterion_gradient", "output", needs=needs.criterion("binary_cross_entropy"))
def cross_entropy_sign(Net, at):
    """
    wrong: da{l} = -y / a{l} - (1 - y) / (1 - a{l})
    right: da{l} = -y / a{l} + (1 - y) / (1 - a{l})
    why: log(1 - a) brings a second minus with it (text C prints it this way: sources.md C3)
    """

    class Planted(Net):
        fused = None

        def data_loss(self, z, a, y):
            return Net.data_loss(_of(Net, self), z, a, y)

        def criterion_gradient(self, a, y):
            return (-y / a - (1 - y) / (1 - a)) / a.size

    return Planted


def _of(Net, net):
    return Net(**{name: getattr(net, name) for name in net.__dataclass_fields__})


def _probabilities(net, params, x, y, layers):
    return None if net.fused else "no logarithm of a probability in the loss"


@mistake(
    "log-epsilon",
    "criterion",
    "output",
    needs=_probabilities,
    constant=(1e-8, 1e-12, 1e-15, 1e-7, 1e-10, 1e-6),
    loss=True,
)
def log_epsilon(Net, at, c):
    """
    wrong: loss = -log(p + eps), with delta{l} = p - y
    right: the epsilon in both or, better, log-softmax of z{l} in the loss and none
    why: the gradient is that of the loss without the epsilon; they part as p goes to 0
    """

    class Planted(Net):
        def data_loss(self, z, a, y):
            if self.criterion == "cross_entropy":
                return -np.log(a[np.arange(len(a)), y] + c).mean()
            return -(y * np.log(a + c) + (1 - y) * np.log(1 - a + c)).mean()

    return Planted
