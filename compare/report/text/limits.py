"""`threeways graph --limits` as terminal text, from the plain JSON form."""

import textwrap


def text(result):
    """Return each attempt with what was seen, then the texts' sentences."""
    lines = []
    for o in result["observations"]:
        mark = "" if o["as_said"] else "   NOT AS THESE PAGES SAY"
        lines.append(f"{o['who']}: {o['tried']}{mark}")
        error = f"{o['error']}: " if o["error"] else ""
        lines += _wrapped(o["about"]) + _wrapped(error + o["seen"])
    lines += ["", "What the texts say of static and dynamic graphs, and for which it holds today"]
    for s in result["sentences"]:
        lines += _wrapped(f"{s['sentence']} ({s['holds_for']}) {s['why']}")
    return "\n".join(lines)


def _wrapped(text):
    return textwrap.wrap(text, 100, initial_indent="    ", subsequent_indent="      ")
