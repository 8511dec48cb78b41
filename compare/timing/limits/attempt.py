"""One attempt at what a graph may refuse, and what was observed."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Observation:
    """One attempt, whether it went as these pages say, and what was observed.

    error: the type of the error that was raised, where one was expected.
    """

    tried: str
    as_said: bool
    seen: str
    error: str | None = None
    who: str = ""
    about: str = ""


def refused(tried: str, call: Callable[[], object]) -> Observation:
    """Run `call`, which must be refused; the real error is what is seen."""
    try:
        got = call()
    except Exception as error:
        said = next((line for line in str(error).strip().splitlines() if line.strip()), "")
        return Observation(tried, True, said[:160], type(error).__name__)
    return Observation(tried, False, f"no error; it returned {got}")


def observed(who: str, function: Callable[[], Observation]) -> Observation:
    """Return the observation of `function`, with its docstring; an unexpected error is an observation, too."""
    try:
        found = function()
    except Exception as error:
        found = Observation(function.__name__, False, f"{type(error).__name__}: {error}"[:160])
    return replace(found, who=who, about=(function.__doc__ or "").strip())
