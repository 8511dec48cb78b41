"""Curves as terminal text, from the plain JSON form of a result."""

import textwrap

from ...common.results import number


def curves(result):
    """The verdict in a sentence, then one row for each contender."""
    lines = [verdict(result), "", _setting(result), ""]
    lines.append(f"{'':8}{'first loss':>22}{'last loss':>22}{'batch right':>14}{'test right':>14}")
    for contender in result["contenders"]:
        lines.append(_row(contender))
    return "\n".join(lines + published(result))


def published(result):
    """Lines that hold a published run's figures against ours; none where nothing was published."""
    held = result["published"]
    if not held:
        return []
    lines = ["", textwrap.fill(f"Published: {held['source']}", 100)]
    for name, one in held.get("held", {}).items():
        lines.append(
            f"{name:8}all {one['steps']} losses within {number(one['largest_loss_difference']):.0e} of the published "
            f"ones, {one['accuracies_equal']} of {one['steps']} accuracies equal"
        )
    for what, figures in held.get("test_accuracy", {}).items():
        ours = ", ".join(f"{who} {_percent(figures[who])}" for who in figures if who != "published")
        where = "" if result["data"] == held["data"] else f" on {held['data']}"
        lines.append(
            f"{what.replace('_', ' ')}: published {_percent(figures['published'])}{where}; here {ours}"
        )
    return lines


def verdict(result):
    """One sentence: whether the curves part, where, and by how much at most."""
    finished = max((len(c["loss"]) for c in result["contenders"]), default=0)
    names = [c["name"] for c in result["contenders"] if not c["absent"]]
    stopped = f" (stopped after {finished} of {result['steps']})" if result["interrupted"] else ""
    if finished == 0:
        return f"STOPPED  No step was finished{stopped}."
    if len(names) < 2:
        return f"ALONE  Only {names[0]} took part{stopped}: there is nothing to compare it with."
    if result["ok"] is None:
        return f"STOPPED  {_sentence(result['reason'])}"
    gap = result["largest_difference"]
    apart = (
        f"The largest relative difference of two losses is {number(gap['value']):.0e}, at step {gap['step']}."
    )
    if result["ok"]:
        agree = f"AGREE  {_listed(names)} train alike for all {finished} steps{stopped}"
        if result["judged"] == "stepwise":
            return f"{agree}, judged step by step.\n{_sentence(result['reason'])}\n{apart}"
        return f"{agree}.\n{apart}"
    who = (result["finding"] or {}).get("contender")
    where = f"at step {result['first_divergence']}"
    parting = f"{who} parts from the others {where}" if who else f"The runs part {where}"
    return f"PART  {parting}{stopped}.\n{_sentence(result['reason'])}\n{apart}"


def _sentence(reason):
    return textwrap.fill(reason[0].upper() + reason[1:] + ("" if reason.endswith(".") else "."), 100)


def _setting(result):
    return textwrap.fill(
        f"{result['network']} on {result['data']}; {result['optimizer']}, "
        f"batch {result['batch']}, seed {result['seed']}, {result['dtype']}",
        100,
    )


def _row(contender):
    if contender["absent"]:
        return f"{contender['name']:8}absent: {contender['absent']}"
    if not contender["loss"]:
        return f"{contender['name']:8}no step finished"
    right = contender["accuracy"]
    return (
        f"{contender['name']:8}{number(contender['loss'][0]):>22.16g}{number(contender['loss'][-1]):>22.16g}"
        f"{_percent(right[-1] if right else None):>14}{_percent(contender['test_accuracy']):>14}"
    )


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f} %"


def _listed(names):
    return " and ".join([", ".join(names[:-1]), names[-1]])
