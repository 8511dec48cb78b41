"""The catalogue of mistakes as a page, from the catalogue itself."""

from compare.common.results import write_text
from compare.mistakes.catalogue import catalogue
from compare.mistakes.text import GROUPS

HEAD = """# The catalogue

Made from the catalogue when this site was built: each mistake with the wrong line beside the right one, written for
layer 2, samples as rows. `threeways mistakes ID` says more of one, and where it hides; how they are found, and how
often, is in [the bench's figures](../mistakes.md).
"""


def write(path):
    """Write the page of all mistakes, a section for each group of each network."""
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
    if not path.exists() or path.read_text(encoding="utf-8") != text:  # a newer file is read anew by sphinx
        write_text(path, text)


def _prose(text):
    for mark in "\\*_<$":
        text = text.replace(mark, "\\" + mark)
    return text
