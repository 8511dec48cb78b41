"""Text of the catalogue for a terminal."""

import re
import textwrap
from collections import Counter

import numpy as np

from ..common.errors import UserError, nearest
from .catalogue import catalogue
from .mistake import Mistake
from .steps import StepMistake, steps

GROUPS = {
    "scale": "scale and sign",
    "biases": "biases and shapes",
    "chain": "activations and the chain",
    "criterion": "softmax and the loss",
    "decay": "regularisation",
    "curvature": "the Hessian times a vector",
    "cnn": "convolution, pooling, batch norm",
    "recurrent": "recurrence",
    "transformer": "embedding, layer norm, attention",
    "steps": "steps and optimisers",
}
WHERE = {
    "output": "the last layer",
    "hidden": "any hidden layer",
    "every": "any layer",
    "whole": "the whole network",
}
WIDTH = 100


def catalogued() -> str:
    """Return all mistakes by group: the id and the wrong line."""
    known = catalogue() | steps()
    wide = max(map(len, known)) + 2
    lines = []
    for group, title in GROUPS.items():
        if not any(m.group == group for m in known.values()):
            continue
        lines += ["", title]
        for id, m in known.items():
            if m.group == group:
                line = f"  {id:{wide}}{_generic(m.wrong)}"
                lines.append(line if len(line) <= WIDTH else line[: WIDTH - 4].rstrip() + " ...")
    return "\n".join(
        [*lines[1:], "", "Written for layer 2, in rows. threeways mistakes ID shows one of them."]
    )


def one(id: str) -> str:
    """Return a mistake in words: what is wrong, what is right, why, and where it shows."""
    known = catalogue() | steps()
    if id not in known:
        raise UserError(f"no mistake {id!r}: {nearest(id, known)}")
    m = known[id]
    rows = {"wrong": _generic(m.wrong), "right": _generic(m.right), "why": _generic(m.why)}
    rows |= {"made in": m.made_in} if isinstance(m, StepMistake) else _about(m)
    label = max(map(len, rows)) + 2
    lines = [
        textwrap.fill(text, WIDTH, initial_indent=f"  {name:{label}}", subsequent_indent=" " * (label + 2))
        for name, text in rows.items()
    ]
    return "\n".join([f"{id}  ({GROUPS[m.group]})", *lines])


def _about(m: Mistake) -> dict[str, str]:
    """Return where a mistake of the backward pass sits, what hides it, and what finds it."""
    rows = {"sits in": f"{WHERE[m.where]} (the rule {m.rule})"}
    if needs := _needs(m):
        rows["hidden where"] = "; ".join(needs)
    if m.constant is not None:
        rows["constant"] = "the rate, size or epsilon is fitted to your numbers"
    if m.loss:
        rows["loss"] = "changes the loss too: the loss shows it"
    if m.local:
        rows["found by"] = "a check of this rule alone; the gradient comes out right"
    if m.separate:
        rows["distinguished by"] = m.separate
    return rows


def _needs(mistake: Mistake, most: int = 3) -> list[str]:
    """Return the commonest reasons against the mistake on random networks."""
    rng, reasons = np.random.default_rng(0), Counter[str]()
    for _ in range(100):
        drawn = mistake.draw(rng)
        samples = 1 if rng.random() < 0.2 else len(drawn.x)
        for layers in mistake.layers(drawn.net.depth):
            reason = mistake.needs(drawn.net, drawn.params, drawn.x[:samples], drawn.y[:samples], layers)
            if reason:
                reasons[re.sub(r"\bW\d+", "W", re.sub(r"\blayer \d+", "a layer", reason))] += 1
    return [reason for reason, _ in reasons.most_common(most)]


def _generic(text: str) -> str:
    return text.format(l=2, up=3, down=1, c="c")
