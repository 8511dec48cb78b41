"""Blocks as text of at most 100 columns, printed by rich."""

from collections.abc import Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from ..common.words import visible
from .blocks import VERBOSE, Code, Column, Graph, Headline, Notes, Table
from .wording import WIDTH, wrapped


def text(verdict: Headline, blocks: Sequence, verbose: bool = False) -> str:
    """Return the verdict and the blocks that a terminal shows."""
    lines, after = headline(verdict), "headline"
    for block in blocks:
        shown = _lines(block, verbose) if block.level <= verbose * VERBOSE else []
        if not shown:
            continue
        close = isinstance(block, Code) or (isinstance(block, Notes) and block.warning) or after == "headline"
        if after == "table" or not close or isinstance(block, Table | Graph):
            lines.append("")
        lines += shown
        after = block.kind
    return visible("\n".join(lines), "\n")  # code and names are the user's: nothing moves the cursor


def headline(verdict: Headline) -> list[str]:
    """Return the lines of 'WRONG  b1 is 1/8 of the right value in every entry'."""
    return wrapped(f"{verdict.word}  {verdict.sentence}" if verdict.word else verdict.sentence)


def _lines(block, verbose):
    match block:
        case Notes():
            start = "Note: " if block.warning else ""
            return [line for note in block.lines for line in wrapped(f"{start}{note}")]
        case Code():
            return [f"{block.label}:", *(f"  {line}" for line in block.text.splitlines())]
        case Graph():
            return [*wrapped(f"{block.label}: {block.caption}"), *(["", block.text] if block.text else [])]
        case Table():
            return table(block, verbose)
    return []


def table(block: Table, verbose: bool = False) -> list[str]:
    """Return the lines of a table; numbers have as many digits as leave every number whole."""
    kept = [k for k, column in enumerate(block.columns) if column.level <= verbose * VERBOSE]
    columns = [block.columns[k] for k in kept]
    brief = range(len(block.rows)) if verbose or block.brief is None else block.brief
    raw = [[block.rows[row][k] for k in kept] for row in brief if row < len(block.rows)]
    if not block.items:
        return []
    width = WIDTH + 20 * verbose
    for digits in range(10, 2, -1):
        rows = [_cells(columns, row, digits) for row in raw]
        if _width(columns, rows) <= width:
            break
    shown = RichTable(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        if not column.under:
            shown.add_column(
                column.heading,
                justify="right" if column.numeric else "left",
                overflow="fold",
                no_wrap=column.numeric,
            )
    for row in rows:
        shown.add_row(*map(Text, row))
    out = StringIO()
    Console(file=out, width=width, color_system=None, force_jupyter=False).print(shown)
    left = len(block.rows) - len(rows)
    return [
        *([block.label] if block.titled else []),
        *([line.rstrip() for line in out.getvalue().rstrip().splitlines()] if rows else []),
        *([f"{left} more rows: --html and --json have them all."] if left else []),
    ]


def _cells(columns: Sequence[Column], row: Sequence, digits: int) -> list[str]:
    cells: list[str] = []
    for column, value in zip(columns, row, strict=True):
        cell = "".join(c if c.isprintable() else " " for c in column.text(value, digits))
        if column.under:
            cells[-1] += f"\n{cell}" if cell else ""
        else:
            cells.append(cell)
    return cells


def _width(columns, rows):
    """The columns that a table takes where no text is wrapped."""
    headings = [column.heading for column in columns if not column.under]
    widths = zip(*(map(len, row) for row in [headings, *rows]), strict=True)
    return sum(max(column) + 2 for column in widths) - 2
