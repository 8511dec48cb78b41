"""What a static graph cannot do: each attempt, and the texts' sentences compared with them."""

from ..blocks import Headline, Table, words

HEADING = "What a static graph cannot do"


def verdict(data: dict) -> Headline:
    """How many of the attempts went as the documentation says."""
    seen = [o["as_said"] for o in data["observations"]]
    status = "right" if all(seen) else "wrong"
    return Headline(
        status, "", f"{sum(seen)} of {len(seen)} attempts at static graphs' limits went as documented."
    )


def blocks(data: dict) -> list:
    """What was tried, then what the texts say."""
    observations = data["observations"]
    rows = [
        [o["tried"], o["who"], "as said" if o["as_said"] else "not as said", _seen(o), o["about"]]
        for o in observations
    ]
    tones = {k: "right" if o["as_said"] else "wrong" for k, o in enumerate(observations)}
    sentences = [[s["sentence"], s["holds_for"], s["why"]] for s in data["sentences"]]
    tried = words("tried", "by", "status", "observed", "why")
    return [
        Table("observations", "What was tried", tried, rows, tones, keys=2),
        Table(
            "sentences",
            "What the texts say of static and dynamic graphs, and for which it holds today",
            words("sentence", "holds for", "why"),
            sentences,
        ),
    ]


def _seen(observation):
    error = f"{observation['error']}: " if observation["error"] else ""
    return error + observation["seen"]
