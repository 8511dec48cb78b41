"""Write the page of the catalogue of mistakes from the catalogue itself."""

from compare.common.results import write_text
from compare.mistakes.catalogue import catalogue
from compare.mistakes.text import GROUPS

HEAD = """# The catalogue

This page lists every mistake with its wrong and its right line, for layer 2 and samples as rows. The build of this site
writes it from the catalogue. `threeways mistakes ID` explains one mistake and where it does not show.
[The bench's figures](../mistakes.md) show how often the checker finds each one, and how.
"""


def write(path):
    """Write the page of all mistakes, with one section for each group of each network."""
    lines, known = [HEAD], catalogue()
    for network in dict.fromkeys(m.network for m in known.values()):
        own = {id: m for id, m in known.items() if m.network == network}
        for group in dict.fromkeys(m.group for m in own.values()):
            lines.append(f"\n## {network}" + (f": {GROUPS[group]}" if group in GROUPS else ""))
            for id, m in own.items():
                if m.group == group:
                    wrong, right, why = m.lines(2)
                    lines += [
                        f"\n### {id}\n",
                        "```diff",
                        f"- {wrong}",
                        f"+ {right}",
                        "```",
                        f"\nWhy: {_prose(why)}.",
                    ]
    path.parent.mkdir(exist_ok=True)
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:  # sphinx reads a newer file again
        write_text(path, text)


def _prose(text):
    for mark in "\\*_<$":
        text = text.replace(mark, "\\" + mark)
    return text
