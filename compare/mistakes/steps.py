"""Mistakes of a training step, in the code around the backward pass: listed with those of the catalogue."""

from dataclasses import dataclass

from .planted.optimizers import OPTIMIZER_MISTAKES, lines

STALE = (
    "The second {what} from the same parameters is twice the first, the third three times: gradients are added to "
    "those of the last call. Set them to 0 before each backward pass."
)


@dataclass(frozen=True)
class StepMistake:
    """A mistake of a step: the lines, as in the catalogue, and where it is made."""

    id: str
    wrong: str
    right: str
    why: str
    made_in: str
    group: str = "steps"


def steps() -> dict[str, StepMistake]:
    """Return {id: StepMistake}: what `check_step` and a second call find, in the order of the documentation."""
    stale = StepMistake(
        "stale-gradients",
        "dW{l} += delta{l}.T @ a{down}, with dW{l} still holding the last call's",
        "dW{l} = 0 first, then dW{l} += delta{l}.T @ a{down}",
        STALE.format(what="gradient").rstrip("."),
        "any function that keeps its gradients between calls; a second call finds it",
    )
    found = {stale.id: stale}
    for mistake in OPTIMIZER_MISTAKES.values():
        rules = " or ".join(mistake.planted)
        wrong, right = lines(mistake)
        call = f"check_step(update, params, x, y, optimizer={next(iter(mistake.planted))}(...))"
        made_in = f"an update by {rules}: {call}"
        found[mistake.id] = StepMistake(mistake.id, wrong, right, mistake.sentence, made_in)
    return found
