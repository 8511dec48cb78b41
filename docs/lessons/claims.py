"""Collect the claims of the texts with their verdicts: the rows of lesson 3's table."""

from dataclasses import asdict, dataclass
from html import escape
from textwrap import wrap

VERDICTS = ("holds", "in part", "does not hold")
WIDTH = 100


@dataclass(frozen=True)
class Claim:
    """Hold one claim of the texts and its verdict.

    id: the text's letter and number.  says: the claim, shortened.  verdict: one of VERDICTS.  figure: the measured
    result.  right: the correct statement, if the claim fails.  lesson: the file that measured it.
    """

    id: str
    says: str
    verdict: str
    figure: str
    right: str
    lesson: str


class Claims(list):
    """Hold the claims of one page or of all; print them as lines, or as a table in HTML."""

    def __init__(self, lesson=""):
        super().__init__()
        self.lesson = lesson

    def judge(self, id, says, verdict, figure, right=""):
        """Add a claim and print it. Raises ValueError for an unknown verdict, or for a failure without `right`."""
        if verdict not in VERDICTS:
            raise ValueError(f"{id}: the verdict is {verdict!r}; known: {', '.join(VERDICTS)}")
        if verdict != "holds" and not right:
            raise ValueError(f"{id} fails: give `right`, the correct statement")
        self.append(Claim(id, says, verdict, figure, right, self.lesson))
        print(f"{id}  {verdict}: {figure}")

    def counts(self):
        """Return {verdict: number of claims}."""
        return {v: sum(claim.verdict == v for claim in self) for v in VERDICTS}

    def rows(self):
        """Return the claims as plain dicts, for JSON."""
        return [asdict(claim) for claim in self]

    def __str__(self):
        lines = []
        for c in self:
            text = f"{c.figure}. Right: {c.right}" if c.right else c.figure
            start = f"{c.id:5}{c.verdict:15}"
            lines += wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
        return "\n".join(lines)

    def _repr_html_(self):
        head = "".join(f"<th>{name}</th>" for name in ("", "the text says", "verdict", "figure", "right"))
        body = "\n".join(
            f'<tr class="{c.verdict.replace(" ", "-")}"><td>{c.id}</td>'
            + "".join(f"<td>{escape(text)}</td>" for text in (c.says, c.verdict, c.figure, c.right))
            + "</tr>"
            for c in self
        )
        return f'<table class="claims"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
