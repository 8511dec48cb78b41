"""Activations and the chain: the right pieces in the wrong places."""

import numpy as np

from manual.activations import ACTIVATIONS

from .. import needs
from ..mistake import mistake


def activation(net, l):
    return ACTIVATIONS[net.activations[l - 1]]


@mistake("missing-activation-derivative", "hidden_delta", "hidden", needs=needs.curved)
def _(net, right, l, trace):
    """
    wrong: delta{l} = delta{up} @ W{up}
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the chain rule multiplies by the derivative of the activation of layer {l}
    """
    return trace.delta[l + 1] @ trace.W[l + 1]


@needs.each_layer
def _derivative_at_output_differs(net, l):
    # For relu and leaky relu the sign of a is the sign of z.
    same = f"layer {l} is {net.activations[l - 1]}: f'(a) is f'(z)"
    return same if activation(net, l).piecewise_linear else None


@mistake(
    "derivative-of-output",
    "hidden_delta",
    "hidden",
    needs=needs.all_of(_derivative_at_output_differs, needs.entrywise),
)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(a{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: f' takes the net input; a{l} is f(z{l}) already (sigmoid of a sigmoid's output)
    """
    return (trace.delta[l + 1] @ trace.W[l + 1]) * activation(net, l).derivative(trace.a[l])


@mistake(
    "derivative-of-wrong-layer",
    "hidden_delta",
    "hidden",
    needs=needs.all_of(needs.same_width_as_above, needs.curved, needs.entrywise),
)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(z{up})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the derivative is taken where layer {l} was, not where the one above was
    """
    return (trace.delta[l + 1] @ trace.W[l + 1]) * activation(net, l).derivative(trace.z[l + 1])


@mistake(
    "output-derivative-missing", "output_delta", "output", needs=needs.all_of(needs.not_fused, needs.curved)
)
def _(net, right, trace):
    """
    wrong: delta{l} = a{l} - y
    right: delta{l} = (a{l} - y) * f'(z{l})
    why: with this criterion the output activation does not cancel
    """
    return net.criterion_gradient(trace.a[net.depth], trace.y)


@mistake("output-derivative-extra", "output_delta", "output", needs=needs.fused)
def _(net, right, trace):
    """
    wrong: delta{l} = (p - y) * p * (1 - p)
    right: delta{l} = p - y
    why: the activation's derivative has cancelled against the cross-entropy's already
    """
    a = trace.a[net.depth]
    return right(trace) * a * (1 - a)


@mistake("relu-masked-by-gradient", "through_activation", "hidden", needs=needs.masked)
def _(net, right, l, da, trace):
    """
    wrong: delta{l} = da{l} * (da{l} > 0)
    right: delta{l} = da{l} * (z{l} > 0)
    why: the backward pass cuts off what the forward pass cut off, whatever the gradient's sign
    """
    return activation(net, l).backward(da, da)


@mistake("activation-not-previous", "weight_gradient", "every", needs=needs.square)
def _(net, right, l, trace):
    """
    wrong: dW{l} = delta{l}.T @ a{l}
    right: dW{l} = delta{l}.T @ a{down}
    why: W{l} multiplies what came in, a{down}, not what went out
    """
    return trace.delta[l].T @ trace.a[l]


@needs.each_layer
def _not_the_first(net, l):
    return "layer 1 takes the input x, which has no z" if l == 1 else None


@mistake(
    "activation-not-previous:z",
    "weight_gradient",
    "every",
    needs=needs.all_of(_not_the_first, needs.in_layers(needs.curved, -1)),
)
def _(net, right, l, trace):
    """
    wrong: dW{l} = delta{l}.T @ z{down}
    right: dW{l} = delta{l}.T @ a{down}
    why: W{l} multiplies the activation a{down} = f(z{down}), not the net input
    """
    return trace.delta[l].T @ trace.z[l - 1]


@mistake("derivative-fed-z", "hidden_delta", "hidden", needs=needs.of_own_output)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * z{l} * (1 - z{l})      (tanh: 1 - z{l}**2)
    right: delta{l} = (delta{up} @ W{up}) * a{l} * (1 - a{l})      (tanh: 1 - a{l}**2)
    why: that formula of the derivative takes the output a{l}, not z{l}
    """
    slope = eval(activation(net, l).output_code, vars(np) | {"a": trace.z[l]})
    return (trace.delta[l + 1] @ trace.W[l + 1]) * slope


@mistake("gradient-for-weight", "hidden_delta", "hidden", needs=needs.two_layers)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ dW{up}) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the backward pass multiplies with the weights themselves, not with their gradient
    """
    return net.through_activation(l, trace.delta[l + 1] @ trace.dW[l + 1], trace)


def _as_wide_as_the_batch(site):
    off = [l for l in site.layers if site.net.sizes[l] != len(site.x)]
    return (
        f"layer {off[0]} is not as wide as the batch is long: a matrix product is a shape error"
        if off
        else None
    )


@mistake(
    "dot-for-elementwise",
    "hidden_delta",
    "hidden",
    needs=needs.all_of(_as_wide_as_the_batch, needs.entrywise),
)
def _(net, right, l, trace):
    """
    wrong: delta{l} = (delta{up} @ W{up}) @ f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: f acts entry by entry, so its derivative multiplies entry by entry
    """
    return (trace.delta[l + 1] @ trace.W[l + 1]) @ activation(net, l).derivative(trace.z[l])


@mistake("updated-weights-used", "hidden_delta", "hidden", needs=needs.two_layers, constant=(0.1,))
def _(net, right, l, trace, c):
    """
    wrong: W{up} -= rate * dW{up}, and then delta{l} = (delta{up} @ W{up}) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l}) first, the update after the whole backward pass
    why: delta{l} belongs to the weights of the forward pass
    """
    return net.through_activation(l, trace.delta[l + 1] @ (trace.W[l + 1] - c * trace.dW[l + 1]), trace)


@mistake("aliased-buffer", "through_activation", "hidden", needs=needs.of_own_output)
def _(net, right, l, da, trace):
    """
    wrong: a{l} = f(z{l}, out=z{l}), and later f'(z{l}) finds a{l} where z{l} was
    right: a{l} = f(z{l}) in an array of its own, or the derivative written by the output
    why: the buffer is overwritten before its second use
    """
    return activation(net, l).backward(da, trace.a[l])


@mistake("aliased-buffer:delta", "weight_gradient", "hidden", needs=needs.curved)
def _(net, right, l, trace):
    """
    wrong: delta{l} *= f'(z{l}) once more, in place, before dW{l} = delta{l}.T @ a{down} is formed
    right: dW{l} = delta{l}.T @ a{down} from the delta{l} that db{l} was summed from
    why: the buffer of delta{l} is overwritten before its second use
    """
    return net.through_activation(l, trace.delta[l], trace).T @ trace.a[l - 1]


@mistake("assigned-not-accumulated", "weight_gradient", "every", needs=needs.penalty)
def _(net, right, l, trace):
    """
    wrong: dW{l} = delta{l}.T @ a{down}; then dW{l} = l2 * W{l}
    right: dW{l} = delta{l}.T @ a{down}; then dW{l} += l2 * W{l}
    why: W{l} is used twice, in z{l} and in the penalty; both contributions add up
    """
    return np.zeros_like(right(l, trace))


@mistake("updated-params-returned", "update", "whole", overrides="backward_pass", constant=(0.1,))
def _(net, right, trace, y, c):
    """
    wrong: return W{l} - rate * dW{l}
    right: return dW{l}
    why: these are the parameters after a step, not their gradients
    """
    trace = right(trace, y)
    trace.dW = {l: trace.W[l] - c * d for l, d in trace.dW.items()}
    trace.db = {l: trace.b[l] - c * d for l, d in trace.db.items()}
    return trace
