"""Bound the rounding error of an MLP's loss, deltas and gradients, to first order, in units of eps.

One pass forward and one back follow those of manual: E of an array is the bound on its error, entry by entry.
A sum of n products is off by at most n/2 + 1 of the sum of their sizes; an error Ez of z makes |f'| Ez of a
and |f''| Ez of f' (|f''| <= 1 for every activation here). The errors of the functions are those of
tests/room.py, for the least exact of the three packages.
"""

import numpy as np

from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA


def bounds(net, params, x, y):
    """Return {"loss", "W1", "b1", ..., "delta1", ...}: the bound of each entry. net is a manual.MLP."""
    p = net.backward_pass(net.forward_pass(params, x), y)
    Ez, Ea = _forward(net, p)
    E = {"loss": _loss(net, p, params, Ez, Ea)}
    for l in range(net.depth, 0, -1):
        if l == net.depth:
            Ed = _output(net, p, Ez[l], Ea[l])
        else:
            d, W = abs(p.delta[l + 1]), abs(p.W[l + 1])
            Eda = (Ed + _sum(net.sizes[l + 1]) * d) @ W
            Ed = _through(net.activations[l - 1], p.delta[l + 1] @ p.W[l + 1], Eda, p.z[l], Ez[l], Ea[l])
        d, a = abs(p.delta[l]), abs(p.a[l - 1])
        E[f"delta{l}"] = Ed
        E[f"W{l}"] = (Ed + _sum(len(x)) * d).T @ a + d.T @ Ea[l - 1] + abs(p.dW[l]) + 2 * net.l2 * abs(p.W[l])
        E[f"b{l}"] = (Ed + _sum(len(x)) * d).sum(axis=0) + abs(p.db[l]) + 2 * net.l2 * abs(p.b[l])
    return E


def near_a_kink(net, params, x, y, eps):
    """Say whether rounding decides on which side of a kink an entry falls; any slope is right there."""
    p = net.backward_pass(net.forward_pass(params, x), y)
    Ez, Ea = _forward(net, p)
    kinked = (l for l in range(1, net.depth + 1) if net.activations[l - 1] in ("relu", "leaky_relu"))
    if any((abs(p.z[l]) <= 2 * eps * Ez[l]).any() for l in kinked):
        return True
    return net.criterion == "hinge" and (abs(1 - y * p.a[net.depth]) <= 2 * eps * (1 + Ea[net.depth])).any()


def _sum(n):
    return n / 2 + 1


def _forward(net, p):
    Ez, Ea = {}, {0: np.zeros_like(p.a[0])}
    for l in range(1, net.depth + 1):
        a, W = abs(p.a[l - 1]), abs(p.W[l])
        Ez[l] = _sum(net.sizes[l - 1]) * (a @ W.T + abs(p.b[l])) + Ea[l - 1] @ W.T
        f, z, a = net.activations[l - 1], p.z[l], abs(p.a[l])
        if f == "softmax":
            largest = abs(z).max(axis=-1, keepdims=True)
            mean = (a * Ez[l]).sum(axis=-1, keepdims=True)
            Ea[l] = a * (4.5 + net.sizes[l] / 2 + 2 * largest + Ez[l] + mean)
        else:
            # torch's gelu is off by eps of z, XLA's tanh by 4 of 1; the others by 5 eps of a at most.
            Ea[l] = (
                5 * a
                + {"gelu": 2, "gelu_tanh": 5}.get(f, 0) * abs(z)
                + abs(ACTIVATIONS[f].derivative(z)) * Ez[l]
            )
    return Ez, Ea


def _output(net, p, Ez, Ea):
    a, z, y = p.a[net.depth], p.z[net.depth], p.y
    if net.fused:
        # p - y: p's own error (jax's sigmoid there is e^(z - softplus(z)): |z| eps) and one of the difference.
        per = len(a) if CRITERIA[net.criterion].classes else a.size
        return (Ea + (1 + abs(z)) * a) / per + 3 * abs(p.delta[net.depth])
    g = net.criterion_gradient(a, y)
    return _through(net.activations[-1], g, _criterion_gradient(net.criterion, a, y, g, Ea), z, Ez, Ea)


def _criterion_gradient(criterion, a, y, g, Ea):
    """Return E of dC/da: its roundings, in units of the terms that may cancel, and its slope times Ea."""
    n = len(a)
    if criterion == "quadratic":
        return 2 * abs(g) + Ea / n
    if criterion == "mse":
        return 2 * abs(g) + 2 * Ea / a.size
    if criterion == "binary_cross_entropy":
        terms = (1 - y) / (1 - a) + y / a
        return (3 * terms + Ea * ((1 - y) / (1 - a) ** 2 + y / a**2)) / a.size
    if criterion == "cross_entropy":
        return 2 * abs(g) + Ea * n * g**2
    if criterion == "softmax_cross_entropy":
        s = abs(ACTIVATIONS["softmax"](a))
        # torch's is e^(log s): half of |log s| more.
        own = 6 + a.shape[1] / 2 + 3 * abs(a).max(axis=-1, keepdims=True)
        return (s * (own + Ea + (s * Ea).sum(axis=-1, keepdims=True)) + abs(g) * n) / n
    return 2 * abs(g)  # hinge: piecewise constant


def _through(f, da, Eda, z, Ez, Ea):
    """Return E of dL/dz from dL/da and E of dL/da."""
    if f == "softmax":
        a = ACTIVATIONS[f](z)
        size, n = abs(da), z.shape[-1]
        mean = (size * a).sum(axis=-1, keepdims=True)
        of_mean = (size * Ea + a * Eda).sum(axis=-1, keepdims=True)
        return (size + mean) * (Ea + (2 + n / 2) * a) + a * (Eda + of_mean)
    if f in ("identity", "relu", "leaky_relu"):
        return (Eda + abs(da)) * ACTIVATIONS[f].derivative(z)
    # f' by autodiff is within (4 + |z|) eps of 1; of gelu_tanh, 1 - tanh^2 is off by 10 eps (tests/jax_ref).
    tanh = (5 + 4 * abs(z) * (1 + 0.14 * z * z)) * (abs(z) < 10) if f == "gelu_tanh" else 0
    return Eda * abs(ACTIVATIONS[f].derivative(z)) + abs(da) * (5 + abs(z) + tanh + Ez)


def _loss(net, p, params, Ez, Ea):
    """Return E of the loss. Its terms are positive: their sum is off by its length, and by dC/da Ea."""
    a, z, L = p.a[net.depth], p.z[net.depth], net.depth
    value = abs(net.data_loss(z, a, p.y))
    slope = (
        (abs(p.delta[L]) * Ez[L]).sum() if net.fused else (abs(net.criterion_gradient(a, p.y)) * Ea[L]).sum()
    )
    # log sum e^z - z_y cancels: its size is that of the logits.
    logits = 4 + 3 * abs(z if net.fused else a).max() + a.shape[1] / 2
    cancelled = logits if net.fused or net.criterion == "softmax_cross_entropy" else 0
    weights = sum(q.size for q in params.values())
    return (6 + a.size / 2) * value + slope + cancelled + _sum(weights) * abs(net.penalty(params))
