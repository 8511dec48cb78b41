"""Changes to try in a version: one operation of it in another convention.

A Change is tried on every operation of a run that it applies to; where the run then gives the other version's numbers,
its sentence is what the two differ in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EPSILONS = (1e-5, 1e-6, 1e-8, 1e-12, 1e-3, 1e-7)
SLOPES = (0.01, 0.1, 0.2, 0.3)
SMALL = 2e-3  # a constant below it is an epsilon


SENTENCES = {
    "gelu-approximate": "{who}'s gelu is {mine}, {other}'s is {its}: jax takes the tanh approximation by default, "
    "torch the exact one",
    "std-correction": "{who} divides a variance by {mine}, {other} by {its}: torch's std and var divide by n-1 by "
    "default, jax's and NumPy's by n",
    "norm-epsilon": "{who}'s {what} has epsilon {mine:g}, {other}'s has {its:g}",
    "constant": "{who} has the constant {mine:g} in {what}, {other} has {its:g}",
    "factor-missing": "{who} has the factor {mine} ({what}), which {other} leaves out",
    "slope": "{who}'s {what} has the slope {mine:g}, {other}'s has {its:g}",
    "softmax-axis": "{who} normalises {what} over axis {mine}, {other} over axis {its}",
    "linear-layout": "{who} takes a square weight as {mine}, {other} as {its}: torch's Linear is x W^T with W [out, "
    "in], flax's Dense x W with W [in, out]",
    "flatten-order": "{who} flattens images with the channels {mine}, {other} with the channels {its}: a layer behind "
    "them meets its weights in another order",
    "batchnorm-mode": "{who}'s batch norm {mine}, {other}'s {its}",
    "batchnorm-momentum": "{who}'s running statistics give the new value the weight {mine:g}, {other}'s {its:g}: "
    "torch's momentum weighs the new value, flax's the old one",
    "batchnorm-running-variance": "{who} keeps the running variance divided by {mine}, {other} by {its}: torch keeps "
    "n-1, flax n",
    "dropout-on": "{who} has dropout on, {other} has it off",
    "reduction": "{who}'s {what} takes the {mine}, {other}'s the {its}",
    "label-smoothing": "{who} smooths labels by {mine:g}, {other} by {its:g}",
    "softmax-twice": "{other} applies the softmax twice: {who}'s cross-entropy takes logits",
    "embedding-padding": "{who}'s embedding does not train row {mine} (padding_idx), {other}'s does: a gather has the "
    "gradient of every row",
    "mask-missing": "{who} masks with {what}, {other} does not",
    "attention-causal": "{who}'s attention {mine}, {other}'s {its}",
    "padding-side": "{who} pads on both sides, {other} on the right and below alone: SAME with a stride",
    "pool-padding": "{who}'s average pooling {mine} the padding, {other}'s {its}",
}


@dataclass(frozen=True)
class Change:
    """One operation in another convention.

    id: of the mistake; words: what its sentence says beside the two versions' names.
    run: in torch (function, name, arguments, keywords) -> result; in jax (equation, arguments) -> results, or None
        where it does not apply.
    """

    id: str
    run: Callable[..., Any]
    words: dict[str, Any]

    def sentence(self, who: str, other: str) -> str:
        """Say what the version `who` has, on which it is tried, and what `other` has."""
        return SENTENCES[self.id].format(who=who, other=other, **self.words)


def change(id: str, run: Callable[..., Any], **words: Any) -> Change:
    """Return the Change of that id."""
    return Change(id, run, words)
