"""What a static graph cannot do: each attempt, and the texts' sentences held against them."""

from ..blocks import Column, Table

HEADING = "What a static graph cannot do"


def blocks(data):
    """What was tried, then what the texts say."""
    columns = [Column(name, numeric=False) for name in ("tried", "by", "status", "what was seen", "why")]
    rows = [
        [o["tried"], o["who"], "as said" if o["as_said"] else "not as said", _seen(o), o["about"]]
        for o in data["observations"]
    ]
    tones = {k: "right" if o["as_said"] else "wrong" for k, o in enumerate(data["observations"])}
    sentences = [[s["sentence"], s["holds_for"], s["why"]] for s in data["sentences"]]
    headings = [Column(name, numeric=False) for name in ("sentence", "holds for", "why")]
    return [
        Table("observations", "What was tried", columns, rows, tones, keys=2),
        Table("sentences", "What the texts say", headings, sentences),
    ]


def _seen(observation):
    error = f"{observation['error']}: " if observation["error"] else ""
    return error + observation["seen"]
