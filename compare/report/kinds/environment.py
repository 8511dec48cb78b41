"""Show the environment of a result, and the command that makes it again."""

from ..blocks import Code, Facts, Notes, Section
from ..wording import figure

PINNED = ("numpy", "scipy", "torch", "jax", "jaxlib", "optax", "scikit-learn")


def section(data: dict) -> Section:
    """Return the last Section of every page."""
    environment = data.get("environment") or {}
    again = "\n".join(_again(environment))
    return Section(
        "again",
        "How to run it again",
        "",
        blocks=[
            *([Code(again, "The commands")] if again else []),
            Facts(facts(environment, data.get("seconds") or {})),
            Notes(
                ["This page was drawn from the raw results alone: threeways report FILE.json draws it again."]
            ),
        ],
    )


def facts(environment: dict, seconds: dict | float | None = None) -> dict[str, str]:
    """Return {name: text}: versions, machine, flags, seed."""
    versions = environment.get("versions") or {}
    flags = environment.get("flags") or {}
    seconds = {"all": seconds} if isinstance(seconds, (int, float)) else seconds
    took = {name: figure(".1f")(value) + " s" for name, value in (seconds or {}).items() if value is not None}
    found = {
        "Versions": ", ".join(f"{name} {version or 'absent'}" for name, version in versions.items()),
        "Python": environment.get("python"),
        "Machine": ", ".join(str(environment[key]) for key in ("system", "cpu") if environment.get(key)),
        "Cores": environment.get("cores"),
        "Flags": ", ".join(f"{name}={value}" for name, value in flags.items()),
        "Seed": environment.get("seed"),
        "Took": ", ".join(f"{name} {value}" for name, value in took.items()),
    }
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def _again(environment):
    """The same versions, then the same command."""
    versions = environment.get("versions") or {}
    # A version with a local part (+cpu) is an index's own; the plain one is everywhere.
    pins = [f"{name}=={versions[name].split('+')[0]}" for name in PINNED if versions.get(name)]
    command = environment.get("command")
    lines = [f"pip install {' '.join(pins)}"] if pins else []
    return lines + ([command.replace("threeways.py ", "threeways ", 1)] if command else [])
