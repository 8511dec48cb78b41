"""What a mistake needs to be possible and to show: each returns the reason against it, or None.

All take (net, params, x, y, layers), layers those in which the mistake sits.
"""


def all_of(*conditions):
    """Each must hold."""

    def needs(*case):
        return next((reason for reason in (c(*case) for c in conditions) if reason), None)

    return needs


def batch(net, params, x, y, layers):
    return "one sample: a mean and a sum over the batch are the same" if len(x) < 2 else None


def outputs(net, params, x, y, layers):
    return "one output: dividing by the number of outputs changes nothing" if net.sizes[-1] < 2 else None


def square(net, params, x, y, layers):
    off = [l for l in layers if net.sizes[l] != net.sizes[l - 1]]
    return f"W{off[0]} is not square: a transposed one is a shape error" if off else None


def square_above(net, params, x, y, layers):
    return square(net, params, x, y, [l + 1 for l in layers])


def same_width_as_above(net, params, x, y, layers):
    off = [l for l in layers if l + 1 > net.depth or net.sizes[l] != net.sizes[l + 1]]
    return f"layer {off[0]} is not as wide as the one above" if off else None


def curved(net, params, x, y, layers):
    """The activations of `layers` have a derivative that is not 1 everywhere."""
    flat = [l for l in layers if net.activations[l - 1] == "identity"]
    return f"layer {flat[0]} is linear: its derivative is 1" if flat else None


def entrywise(net, params, x, y, layers):
    full = [l for l in layers if net.activations[l - 1] == "softmax"]
    return f"layer {full[0]} is a softmax: it has a Jacobian, not an entrywise derivative" if full else None


def of_own_output(net, params, x, y, layers):
    """The derivative is commonly written by the output: sigmoid, tanh, softplus's sigmoid not."""
    off = [l for l in layers if net.activations[l - 1] not in ("sigmoid", "tanh")]
    return (
        f"layer {off[0]} is {net.activations[off[0] - 1]}, whose derivative is not written by its output"
        if off
        else None
    )


def relu(net, params, x, y, layers):
    off = [l for l in layers if net.activations[l - 1] not in ("relu", "leaky_relu")]
    return f"layer {off[0]} is {net.activations[off[0] - 1]}, not relu" if off else None


def fused(net, params, x, y, layers):
    return None if net.fused else "the output delta is not the fused p - y"


def not_fused(net, params, x, y, layers):
    return "the output delta is the fused p - y" if net.fused else None


def criterion(*names):
    def needs(net, params, x, y, layers):
        return None if net.criterion in names else f"the criterion is {net.criterion}"

    return needs


def penalty(net, params, x, y, layers):
    return None if net.l2 else "no penalty: l2 is 0"


def penalty_not_on_biases(net, params, x, y, layers):
    return "the biases are penalised" if net.l2_biases else penalty(net, params, x, y, layers)


def two_layers(net, params, x, y, layers):
    return "a single layer" if net.depth < 2 else None
