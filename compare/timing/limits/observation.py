"""One observed behaviour, and the result that holds them all."""

from dataclasses import dataclass, replace

SCHEMA = "threeways/limits/1"

# E11 of the source texts on static and dynamic graphs, sentence by sentence, held against what jit does today.
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
        "by XLA's or inductor's threads; here one core, so nothing is gained by it",
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
class Observation:
    """What was tried, whether it went as these pages say, and what was seen.

    error: the type of the error that was raised, where one was expected.
    """

    tried: str
    as_said: bool
    seen: str
    error: str | None = None
    who: str = ""
    about: str = ""


@dataclass(frozen=True)
class LimitsResult:
    """All of `threeways graph --limits`, as its JSON file has it."""

    schema: str
    environment: dict
    observations: list
    sentences: list
    exit_code: int = 0


def refused(tried, call):
    """Run `call`, which is expected to be refused; the real error is what is seen."""
    try:
        got = call()
    except Exception as error:
        said = next((line for line in str(error).strip().splitlines() if line.strip()), "")
        return Observation(tried, True, said[:160], type(error).__name__)
    return Observation(tried, False, f"no error; it gave {got}")


def observed(who, function):
    """The observation of `function`, with its docstring; an unexpected error is an observation, too."""
    try:
        found = function()
    except Exception as error:
        found = Observation(function.__name__, False, f"{type(error).__name__}: {error}"[:160])
    return replace(found, who=who, about=(function.__doc__ or "").strip())


def everything():
    """Both frameworks', as far as they are installed."""
    from importlib import import_module

    from ...common.results import environment
    from ...witnesses import absent

    found = []
    for framework in ("jax", "torch"):
        if absent(framework):
            found.append(Observation(framework, True, absent(framework), who=framework))
        else:
            found += import_module(f"{__package__}.{framework}").all_of_them()
    sentences = [{"sentence": s, "holds_for": who, "why": why} for s, who, why in SENTENCES]
    return LimitsResult(SCHEMA, environment(), found, sentences, 0 if all(o.as_said for o in found) else 1)
