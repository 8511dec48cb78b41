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
    return [
        Table("observations", "What was tried", TRIED, data["observations"], _tone, keys=2),
        Table("sentences", SAID, SENTENCES, data["sentences"]),
    ]


def _tone(observation):
    return "right" if observation["as_said"] else "wrong"


def _seen(observation):
    error = f"{observation['error']}: " if observation["error"] else ""
    return error + observation["seen"]


TRIED = words(
    tried="tried",
    by="who",
    status=lambda o: "as said" if o["as_said"] else "not as said",
    observed=_seen,
    why="about",
)
SAID = "What the texts say of static and dynamic graphs, and for which it holds today"
SENTENCES = words(sentence="sentence", holds_for="holds_for", why="why")
