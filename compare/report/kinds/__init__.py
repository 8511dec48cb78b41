"""One file for each kind of result: its plain form in, a verdict and blocks out. A file is loaded when it is shown."""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from ...common.errors import UserError, nearest
from ..blocks import Drawn, Headline, Section
from ..pictures import later

KINDS = (
    "gradients",
    "check",
    "curves",
    "executions",
    "time",
    "workers",
    "graph",
    "limits",
    "baseline",
    "sweep",
    "diff",
    "mistakes",
    "lines",
    "families",
    "operations",
    "wild",
    "derivatives",
    "audit",
    "printed",
    "exercise",
    "exercises",
    "grades",
)
LAST = {"check", "exercises", "grades"}  # what has a user's own code: its pages end with the network
ABOUT = ("data", "optimizer", "rate", "batch", "dtype", "seed", "threads", "device")


def module(name: str) -> ModuleType:
    """Return the file of a kind of result."""
    return import_module(f"{__name__}.{name}")


def kind(data: dict) -> str:
    """Return "gradients", "run", ...: the command of a result. Raises UserError for one that cannot be shown."""
    found = data["schema"].split("/")[1]
    if found != "run" and found not in KINDS:
        raise UserError(f"there is no page for {data['schema']}: {nearest(found, [*KINDS, 'run'])}")
    return found


def parts(data: dict) -> dict[str, dict]:
    """Return {part: its plain form}: what a run finished, or the one command's result."""
    command = kind(data)
    return {name: data[name] for name in KINDS if data.get(name)} if command == "run" else {command: data}


def verdicts(data: dict) -> dict[str, Headline]:
    """Return {part: its verdict}."""
    return {name: module(name).verdict(part) for name, part in parts(data).items()}


def sections(data: dict) -> list[Section]:
    """Return the sections of a page, the network first, where there is one; see LAST."""
    found = parts(data)
    own = [_section(name, part) for name, part in found.items()]
    drawn = _network(found.values())
    return own + drawn if LAST & found.keys() else drawn + own


def _section(name: str, data: dict) -> Section:
    shown = module(name)
    sentence = shown.verdict(data).sentence.replace("\n", " ")
    blocks = sorted(shown.blocks(data), key=lambda block: not getattr(block, "first", False))
    return Section(name, shown.HEADING, sentence, _about(data), blocks)


def _about(data):
    """'data digits; batch 32; dtype float64'"""
    settings = data | (data.get("about") or {})
    said = {key: settings[key] for key in ABOUT if isinstance(settings.get(key), (str, int, float))}
    if "rate" in str(said.get("optimizer", "")):
        said.pop("rate", None)  # the optimizer's own words have it
    return "; ".join(f"{key} {value}" for key, value in said.items() if value != "")


def _described(data):
    """The network in words, as the result has it."""
    settings = data.get("settings")
    return (
        (data.get("about") or {}).get("network")
        or data.get("recognised")
        or data.get("network")
        or (settings.get("net") if isinstance(settings, dict) else None)
    )


def _parameters(data):
    """{name: shape} of the parameters, as far as the result has them."""
    found = data.get("parameters") or (data.get("about") or {}).get("parameters")
    final: dict = next((c["final"] for c in data.get("contenders") or () if c.get("final")), {})
    return found or {name: _shape(values) for name, values in final.items()}


def _shape(values: Any) -> tuple[int, ...]:
    """The shape of an array in its plain form, lists of lists."""
    return (len(values), *_shape(values[0])) if isinstance(values, list) and values else ()


def _network(found: Iterable[dict]) -> list[Section]:
    described = next((text for part in found if (text := _described(part))), "")
    parameters: dict = next((shapes for part in found if (shapes := _parameters(part))), {})
    drawn = Drawn(later("network.network", described, parameters))
    return [Section("network", "The network", described, blocks=[drawn])] if described or parameters else []
