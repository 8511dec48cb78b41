"""Which of the arrays that are off is `wrong`, and which only `inherited` it from one nearer to the loss."""

from dataclasses import replace


def blame(verdicts, layer_of, findings):
    """The verdicts with `inherited` where an array is off only because of one above it.

    layer_of: {array name: layer}; the loss is above the highest.  findings: [(rule, layer, is_weight), ...] of
    the mistakes named: a wrong delta is inherited by all below it, a wrong weight or bias gradient by nobody.
    Where an array of a layer is right, so is the delta of that layer: what is off there is so by itself.
    """
    off = [v.name for v in verdicts if v.status == "wrong" and v.name in layer_of]
    if not off:
        return verdicts
    top = max(layer_of[n] for n in off)
    if findings:
        deltas = [max(layers) for rule, layers in findings if rule in DELTA_RULES]
        source = max(deltas, default=-1)  # below this layer a wrong delta reaches everything
        roots = {n for n in off if layer_of[n] >= source}
    else:
        right = {layer_of[v.name] for v in verdicts if v.passes and v.name in layer_of}
        roots = {n for n in off if layer_of[n] == top or right & {layer_of[n], layer_of[n] + 1}}
    above = ", ".join(sorted(roots, key=lambda n: (-layer_of[n], n)))
    return [
        replace(v, status="inherited", reason=f"off because of what is above it ({above})")
        if v.name in off and v.name not in roots
        else v
        for v in verdicts
    ]


def blame_by_place(verdicts, place_of, named):
    """The same where a network is no chain of layers: `named` arrays, or the one nearest to the loss, are wrong.

    place_of: {array name: place}, the highest nearest to the loss.  named: the arrays in which a named mistake
    shows first.
    """
    off = [v.name for v in verdicts if v.status == "wrong" and v.name in place_of]
    if not off:
        return verdicts
    top = max(off, key=place_of.get)
    roots = {top, *named}
    return [
        replace(v, status="inherited", reason=f"may be off only because of what is above it ({top})")
        if v.name in off and v.name not in roots
        else v
        for v in verdicts
    ]


DELTA_RULES = ("output_delta", "hidden_delta", "through_activation", "criterion_gradient")
