"""A question for each mistake: it leads to the line without showing it."""

from typing import Any

from ..common.statuses import PASSES

HINTS = {
    "missing-batch-mean": "Your loss is a mean over the batch. Where is that mean's factor in the gradient?",
    "batch-mean-twice": "How often is the gradient divided by the number of samples, and how often should it be?",
    "mean-over-outputs": "What exactly does the loss divide by: the samples, or the samples times the outputs?",
    "factor-two": "Differentiate one squared error on paper, with the factor that your loss has. What is left?",
    "sign-flipped": "If the prediction is too large, should the loss's derivative by it be positive or negative?",
    "mean-twice-in-one-layer": "At which layer does the mean over the batch enter? Does it enter again further down?",
    "rate-in-gradient": "Is what you return the gradient, or already a step along it?",
    "last-sample-only": "After the loop over the samples, what has become of the first sample's contribution?",
    "divided-by-dataset": "How many samples are in the batch that the loss was computed on?",
    "bias-averaged": "What does the error term hold already, before you reduce it over the batch for the bias?",
    "bias-summed-over-everything": "How many numbers should a bias gradient have, and may they all be the same?",
    "bias-from-wrong-layer": "Which net input does this bias move? Whose error term is that?",
    "weight-gradient-transposed": "Which index of the weight matrix is the output? Which index has it in your product?",
    "weight-not-transposed": "The forward pass multiplied by a matrix. What undoes that in the backward pass?",
    "column-broadcast": "Print the shapes of prediction, target and their difference. Are they what you meant?",
    "missing-activation-derivative": "What did the forward pass do in this layer besides W and b, and what undoes it?",
    "derivative-of-output": "Does your derivative function expect the net input or the output of the activation?",
    "derivative-of-wrong-layer": "At which layer's net input must this activation's derivative be taken?",
    "output-derivative-missing": "Write it out: with this loss, does the output activation's derivative cancel?",
    "output-derivative-extra": "With this loss, is the output activation's derivative in your error term already?",
    "relu-masked-by-gradient": "What decides whether a unit lets the gradient through: its sign, or the forward pass?",
    "activation-not-previous": "What did this weight matrix multiply in the forward pass: what exactly came in?",
    "derivative-fed-z": "Your formula for the derivative: is it written in terms of the net input or of the output?",
    "gradient-for-weight": "Which matrix carried the signal forward? Is that the one you go back through?",
    "dot-for-elementwise": "The activation acts on each entry alone. Which product does its derivative take part in?",
    "updated-weights-used": "When the error passes back through a layer, are its weights those of the forward pass?",
    "aliased-buffer": "Does some array change its contents between the forward pass and its use in the backward pass?",
    "assigned-not-accumulated": "This parameter enters the loss in two ways. What becomes of the first contribution?",
    "stale-gradients": "What do your gradient arrays hold before the call begins?",
    "updated-params-returned": "Is what you return the gradient, or the parameters after a step?",
    "softmax-jacobian-diagonal": "Does output 1 of a softmax change when net input 2 does?",
    "softmax-over-batch": "Which numbers of your softmax should add up to 1? Do they?",
    "softmax-twice": "How often is the softmax applied between the net input and the loss?",
    "cross-entropy-sign": "Differentiate log(1 - a) by a on paper. What is the sign?",
    "log-epsilon": "Is the loss you differentiate exactly the loss you compute, guards against log(0) included?",
    "hessian-slope-constant": "Which factors does this product have, and does the activation's slope stay as it is?",
    "hessian-weight-constant": "Along v every parameter moves. Which of them stand in this line?",
    "hessian-activation-constant": "A weight gradient has two factors. Which of them move along v?",
    "hessian-criterion-constant": "Does the criterion's derivative stay as it is while the prediction moves?",
    "decay-missing": "Which terms does the loss have besides the one with the data? Are all of them differentiated?",
    "decay-factor": "Differentiate the penalty on paper, with the factor in front of it. What is left?",
    "decay-on-biases": "Which parameters does the penalty in the loss contain?",
    "decay-over-batch": "Is the penalty inside or outside the mean over the batch?",
}
BY_KIND = {
    "W": "Which input did this weight see, and which error term belongs to its output?",
    "b": "By how much does this bias move each sample's net input, and how are the samples put together?",
    "loss": "Compute the loss of a single sample on paper. Which factor, term or sum differs?",
}
BY_STATUS = {
    "missing": "Which of the parameters has no entry in the gradients that you return?",
    "shape": "Compare each gradient's shape with that of its parameter. Which one differs, and why?",
    "nonfinite": "Where could a division by 0, a log of 0 or an overflow come from?",
    "nondeterministic": "What is kept, or drawn anew, between two calls with the same inputs?",
}
SHARED = (
    "{} and {} are both wrong, and share one factor: the error term (delta) of their layer. Is that delta the "
    "derivative of the loss by the layer's net input?"
)
ANY = "Start where the error enters, nearest to the loss: which line produces it, and which forward line does it undo?"


# What a fix changes, by the beginning of its kind: in words that do not give it away.
CHANGES = {
    "a sign": ("sign", "-= for"),
    "an axis, or the shape that a sum keeps": ("axis", "keepdims", "sum of axis"),
    "whether a value is set or added": ("+= for", "= for", "*= for", "add.at"),
    "a factor": ("factor", "missing factor", "constant", "square", "cube", "reciprocal", "1 - x"),
    "a term, or something that should not be there": (
        "missing term",
        "dropped",
        "statement dropped",
        "call dropped",
    ),
    "which variable is used": ("another", "swapped", "a constant for"),
    "a transpose, or the order in a product": ("transpose", "swapped operands", "order"),
    "an index": ("index", "slice", "bound"),
    "a condition": ("comparison", "branches"),
    "an operator, or its parentheses": ("operator", "parentheses"),
}


def what_changes(finding: dict[str, Any]) -> str | None:
    """Return the kind of a finding's fix in words, or None where it has none."""
    kind = (finding.get("fix") or {}).get("kind")
    if not kind:
        return None
    fitting = [
        (len(start), words) for words, starts in CHANGES.items() for start in starts if kind.startswith(start)
    ]
    return max(fitting)[1] if fitting else "a function that is called" if " for " in kind else "an expression"


def _at_the_line(finding: dict[str, Any]) -> list[str]:
    changes = what_changes(finding)
    return [f"What in line {finding['line']} should be different? It is {changes}."] if changes else []


def questions(report: dict[str, Any], arrays: dict[str, str]) -> list[str]:
    """Return a question for each finding and each odd status, else one for the wrong array nearest to the loss.

    report: the plain form of a Report.  arrays: {name: status}.
    """
    off = [n for n, s in arrays.items() if s not in (*PASSES, "inherited", "unknown")]
    shared = _shared(off)
    found = [question for f in report["findings"] for question in _asked(f, shared)]
    found += [BY_STATUS[s] for s in arrays.values() if s in BY_STATUS]
    if not found and not shared:
        found = [hint(array=off[-1] if off else "")]
    found = ([SHARED.format(*shared)] if shared and "loss" not in off else []) + found
    return list(dict.fromkeys(found))


def _shared(off: list[str]) -> tuple[str, str] | None:
    """Return the weight and the bias of the layer nearest to the loss of which both are wrong: (W2, b2)."""
    pairs = [(n, f"b{n[1:]}") for n in off if n[:1] == "W" and f"b{n[1:]}" in off]
    return pairs[-1] if pairs else None


def _asked(finding: dict[str, Any], shared: tuple[str, str] | None) -> list[str]:
    """Return the question of a finding's mistake, and what is different at its line.

    shared: the weight and bias of one layer that are both wrong: a question about one of them alone would mislead.
    """
    at_line = _at_the_line(finding)
    if shared and finding["array"] in shared and not finding["one_of"]:
        return at_line
    return at_line if at_line and not finding["one_of"] else [hint(finding, finding["array"]), *at_line]


def hint(finding: dict[str, Any] | None = None, array: str = "") -> str:
    """Return the question for a finding (its plain form), or for an array whose mistake has no name."""
    for id in [] if finding is None else finding["one_of"]:
        if id.partition(":")[0] in HINTS:
            return HINTS[id.partition(":")[0]]
    return BY_KIND.get(array, BY_KIND.get(array[:1], ANY))
