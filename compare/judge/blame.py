"""Decide which wrong array is the cause (`wrong`), and which ones `inherited` its error."""

from collections.abc import Iterable

from .verdicts import Verdict, marked

DELTA_RULES = ("output_delta", "hidden_delta", "through_activation", "criterion_gradient")


def blame(
    verdicts: list[Verdict], layer_of: dict[str, int], findings: Iterable[tuple[str, frozenset[int]]]
) -> list[Verdict]:
    """Return the verdicts with `inherited` where an array is off only because of one above it.

    layer_of: {array name: layer}; the loss is above the highest.  findings: [(rule, layers), ...] of the mistakes
    named: a wrong delta is inherited by everything below it, a wrong weight or bias gradient by nothing.
    Where an array of a layer is right, so is the delta of that layer: another array of it is wrong by itself.
    """
    off = [v.name for v in verdicts if v.status == "wrong" and v.name in layer_of]
    if not off:
        return verdicts
    top, findings = max(layer_of[n] for n in off), list(findings)
    if findings:
        deltas = [max(layers) for rule, layers in findings if rule in DELTA_RULES]
        # Below this layer a wrong delta reaches everything. One above all that is off explains nothing of it.
        source = min(max(deltas, default=-1), top)
        roots = {n for n in off if layer_of[n] >= source}
    else:
        right = {layer_of[v.name] for v in verdicts if v.passes and v.name in layer_of}
        roots = {n for n in off if layer_of[n] == top or right & {layer_of[n], layer_of[n] + 1}}
    above = ", ".join(sorted(roots, key=lambda n: (-layer_of[n], n)))
    return marked(
        verdicts, set(off) - roots, "inherited", f"off because of an error nearer to the loss ({above})"
    )


def blame_by_place(verdicts: list[Verdict], place_of: dict[str, int], named: Iterable[str]) -> list[Verdict]:
    """Do the same in a network that is no chain of layers: `named` arrays, or the one nearest to the loss, are wrong.

    place_of: {array name: place}, the highest nearest to the loss.  named: the arrays in which a named mistake
    shows first.
    """
    off = [v.name for v in verdicts if v.status == "wrong" and v.name in place_of]
    if not off:
        return verdicts
    top = max(off, key=lambda name: place_of[name])
    reason = f"may be off only because of an error nearer to the loss ({top})"
    return marked(verdicts, set(off) - {top, *named}, "inherited", reason)
