"""An exercise: each rule of the backward pass, with as much help as is to be revealed."""

from functools import partial

from ..blocks import Column, Headline, Notes, Table, words
from ..wording import boxed

HEADING = "The rules"
TONES = {"right": "right", "wrong": "wrong", "raised": "wrong", "empty": "inconclusive"}
HEADINGS = {"place": "where"}
SHOWN = ("verdict", "place", "hint", "answer")  # each says more than the one before


def verdict(data: dict) -> Headline:
    """Count the rules that are right, and the points."""
    rules = data["rules"]
    right = sum(r["state"] == "right" for r in rules)
    points = f"{sum(r['points'] for r in rules):g} of {sum(r['of'] for r in rules):g} points"
    bar = "#" * right + "." * (len(rules) - right)
    done = right == len(rules)
    return Headline(
        "right" if done else "wrong",
        f"{'RIGHT' if done else 'NOT YET'}  [{bar}]",
        f"{right} of {len(rules)} rules are right, {points}.",
    )


def blocks(data: dict, reveal: str | None = None) -> list:
    """Return one row for each rule. reveal: the amount to show, one of SHOWN; None for that of the result."""
    reveal = reveal or data.get("reveal", "hint")
    if reveal == "verdict":
        return [Notes([data["network"]]), Notes(boxed(data.get("sandbox"), "rules"))]
    shown = SHOWN[1 : SHOWN.index(reveal) + 1]
    columns = [
        *words(rule="rule", status="state"),
        Column("points", "points", _points),
        Column("of", "of", _points),
    ]
    columns += [
        Column(HEADINGS.get(name, name), partial(_help, name), numeric=False, under=name != "place")
        for name in shown
    ]
    rules = Table(
        "rules", "Each rule on its own", columns, data["rules"], lambda r: TONES[r["state"]], titled=False
    )
    return [Notes([data["network"]]), rules, Notes(boxed(data.get("sandbox"), "rules"))]


def _help(name, rule):
    """Return the place of a mistake, the hint, or the answer with the mistakes that give these numbers."""
    if name == "place":
        return rule["place"] or None
    if rule["state"] != "wrong":
        return None
    if name == "hint":
        return rule["hint"] or None
    ids = f" ({' or '.join(rule['one_of'])})" if rule["one_of"] else ""
    return (rule["answer"] or "No mistake of the catalogue gives these numbers.") + ids


def _points(value):
    return f"{value:g}"
