"""What is said of submissions, from the plain form: to the student as much as is to be revealed, to the teacher all."""

import textwrap
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...common.statuses import PASSES
from ...common.words import printed_by_user
from ...teaching.folder import COLUMNS, row
from ...teaching.hints import BY_STATUS, hint
from . import check as check_text
from .gradients import WIDTH

STATES = {
    "right": "RIGHT",
    "wrong": "WRONG",
    "inconclusive": "NOT KNOWN",
    "forbidden": "NOT COUNTED",
}


def student(graded, reveal):
    """The report of one submission: verdict, then place, hint, or answer, each more than the one before.

    What its code printed is for `answer` alone: it could print the hidden inputs.
    """
    points = f"{graded['points']:g} of {graded['of']:g} points"
    printed = printed_by_user(graded["printed"]) if reveal == "answer" else ""
    if graded["report"] is None:
        return "\n".join(_wrapped(f"NO VERDICT  {_sentence(graded['diagnosis'])} {points}.")) + printed
    if reveal == "verdict":
        return STATES[graded["status"]]
    many = f" ({graded['inputs']} inputs, of which the worst counts)" if graded["inputs"] > 1 else ""
    lines = [f"{STATES[graded['status']]}  {points}{many}."]
    if graded["status"] == "forbidden":
        lines += _wrapped(_sentence(graded["diagnosis"]))
    lines += place(graded)
    gradients = [s for n, s in graded["arrays"].items() if n != "loss"]
    if graded["status"] == "wrong" or any(s not in PASSES for s in gradients):
        if reveal in ("hint", "answer"):
            lines += [line for question in hints(graded) for line in _wrapped(f"Ask yourself: {question}")]
        if reveal == "answer":
            seed = "" if graded["seed"] is None else f" (seed {graded['seed']})"
            lines += ["", f"On the input where it is worst{seed}:", check_text.check(graded["report"])]
    if graded["changed"]:
        lines += _wrapped(f"Note: your function changes {' and '.join(graded['changed'])} in place.")
    return "\n".join(lines) + printed


def place(graded):
    """Which arrays are right, and where the first mistake sits."""
    by_status: dict = {}
    for name, status in graded["arrays"].items():
        if name != "loss":
            by_status.setdefault("right" if status in PASSES else status, []).append(name)
    lines = [f"{', '.join(names)}: {WORDS.get(status, status)}" for status, names in by_status.items()]
    if graded["arrays"]["loss"] == "wrong":
        lines.append("loss: not the one that is asked for")
    rules = dict.fromkeys(f["rule"].replace("_", " ") for f in graded["report"]["findings"])
    return [line for text in lines for line in _wrapped(text)] + (
        [f"Rule: {', '.join(rules)}"] if rules else []
    )


WORDS = {
    "inherited": "off only because of what is wrong above",
    "inconclusive": "cannot be told on these inputs",
    "nondeterministic": "two calls with the same inputs differ",
    "nonfinite": "nan or inf",
    "missing": "missing",
    "shape": "of another shape than the parameter",
}


def hints(graded):
    """One question for each finding and each odd status, else one for the array nearest to the loss that is off."""
    found = [hint(f, f["array"]) for f in graded["report"]["findings"]]
    found += [BY_STATUS[s] for s in graded["arrays"].values() if s in BY_STATUS]
    if not found:
        off = [n for n, s in graded["arrays"].items() if s not in (*PASSES, "inherited", "unknown")]
        found = [hint(array=off[-1] if off else "")]
    return list(dict.fromkeys(found))


def table(grades):
    """One row for each submission, what was given in all, and what the inputs themselves hide."""
    shown_table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for heading in COLUMNS:
        right = heading in ("points", "of", "arrays right", "seconds")
        wide = heading == "diagnosis"
        shown_table.add_column(
            heading.replace("arrays right", "arrays"),
            justify="right" if right else "left",
            no_wrap=not wide,
            max_width={"submission": 24, "diagnosis": 44}.get(heading),
            overflow="ellipsis",
        )
    for graded in grades["submissions"]:
        cells = row(graded)
        cells = [
            _short(brief(graded), 88) if name == "diagnosis" else cell
            for name, cell in zip(COLUMNS, cells, strict=True)
        ]
        shown_table.add_row(*(Text(_printable(cell)) for cell in cells))
    out = StringIO()
    Console(file=out, width=WIDTH, color_system=None).print(shown_table)
    lines = [line.rstrip() for line in out.getvalue().rstrip().splitlines()]
    return "\n".join([*lines, "", *summary(grades)])


def brief(graded):
    """The mistakes by name, or the first words of the diagnosis: 'b1: bias-averaged'."""
    findings = graded["report"]["findings"] if graded["report"] and graded["status"] == "wrong" else []
    return "; ".join(f"{f['array']}: {' or '.join(f['one_of'])}" for f in findings) or graded["diagnosis"]


def summary(grades):
    """'30 submissions: 12 right, 10 wrong, ...', and the notes."""
    states = [g["status"] for g in grades["submissions"]]
    counted = ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(sorted(states, key=_order)))
    seeds = [seed for seed in grades["inputs"] if seed is not None]
    inputs = f"Judged on {len(seeds)} hidden seeds, the worst counts." if len(seeds) > 1 else ""
    first = f"{len(states)} submissions in {grades['seconds']:.1f} s, {grades['jobs']} at a time: {counted}. {inputs}"
    return [line for text in (first, *(f"Note: {w}." for w in grades["warnings"])) for line in _wrapped(text)]


def _order(status):
    known = [*STATES, "raised", "time", "memory", "crashed", "unusable", "bug"]
    return known.index(status) if status in known else len(known)


def _sentence(text):
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _short(text, most):
    return text if len(text) <= most else text[: most - 4].rstrip() + " ..."


def _printable(text):
    return "".join(c if c.isprintable() else " " for c in text)


def _wrapped(text):
    return [
        piece
        for line in text.splitlines()
        for piece in textwrap.wrap(_printable(line), WIDTH, subsequent_indent="  ")
    ]
