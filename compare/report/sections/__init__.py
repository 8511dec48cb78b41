"""One file for each kind of result: its plain JSON form in, a Section of the page out."""

from importlib import import_module

import numpy as np

from .. import summary
from ..blocks import Drawn, Section
from ..pictures.network import network

# The kind of a result, as its schema has it, and the file that draws it.
FILES = {"check": "gradients"}
ABOUT = ("data", "optimizer", "rate", "batch", "dtype", "seed", "threads", "device")


def sections(data):
    """The Sections of a result, the network first, where it has one."""
    parts = summary.parts(data)
    return _network(parts.values()) + [section(name, part) for name, part in parts.items()]


def section(name, data):
    """The Section of one result."""
    module = import_module(f"{__name__}.{FILES.get(name, name)}")
    heading = module.HEADINGS[name] if hasattr(module, "HEADINGS") else module.HEADING
    return Section(name, heading, summary.SENTENCES[name](data), about(data), module.blocks(data))


def about(data):
    """'data digits; batch 32; dtype float64'"""
    settings = data | (data.get("about") or {})
    said = {key: settings[key] for key in ABOUT if isinstance(settings.get(key), (str, int, float))}
    if str(said.get("optimizer", "")).find("rate") >= 0:
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
    final = next((c["final"] for c in data.get("contenders") or () if c.get("final")), {})
    return found or {name: np.shape(values) for name, values in final.items()}


def _network(parts):
    """The Section of the network, in a list; empty where no part says which it is."""
    described = next((text for part in parts if (text := _described(part))), "")
    parameters = next((found for part in parts if (found := _parameters(part))), {})
    picture = network(described, parameters)
    blocks = [Drawn(picture, "")] if picture else []
    return [Section("network", "The network", described, blocks=blocks)] if described or blocks else []
