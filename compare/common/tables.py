"""CSV that is safe to open: spreadsheets obey cells that look like formulas, and names and messages are foreign."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from .words import visible

# "=1+1" and "＝1+1" (full width), behind what a spreadsheet skips, also in the next cell where ";" separates.
FORMULA = re.compile(r"(^|;)(?=[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212])")


def as_csv(headings: Iterable, rows: Iterable[Iterable]) -> str:
    """Return CSV text; None is an empty cell, and no text is a formula."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(map(harmless, headings))
    written.writerows(map(harmless, row) for row in rows)
    return out.getvalue()


def harmless(cell: Any) -> Any:
    """Return a cell with an apostrophe in front of a formula and control characters written out; numbers stay.

    '=HYPERLINK(...)' -> "'=HYPERLINK(...)"
    """
    if cell is None:
        return ""
    if not isinstance(cell, str) or cell == "-" or _number(cell):
        return cell
    # What no eye sees (a byte order mark, a zero-width space) is written out: it no longer hides a formula.
    return FORMULA.sub(r"\1'", visible(cell))


def _number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)", cell, re.ASCII) is not None
