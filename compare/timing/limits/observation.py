"""All attempts in both frameworks, next to what the source texts say of static and dynamic graphs."""

from dataclasses import dataclass
from importlib import import_module

from ...common.results import environment
from ...witnesses import absent
from .attempt import Observation

SCHEMA = "threeways/limits/1"

# E11 of the source texts on static and dynamic graphs, sentence by sentence, compared with what jit does today.
SENTENCES = (
    (
        "A static graph is built at compile time.",
        "jit",
        "traced and compiled at the first call with new shapes; TF1 built it in the program, before any session",
    ),
    (
        "It is fixed while it runs.",
        "jit",
        "as captured constants and printing show; but a new shape makes another graph, which TF1 did not",
    ),
    ("It can be optimised.", "jit", "`threeways graph --form hlo` counts operations before and after"),
    (
        "It can be run in parallel.",
        "jit",
        "by XLA's or inductor's threads; here one core, so it gains nothing",
    ),
    (
        "It is not flexible.",
        "TF1",
        "for jit only inside the function: Python may choose another graph for each call, and lax.cond, while_loop and "
        "scan are branches and loops inside one",
    ),
    (
        "A dynamic graph is built as the program runs.",
        "eager",
        "autograd records it anew at each forward pass",
    ),
    (
        "It is hard to optimise.",
        "eager",
        "while it runs; torch.compile captures it first, and breaks it where it cannot",
    ),
    ("It is flexible.", "eager", "`if v > 0` simply works, gradient and all"),
)


@dataclass(frozen=True)
class LimitsResult:
    """All of `threeways graph --limits`, as its JSON file has it."""

    schema: str
    environment: dict
    observations: list[Observation]
    sentences: list[dict]
    exit_code: int = 0


def everything() -> LimitsResult:
    """Make every attempt in each framework that is installed."""
    found = []
    for framework in ("jax", "torch"):
        if why_not := absent(framework):
            found.append(Observation(framework, True, why_not, who=framework))
        else:
            found += import_module(f"{__package__}.{framework}").all_of_them()
    sentences = [{"sentence": s, "holds_for": who, "why": why} for s, who, why in SENTENCES]
    return LimitsResult(SCHEMA, environment(), found, sentences, 0 if all(o.as_said for o in found) else 1)
