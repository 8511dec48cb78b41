"""What is said of an exercise, from its plain form, as much as is to be revealed."""

import textwrap

WIDTH = 100
SHOWN = {"verdict": 0, "place": 1, "hint": 2, "answer": 3}
MARKS = {"right": "right", "wrong": "WRONG", "empty": "empty", "raised": "raised"}


def exercise(data, reveal="hint"):
    """The report; reveal: one of SHOWN, each more than the one before."""
    rules, level = data["rules"], SHOWN[reveal]
    right = sum(r["state"] == "right" for r in rules)
    points = f"{sum(r['points'] for r in rules):g} of {sum(r['of'] for r in rules):g} points"
    bar = "#" * right + "." * (len(rules) - right)
    head = "RIGHT" if right == len(rules) else "NOT YET"
    lines = [f"{head}  [{bar}] {right} of {len(rules)} rules are right, {points}.", data["network"], ""]
    wide = max(len(r["rule"]) for r in rules)
    for r in rules:
        place = f"  {r['place']}" if level else ""
        said = f"{MARKS[r['state']]:7}{r['rule']:{wide}}{place}".rstrip()
        lines += textwrap.wrap(said, WIDTH, subsequent_indent=" " * 9)
        if r["state"] == "wrong" and level >= SHOWN["hint"]:
            lines += _indented(r["hint"])
        if r["state"] == "wrong" and level >= SHOWN["answer"]:
            names = f" ({' or '.join(r['one_of'])})" if r["one_of"] else ""
            lines += _indented((r["answer"] or "No mistake of the catalogue gives these numbers.") + names)
    return "\n".join(lines)


def _indented(text):
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 9) if text else []
