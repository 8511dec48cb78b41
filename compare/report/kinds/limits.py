"""Show the limits of static graphs: each attempt, and the sentences of the texts compared with it."""

from ..blocks import Column, Headline, Table, words

HEADING = "What a static graph cannot do"


def verdict(data: dict) -> Headline:
    """Count the attempts that went as documented."""
    seen = [o["as_said"] for o in data["observations"]]
    status = "right" if all(seen) else "wrong"
    return Headline(
        status, "", f"{sum(seen)} of {len(seen)} attempts at static graphs' limits went as documented."
    )


def blocks(data: dict) -> list:
    """Return what was tried, then what the texts say."""
    return [
        Table("observations", "What was tried", TRIED, data["observations"], _tone, keys=2),
        Table("sentences", SAID, SENTENCES, data["sentences"]),
    ]


def _tone(observation):
    return "right" if observation["as_said"] else "wrong"


def _seen(observation):
    error = f"{observation['error']}: " if observation["error"] else ""
    return error + observation["seen"]


TRIED = [
    *words(by="who", tried="tried"),
    Column("why", "about", numeric=False, under=True),
    Column("observed", _seen, numeric=False, under=True),
    *words(status=lambda o: "as said" if o["as_said"] else "not as said"),
]
SAID = "What the texts say of static and dynamic graphs, and for which it holds today"
SENTENCES = [
    *words(sentence="sentence"),
    Column("why", "why", numeric=False, under=True),
    *words(holds_for="holds_for"),
]
