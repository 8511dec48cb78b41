"""Activations and the chain: the right pieces in the wrong places."""

import numpy as np

from manual.activations import ACTIVATIONS

from .. import needs
from ..mistake import mistake


@mistake("missing-activation-derivative", "hidden_delta", "hidden", needs=needs.curved)
def missing_activation_derivative(Net, at):
    """
    wrong: delta{l} = delta{up} @ W{up}
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the way back through layer {l} passes its activation
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            return p.delta[l + 1] @ p.W[l + 1] if l in at else super().hidden_delta(l, p)

    return Planted


def _derivative_at_output_differs(net, params, x, y, layers):
    # For relu and leaky relu the sign of a is the sign of z, so f'(a) = f'(z).
    same = [l for l in layers if net.activations[l - 1] in ("relu", "leaky_relu", "identity")]
    if same:
        return f"layer {same[0]} is {net.activations[same[0] - 1]}: f'(a) is f'(z)"
    return needs.entrywise(net, params, x, y, layers)


@mistake("derivative-of-output", "hidden_delta", "hidden", needs=_derivative_at_output_differs)
def derivative_of_output(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(a{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: f' takes the net input; a{l} is f(z{l}) already (sigmoid of a sigmoid's output)
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return (p.delta[l + 1] @ p.W[l + 1]) * ACTIVATIONS[self.activations[l - 1]].derivative(p.a[l])

    return Planted


@mistake(
    "derivative-of-wrong-layer",
    "hidden_delta",
    "hidden",
    needs=needs.all_of(needs.same_width_as_above, needs.curved, needs.entrywise),
)
def derivative_of_wrong_layer(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * f'(z{up})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the derivative is taken where layer {l} was, not where the one above was
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return (p.delta[l + 1] @ p.W[l + 1]) * ACTIVATIONS[self.activations[l - 1]].derivative(p.z[l + 1])

    return Planted


@mistake(
    "output-derivative-missing", "output_delta", "output", needs=needs.all_of(needs.not_fused, needs.curved)
)
def output_derivative_missing(Net, at):
    """
    wrong: delta{l} = a{l} - y
    right: delta{l} = (a{l} - y) * f'(z{l})
    why: with this criterion the output activation does not cancel
    """

    class Planted(Net):
        def output_delta(self, p):
            return self.criterion_gradient(p.a[self.depth], p.y)

    return Planted


@mistake("output-derivative-extra", "output_delta", "output", needs=needs.fused)
def output_derivative_extra(Net, at):
    """
    wrong: delta{l} = (p - y) * p * (1 - p)
    right: delta{l} = p - y
    why: the activation's derivative has cancelled against the cross-entropy's already
    """

    class Planted(Net):
        def output_delta(self, p):
            a = p.a[self.depth]
            return super().output_delta(p) * a * (1 - a)

    return Planted


@mistake("relu-masked-by-gradient", "through_activation", "hidden", needs=needs.relu)
def relu_masked_by_gradient(Net, at):
    """
    wrong: delta{l} = da{l} * (da{l} > 0)
    right: delta{l} = da{l} * (z{l} > 0)
    why: what was cut off on the way forward is cut off on the way back, whatever the gradient's sign
    """

    class Planted(Net):
        def through_activation(self, l, da, p):
            if l not in at:
                return super().through_activation(l, da, p)
            return ACTIVATIONS[self.activations[l - 1]].backward(da, da)

    return Planted


def _own_width_as_below(net, params, x, y, layers):
    return needs.square(net, params, x, y, layers)


def _input_layer_or_linear(net, params, x, y, layers):
    if min(layers) == 1:
        return "layer 1 takes the input x, which has no z"
    return needs.curved(net, params, x, y, [l - 1 for l in layers])


@mistake("activation-not-previous", "weight_gradient", "every", needs=_own_width_as_below)
def activation_not_previous(Net, at):
    """
    wrong: dW{l} = delta{l}.T @ a{l}
    right: dW{l} = delta{l}.T @ a{down}
    why: W{l} multiplies what came in, a{down}, not what went out
    """

    class Planted(Net):
        def weight_gradient(self, l, p):
            return p.delta[l].T @ p.a[l] if l in at else super().weight_gradient(l, p)

    return Planted


@mistake("activation-not-previous:z", "weight_gradient", "every", needs=_input_layer_or_linear)
def net_input_for_activation(Net, at):
    """
    wrong: dW{l} = delta{l}.T @ z{down}
    right: dW{l} = delta{l}.T @ a{down}
    why: W{l} multiplies the activation a{down} = f(z{down}), not the net input
    """

    class Planted(Net):
        def weight_gradient(self, l, p):
            return p.delta[l].T @ p.z[l - 1] if l in at else super().weight_gradient(l, p)

    return Planted


@mistake("derivative-fed-z", "hidden_delta", "hidden", needs=needs.of_own_output)
def derivative_fed_z(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}) * z{l} * (1 - z{l})      (tanh: 1 - z{l}**2)
    right: delta{l} = (delta{up} @ W{up}) * a{l} * (1 - a{l})      (tanh: 1 - a{l}**2)
    why: that formula of the derivative takes the output a{l}, not z{l}
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            z = p.z[l]
            slope = z * (1 - z) if self.activations[l - 1] == "sigmoid" else 1 - z**2
            return (p.delta[l + 1] @ p.W[l + 1]) * slope

    return Planted


@mistake("gradient-for-weight", "hidden_delta", "hidden", needs=needs.two_layers)
def gradient_for_weight(Net, at):
    """
    wrong: delta{l} = (delta{up} @ dW{up}) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: the way back goes through the weights themselves, not their gradient
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return self.through_activation(l, p.delta[l + 1] @ p.dW[l + 1], p)

    return Planted


def _product_fits(net, params, x, y, layers):
    off = [l for l in layers if net.sizes[l] != len(x)]
    if off:
        return f"layer {off[0]} is not as wide as the batch is long: a matrix product is a shape error"
    return needs.entrywise(net, params, x, y, layers)


@mistake("dot-for-elementwise", "hidden_delta", "hidden", needs=_product_fits)
def dot_for_elementwise(Net, at):
    """
    wrong: delta{l} = (delta{up} @ W{up}) @ f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l})
    why: f acts entry by entry, so its derivative multiplies entry by entry
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return (p.delta[l + 1] @ p.W[l + 1]) @ ACTIVATIONS[self.activations[l - 1]].derivative(p.z[l])

    return Planted


@mistake("updated-weights-used", "hidden_delta", "hidden", needs=needs.two_layers, constant=(0.1,))
def updated_weights_used(Net, at, c):
    """
    wrong: W{up} -= rate * dW{up}, and then delta{l} = (delta{up} @ W{up}) * f'(z{l})
    right: delta{l} = (delta{up} @ W{up}) * f'(z{l}) first, the update after the whole backward pass
    why: delta{l} belongs to the weights of the forward pass
    """

    class Planted(Net):
        def hidden_delta(self, l, p):
            if l not in at:
                return super().hidden_delta(l, p)
            return self.through_activation(l, p.delta[l + 1] @ (p.W[l + 1] - c * p.dW[l + 1]), p)

    return Planted


@mistake("aliased-buffer", "through_activation", "hidden", needs=needs.of_own_output)
def aliased_buffer(Net, at):
    """
    wrong: a{l} = f(z{l}, out=z{l}), and later f'(z{l}) finds a{l} where z{l} was
    right: a{l} = f(z{l}) in an array of its own, or the derivative written by the output
    why: the buffer is overwritten before its second use
    """

    class Planted(Net):
        def through_activation(self, l, da, p):
            if l not in at:
                return super().through_activation(l, da, p)
            return ACTIVATIONS[self.activations[l - 1]].backward(da, p.a[l])

    return Planted


@mistake("aliased-buffer:delta", "weight_gradient", "hidden", needs=needs.curved)
def delta_overwritten(Net, at):
    """
    wrong: delta{l} *= f'(z{l}) once more, in place, before dW{l} = delta{l}.T @ a{down} is formed
    right: dW{l} = delta{l}.T @ a{down} from the delta{l} that db{l} was summed from
    why: the buffer of delta{l} is overwritten before its second use
    """

    class Planted(Net):
        def weight_gradient(self, l, p):
            if l not in at:
                return super().weight_gradient(l, p)
            return self.through_activation(l, p.delta[l], p).T @ p.a[l - 1]

    return Planted


@mistake("assigned-not-accumulated", "weight_gradient", "every", needs=needs.penalty)
def assigned_not_accumulated(Net, at):
    """
    wrong: dW{l} = delta{l}.T @ a{down}; then dW{l} = l2 * W{l}
    right: dW{l} = delta{l}.T @ a{down}; then dW{l} += l2 * W{l}
    why: W{l} is used twice, in z{l} and in the penalty; both contributions add up
    """

    class Planted(Net):
        def weight_gradient(self, l, p):
            right = super().weight_gradient(l, p)
            return np.zeros_like(right) if l in at else right

    return Planted


@mistake("updated-params-returned", "update", "whole", constant=(0.1,))
def updated_params_returned(Net, at, c):
    """
    wrong: return W{l} - rate * dW{l}
    right: return dW{l}
    why: these are the parameters after a step, not their gradients
    """

    class Planted(Net):
        def backward_pass(self, p, y):
            p = super().backward_pass(p, y)
            p.dW = {l: p.W[l] - c * d for l, d in p.dW.items()}
            p.db = {l: p.b[l] - c * d for l, d in p.db.items()}
            return p

    return Planted
