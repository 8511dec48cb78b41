"""Training side by side: the losses, how far they are apart, and within what envelope."""

from ...common.results import number
from ..blocks import Column, Drawn, Headline, Notes, Table, words
from ..pictures.curves import curves
from ..wording import listed, percent, stop

HEADING = "Training curves"
ENVELOPE = (
    " The shaded envelope is how far rounding alone may carry them; beyond it nothing but a difference in what is "
    "computed leads."
)


def verdict(data: dict) -> Headline:
    """Say whether the curves part, where, why, and by how much at most: a line each."""
    finished = max((len(c["loss"]) for c in data["contenders"]), default=0)
    names = [c["name"] for c in data["contenders"] if not c["absent"]]
    stopped = f" (stopped after {finished} of {data['steps']})" if data["interrupted"] else ""
    status = {True: "right", False: "wrong", None: "inconclusive"}[data["ok"]]
    if finished == 0:
        return Headline(status, "STOPPED", f"No step was finished{stopped}.")
    if len(names) < 2:
        said = f"Only {names[0]} took part{stopped}: there is nothing to compare it with."
        return Headline(status, "ALONE", said)
    if data["ok"] is None:
        return Headline(status, "STOPPED", _sentence(data["reason"]))
    gap = data["largest_difference"]
    apart = (
        f"The largest relative difference of two losses is {number(gap['value']):.0e}, at step {gap['step']}."
    )
    if data["ok"]:
        agree = f"{listed(names)} train alike for all {finished} steps{stopped}"
        if data["judged"] == "stepwise":
            return Headline(
                status, "AGREE", f"{agree}, judged step by step.\n{_sentence(data['reason'])}\n{apart}"
            )
        return Headline(status, "AGREE", f"{agree}.\n{apart}")
    who = (data["finding"] or {}).get("contender")
    parting = f"{who} parts from the others" if who else "The runs part"
    where = f"{parting} at step {data['first_divergence']}{stopped}"
    return Headline(status, "PART", f"{where}.\n{_sentence(data['reason'])}\n{apart}")


def blocks(data: dict) -> list:
    """Return the setting, the curves with their envelope, a row for each contender, and what was published."""
    there = [c for c in data["contenders"] if c["loss"]]
    setting = (
        f"{data['network']} on {data['data']}; {data['optimizer']}, "
        f"batch {data['batch']}, seed {data['seed']}, {data['dtype']}"
    )
    absent = [f"{c['name']} is absent: {c['absent']}" for c in data["contenders"] if c["absent"]]
    found: list = [Notes([setting, *data.get("notes", ())]), Notes(absent, warning=True)]
    if there:
        envelope = data["envelope"]

        def draw():
            return curves(data["contenders"], envelope, data["first_divergence"])

        caption = (
            "Above, the loss at each step; where the lines lie on each other, only the dashes show all. Below, how "
            f"far each is from the first, relatively; no mark means equal to the last bit.{ENVELOPE * bool(envelope)}"
        )
        found += [Drawn(draw, caption, _series(there, envelope)), _table(there)]
    return [*found, Notes(_published(data))]


def _series(there, envelope):
    series = {"step": list(range(max(len(c["loss"]) for c in there)))}
    series |= {f"loss, {c['name']}": c["loss"] for c in there}
    series |= {f"accuracy, {c['name']}": c["accuracy"] for c in there if c["accuracy"]}
    return series | ({"envelope of the loss": envelope["loss"]} if envelope else {})


def _table(there):
    columns = [
        *words(contender="name"),
        Column("steps", lambda c: len(c["loss"])),
        Column("first loss", lambda c: c["loss"][0], _loss),
        Column("last loss", lambda c: c["loss"][-1], _loss),
        Column("batch right", lambda c: c["accuracy"][-1] if c["accuracy"] else None, percent),
        Column("test right", "test_accuracy", percent),
    ]
    return Table("curves", "Each contender's losses", columns, there, titled=False)


def _loss(value):
    return f"{number(value):.16g}"


def _published(data):
    """Compare a published run's figures with those of this run."""
    held = data.get("published")
    if not held:
        return []
    lines = [f"Published: {held['source']}"]
    for name, one in held.get("held", {}).items():
        apart = number(one["largest_loss_difference"])
        lines.append(
            f"{name}: all {one['steps']} losses within {apart:.0e} of the published ones, "
            f"{one['accuracies_equal']} of {one['steps']} accuracies equal"
        )
    for what, figures in held.get("test_accuracy", {}).items():
        here = ", ".join(f"{who} {percent(value)}" for who, value in figures.items() if who != "published")
        where = "" if data["data"] == held["data"] else f" on {held['data']}"
        there = percent(figures["published"])
        lines.append(f"{what.replace('_', ' ')}: published {there}{where}; here {here}")
    return lines


def _sentence(reason):
    return stop(reason[0].upper() + reason[1:]) if reason else ""
