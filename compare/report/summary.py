"""What a result says, in a sentence each, from the plain JSON form: for the terminal and the top of the page."""

from ..results import number
from .terminal import sentence

WORDS = {"RIGHT": "right", "WRONG": "wrong", "NOT KNOWN": "inconclusive"}
PARTS = {"gradients": "gradients", "curves": "training curves", "time": "timing"}


def status(data):
    """ "right", "wrong" or "inconclusive": of the worst part, where there are several."""
    found = {_status(name, part) for name, part in parts(data).items()}
    if "wrong" in found:
        return "wrong"
    return "right" if found == {"right"} else "inconclusive"


def verdict(data):
    """The result in a sentence or two."""
    said = [_SENTENCES[name](part) for name, part in parts(data).items()]
    return " ".join(said) or "Stopped before anything was finished."


def gradients(data):
    """'All 6 arrays by hand agree with torch, jax and numerical differences.'"""
    return sentence(data).split("  ", 1)[1]


def curves(data):
    """Whether the contenders stay together, and how far apart they come."""
    losses = {c["name"]: [number(v) for v in c["loss"]] for c in data["contenders"] if c.get("loss")}
    if len(losses) < 2:
        return f"Only {', '.join(losses) or 'nobody'} trained: there is nothing to compare with."
    (first, reference), *others = losses.items()
    apart = [_relative(a, b) for _, loss in others for a, b in zip(reference, loss, strict=False)]
    most = max(apart, key=lambda value: (value != value, value))  # a nan is the largest of all
    steps = len(reference)
    divergence = data.get("first_divergence")
    if divergence is None:
        return f"{steps} training steps, {len(losses)} times the same: losses differ by at most {most:.0e} of {first}'s."
    step = divergence.get("step") if isinstance(divergence, dict) else divergence
    return f"Training parts at step {step} by more than rounding explains; losses differ by up to {most:.0e}."


def time(data):
    """Who is fastest once warm, and what that costs at the first call."""
    steady = {c["name"]: c for c in data["contenders"] if (c.get("steady_s") or {}).get("median") is not None}
    if not steady:
        return "Nobody could be timed."
    fastest = min(steady.values(), key=lambda c: number(c["steady_s"]["median"]))
    first = (fastest.get("ledger") or {}).get("first_s")
    cost = f" after a first call of {duration(first)}" if first is not None else ""
    return f"Fastest once warm: {fastest['name']}, {duration(fastest['steady_s']['median'])} a step{cost}."


def pair(entry):
    """A static contender against its dynamic counterpart, and when compiling has paid."""
    ratio, steps = entry.get("ratio") or {}, entry.get("break_even_steps") or {}
    said = f"{entry['static']} against {entry['dynamic']}:"
    if ratio.get("median") is not None:
        median, low, high = (number(ratio[key]) for key in ("median", "low", "high"))
        said += f" {median:.3g} times as fast once warm ({low:.3g} to {high:.3g});"
    if steps.get("median") is not None:
        return f"{said} compiling has paid after {number(steps['median']):,.0f} steps"
    return f"{said} compiling never pays here" + (f" ({steps['reason']})" if steps.get("reason") else "")


def duration(seconds):
    """0.00123 -> '1.23 ms': three figures and a unit; None -> '-'."""
    if seconds is None:
        return "-"
    seconds = number(seconds)
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= 0.9995 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


_SENTENCES = {"gradients": gradients, "curves": curves, "time": time}


def parts(data):
    """{part: its plain form}: what a run finished, or the one command's result."""
    command = data["schema"].split("/")[1]
    return {name: data[name] for name in PARTS if data.get(name)} if command == "run" else {command: data}


def _status(name, part):
    if name == "gradients":
        return WORDS[sentence(part).split("  ", 1)[0]]
    return "right" if part.get("ok", True) else "wrong"


def _relative(a, b):
    return 0.0 if a == b else abs(a - b) / max(abs(a), 1e-300)
