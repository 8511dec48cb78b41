"""Passes through the networks of `manual` that do no more than what is asked for.

in_one_pass: gradients and deltas together. LossOfMLP: the loss by one entry after another, at the cost of what that
entry reaches. An entry of W^l or b^l, or of delta^l (which is added to z^l), moves one column of z^l and what comes
after it; the layers below stand still, and so do the other columns, which is most of the work.
"""

import re

import manual
from manual.activations import ACTIVATIONS


def in_one_pass(net, params, x, y):
    """(loss, gradients and deltas): two calls, or for an MLP of `manual` one forward and one backward pass."""
    if not isinstance(net, manual.MLP):
        loss, grads = net.loss_and_grads(params, x, y)
        return loss, grads | net.deltas(params, x, y)
    p = net.backward_pass(net.forward_pass(params, x), y)
    layers = range(1, net.depth + 1)
    arrays = {f"{kind}{l}": found[l] for l in layers for kind, found in (("W", p.dW), ("b", p.db))}
    deltas = {f"delta{l}": p.delta[l] for l in layers}
    return net.data_loss(p.z[net.depth], p.a[net.depth], y) + net.penalty(params), arrays | deltas


class LossOfMLP:
    """The loss of `net`, a manual.MLP, on the batch (x, y), as a function of its arrays.

    arrays: {name: array}, the parameters and "delta1", ..., "deltaL": what is added to z^l, (N, M_l).
    """

    def __init__(self, net, x, y):
        self.net, self.x, self.y = net, x, y

    def __call__(self, arrays):
        return self.net.loss(arrays, self.x, self.y, lambda name, z: z + arrays[name])

    def near(self, arrays):
        """(name, index) -> a function () -> the loss, where of all `arrays` that entry alone may have changed."""
        p = self.net.forward_pass(arrays, self.x, lambda name, z: z + arrays[name])

        def of_entry(name, index):
            kind, l = re.fullmatch(r"(W|b|delta)(\d+)", name).groups()
            return lambda: self._from(int(l), index[kind == "delta"], arrays, p)

        return of_entry

    def _from(self, l, i, arrays, p):
        """The loss with column i of z^l made anew, and all behind it; p: the Trace with that entry as it was."""
        net, z = self.net, p.z[l].copy()
        z[:, i] = p.a[l - 1] @ arrays[f"W{l}"][i] + arrays[f"b{l}"][i] + arrays[f"delta{l}"][:, i]
        for k in range(l, net.depth):
            z = ACTIVATIONS[net.activations[k - 1]](z) @ arrays[f"W{k + 1}"].T
            z += arrays[f"b{k + 1}"] + arrays[f"delta{k + 1}"]
        return net.data_loss(z, ACTIVATIONS[net.activations[-1]](z), self.y) + net.penalty(arrays)
