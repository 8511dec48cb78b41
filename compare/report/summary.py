"""Summarise a whole result: the verdict in a sentence, and the last text of `threeways run`."""

from .blocks import Headline, Notes
from .kinds import kind, module, parts, verdicts
from .wording import listed

LABELS = {"gradients": "Gradients", "curves": "Training", "time": "Timing"}


def verdict(data: dict) -> Headline:
    """Return the verdict of a result; of a run that of its worst part, in a sentence for all."""
    found = verdicts(data)
    if kind(data) != "run":
        return next(iter(found.values()))
    stopped = " (Stopped early: this is what was finished.)" if data.get("interrupted") else ""
    return Headline(_worst({v.status for v in found.values()}), "", _sentence(data, found) + stopped)


def run(data: dict) -> list:
    """Return the blocks of a run in a terminal: the network, and a paragraph for each part."""
    found = parts(data)
    about = (data.get("gradients") or {}).get("about") or data.get("curves") or data.get("time") or {}
    lines = (
        [f"({about['network']}, on {about['data']})"] if about.get("data") and about.get("network") else []
    )
    for name, said in verdicts(data).items():
        pairs = [module("time").pair(entry) for entry in found[name]["pairs"]] if name == "time" else []
        sentence = said.sentence.replace("\n", " ")
        lines += [f"{LABELS[name]}: {sentence}", *pairs]
    return [Notes(lines[:1]), *(Notes([line]) for line in lines[1:])]


def _worst(statuses):
    if "wrong" in statuses:
        return "wrong"
    if statuses == {"done"}:
        return "done"
    return "right" if statuses and statuses <= {"right", "done"} else "inconclusive"


def _sentence(data, found):
    if not found:
        return "Stopped before anything was finished."
    first = next(iter(found.values())).sentence.replace("\n", " ")
    if len(found) == 1 or "gradients" not in found:
        return first
    for name in ("gradients", "curves"):
        if name in found and found[name].status != "right":
            return found[name].sentence.replace("\n", " ")
    absent = (data["gradients"].get("about") or {}).get("absent", {})
    ways = ["by hand", *(f"by {name}" for name in ("torch", "jax") if name not in absent)]
    if len(ways) == 1:
        return first
    alike = ", the same training run" if "curves" in found else ""
    return f"{listed(ways)[0].upper()}{listed(ways)[1:]}: the same gradients{alike}, to rounding."
