"""Softmax and the loss."""

import numpy as np

from manual import MLP
from manual.activations import ACTIVATIONS, softmax
from manual.criteria import CRITERIA

from .. import needs
from ..mistake import mistake

SOFTMAX = ACTIVATIONS["softmax"]


def onehot(a, y):
    return np.eye(a.shape[1], dtype=a.dtype)[y]


@needs.each_layer
def _softmax(net, l):
    return f"layer {l} is no softmax" if net.activations[l - 1] != "softmax" else None


@needs.each_layer
def _not_cancelled(net, l):
    cancelled = l == net.depth and net.fused
    return "with the cross-entropy the softmax's Jacobian cancels" if cancelled else None


@needs.each_layer
def _several_units(net, l):
    return f"layer {l} has one unit" if net.sizes[l] < 2 else None


@mistake(
    "softmax-jacobian-diagonal",
    "through_activation",
    "every",
    needs=needs.all_of(_softmax, _not_cancelled, _several_units),
)
def _(net, right, l, da, trace):
    """
    wrong: dz{l} = da{l} * a{l} * (1 - a{l})
    right: dz{l} = a{l} * (da{l} - (da{l} * a{l}).sum(axis=1, keepdims=True))
    why: every output of a softmax depends on every input; the off-diagonal terms -a_i a_j are missing
    """
    a = trace.a[l]
    return da * a * (1 - a)


def _softmax_with_cross_entropy(site):
    pair = site.net.activations[-1], site.net.criterion
    return "the last layer is no softmax with cross-entropy" if pair != ("softmax", "cross_entropy") else None


@mistake(
    "softmax-jacobian-diagonal:cancelled",
    "through_activation",
    "output",
    needs=_softmax_with_cross_entropy,
    local=True,
)
class DiagonalCancelled(MLP):
    """
    wrong: da{l} = -y / p + (1 - y) / (1 - p), then dz{l} = da{l} * p * (1 - p)
    right: da{l} = -y / p, then dz{l} = p * (da{l} - (da{l} * p).sum(axis=1, keepdims=True))
    why: two mistakes that cancel: the binary cross-entropy's derivative and the softmax's diagonal give p - y
    """

    @property
    def fused(self):
        return None

    def criterion_gradient(self, a, y):
        return (-onehot(a, y) / a + (1 - onehot(a, y)) / (1 - a)) / len(a)

    def through_activation(self, l, da, trace):
        a = trace.a[l]
        return da * a * (1 - a) if l == self.depth else super().through_activation(l, da, trace)


def _softmax_output(site):
    softmax = site.net.activations[-1] == "softmax" and site.net.sizes[-1] > 1
    return None if softmax else "the last layer is no softmax"


class WrongSoftmax(MLP):
    """A network whose last softmax, forward and backward, is a method of its own."""

    def forward_pass(self, params, x, *tap):
        trace = super().forward_pass(params, x, *tap)
        trace.a[self.depth] = self.wrong_softmax(trace.z[self.depth])
        return trace

    def data_loss(self, z, a, y):
        return CRITERIA[self.criterion](self.wrong_softmax(z), y)

    def output_delta(self, trace):
        a = trace.a[self.depth]
        if self.fused:
            return (a - onehot(a, trace.y)) / len(a)
        return self.wrong_backward(self.criterion_gradient(a, trace.y), trace.z[self.depth])

    # Right here; each mistake overrides both.
    def wrong_softmax(self, z):
        return softmax(z)

    def wrong_backward(self, da, z):
        return SOFTMAX.backward(da, z)


@mistake(
    "softmax-over-batch", "activation", "output", needs=needs.all_of(_softmax_output, needs.batch), loss=True
)
class SoftmaxOverBatch(WrongSoftmax):
    """
    wrong: p = e / e.sum(axis=0)
    right: p = e / e.sum(axis=1, keepdims=True)
    why: each sample has a distribution of its own; this one is normalised over the batch
    """

    def wrong_softmax(self, z):
        return softmax(z.T).T

    def wrong_backward(self, da, z):
        return SOFTMAX.backward(da.T, z.T).T


@mistake("softmax-twice", "activation", "output", needs=_softmax_output, loss=True)
class SoftmaxTwice(WrongSoftmax):
    """
    wrong: p = softmax(softmax(z{l}))  (softmax's output given to a cross-entropy that takes logits)
    right: p = softmax(z{l})
    why: the cross-entropy applies the softmax itself
    """

    def wrong_softmax(self, z):
        return softmax(softmax(z))

    def wrong_backward(self, da, z):
        return SOFTMAX.backward(SOFTMAX.backward(da, softmax(z)), z)


@mistake("cross-entropy-sign", "criterion_gradient", "output", needs=needs.criterion("binary_cross_entropy"))
class CrossEntropySign(MLP):
    """
    wrong: da{l} = -y / a{l} - (1 - y) / (1 - a{l})
    right: da{l} = -y / a{l} + (1 - y) / (1 - a{l})
    why: log(1 - a) brings a second minus with it (text C prints it this way: sources.md C3)
    """

    @property
    def fused(self):
        return None

    def data_loss(self, z, a, y):
        fused = super().fused
        return fused(z, y) if fused else super().data_loss(z, a, y)

    def criterion_gradient(self, a, y):
        return (-y / a - (1 - y) / (1 - a)) / a.size


def _probabilities(site):
    return None if site.net.fused else "no logarithm of a probability in the loss"


@mistake(
    "log-epsilon",
    "criterion",
    "output",
    overrides="data_loss",
    needs=_probabilities,
    constant=(1e-8, 1e-12, 1e-15, 1e-7, 1e-10, 1e-6),
    loss=True,
    scale=3.0,  # an epsilon shows where a probability is small
)
def _(net, right, z, a, y, c):
    """
    wrong: loss = -log(p + eps), with delta{l} = p - y
    right: the epsilon in both or, better, log-softmax of z{l} in the loss and none
    why: the gradient is that of the loss without the epsilon; they part as p goes to 0
    """
    if net.criterion == "cross_entropy":
        return -np.log(a[np.arange(len(a)), y] + c).mean()
    return -(y * np.log(a + c) + (1 - y) * np.log(1 - a + c)).mean()
