"""The derivative of the loss by each line of a forward pass, beside the line of the backward pass that computes it."""

from ...common.results import number
from ..blocks import PAGE, Code, Column, Graph, Headline, Notes, Table, words
from ..pictures.lines import LinesPicture
from ..wording import change, clipped, figure, listed

HEADING = "The derivative of each line"
SAID = {"right": "right", "wrong": "WRONG", "inherited": "off", "unknown": "no line"}
NOTES = {
    "inherited": "off: wrong only because of a line that comes before it.",
    "unknown": "no line: the backward pass does not compute this derivative by itself.",
}
TONES = {"right": "right", "wrong": "wrong", "inherited": "inconclusive"}


def verdict(data: dict) -> Headline:
    """Say whether the gradients are right, and which lines are not."""
    if data["ok"]:
        seen = sum(v["state"] == "right" for v in data["values"])
        return Headline(
            "right", "RIGHT", f"All gradients are right; {seen} of the values below have their line."
        )
    lines = [_named(each) for each in data["wrong"]]
    return Headline("wrong", "WRONG", f"{listed(lines)}." if lines else "No line could be named.")


def blocks(data: dict) -> list:
    """Return the two columns, joined by lines on a page, and the changes that make the gradients right."""
    rows = data["values"]
    return [
        Notes(
            [
                f"L = {number(data['loss']):.10g}. Each row: a value v of {data['function']}; shape and norm of dL/dv."
            ]
        ),
        Table(
            "derivatives", "Each value and its derivative", COLUMNS, rows, lambda v: TONES.get(v["state"], "")
        ),
        Notes([said for state, said in NOTES.items() if any(v["state"] == state for v in rows)]),
        *_changes(data["wrong"]),
        Graph(LinesPicture(data), "Forward and backward", CAPTION, "", level=PAGE),
    ]


CAPTION = (
    "Left: each value of the forward pass with the shape and norm of dL/d(value). Right: the line of the backward pass "
    "that computes this derivative. Solid: right. Thick: the line with the mistake. Dashed: off because of one above."
)


def _changes(wrong):
    return [
        Code(change(each["fix"]["from"], each["fix"]["to"]), f"Change line {each['fix']['line']}")
        for each in wrong
        if each["fix"]
    ]


def _named(each):
    places = " or ".join(f"line {line['line']}" for line in each["lines"])
    first = each["lines"][0]
    return f"{first['file']}, {places}: {first['source']}"


def _value(v):
    return v["name"] if v["at"] is None else f"{v['at']['line']}: {v['name']}"


def _shape(v):
    return "(" + ", ".join(map(str, v["shape"])) + ("," if len(v["shape"]) == 1 else "") + ")"


def _times(v):
    return f"x {v['times']}" if v["times"] > 1 else None


def _by(v):
    shown = [f"{line['line']}: {line['source']}" for line in v["by"][:2]]
    more = len(v["by"]) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "") or None


COLUMNS = [
    Column("value", _value, numeric=False, short=lambda text: clipped(text, 30)),
    Column("shape", _shape, numeric=False),
    *words(times=_times),
    Column("norm", "norm", figure(".4g"), digits=4),
    *words(status=lambda v: SAID[v["state"]]),
    Column("computed in line", _by, numeric=False, short=lambda text: clipped(text, 52)),
]
