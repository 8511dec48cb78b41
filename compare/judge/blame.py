"""Which of the arrays that are off is `wrong`, and which only `inherited` it from one nearer to the loss."""

from dataclasses import replace


def blame(verdicts, layer_of, findings):
    """The verdicts with `inherited` where an array is off only because of one above it.

    layer_of: {array name: layer}; the loss is above the highest.  findings: [(rule, layer, is_weight), ...] of
    the mistakes named: a wrong delta is inherited by all below it, a wrong weight or bias gradient by nobody.
    """
    off = [v.name for v in verdicts if v.status == "wrong" and v.name in layer_of]
    if not off:
        return verdicts
    if findings:
        roots = set()
        for rule, layers in findings:
            hit = max(layers) if rule in DELTA_RULES else None
            for name in off:
                in_place = layer_of[name] == hit if hit is not None else layer_of[name] in layers
                if in_place or rule in WHOLE_RULES:
                    roots.add(name)
        roots = roots or {n for n in off if layer_of[n] == max(layer_of[m] for m in off)}
    else:
        top = max(layer_of[n] for n in off)
        roots = {n for n in off if layer_of[n] == top}
    above = ", ".join(sorted(roots, key=lambda n: (-layer_of[n], n)))
    return [
        replace(v, status="inherited", reason=f"off because of what is above it ({above})")
        if v.name in off and v.name not in roots
        else v
        for v in verdicts
    ]


DELTA_RULES = ("output_delta", "hidden_delta", "through_activation", "criterion_gradient")
WHOLE_RULES = ("update",)
