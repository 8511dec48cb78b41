"""What a result is shown as: the terminal's text, the page, the figures' files and the CSV are made of these blocks."""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from ..common.results import number

# Where a block or a column is shown: everywhere, in the terminal with --verbose only, or on the page only.
ALWAYS, VERBOSE, PAGE = 0, 1, 2


class Picture(Protocol):
    """A figure with its name (of a file, and of its ids in a page) and a description for who cannot see it."""

    name: str
    description: str

    def svg(self) -> str: ...
    def svg_file(self) -> str: ...
    def png_file(self) -> bytes | None: ...


class Headline(NamedTuple):
    """What a result says. status: right, wrong, inconclusive or done.  word: how the terminal begins."""

    status: str
    word: str
    sentence: str


@dataclass(frozen=True)
class Section:
    """One part of a page. sentence: what it says.  about: the settings.  blocks: in the order they are read."""

    id: str
    heading: str
    sentence: str
    about: str = ""
    blocks: Sequence = ()


@dataclass(frozen=True)
class Column:
    """A column of a Table. form: a raw value as text; a column of numbers is set to the right.

    digits: significant digits of a number in place of `form`; the terminal takes fewer where the table is too wide.
    short: the terminal's form, where it is another.  under: the terminal sets the text below the column before.
    """

    heading: str
    form: Callable[[Any], str] = str
    numeric: bool = True
    level: int = ALWAYS
    digits: int | None = None
    short: Callable[[Any], str] | None = None
    under: bool = False

    def text(self, value: Any, digits: int | None = None) -> str:
        """Return a raw value as text, for the terminal with so many digits; None is '-', or nothing among text."""
        if value is None:
            return "-" if self.numeric else ""
        if self.digits is None:
            return (self.short or self.form)(value) if digits else self.form(value)
        shown = number(value)
        return f"{shown:.{min(digits or self.digits, self.digits)}g}" if abs(shown) < 1e300 else str(value)


def words(*headings: str) -> list[Column]:
    """Return columns of text."""
    return [Column(heading, numeric=False) for heading in headings]


class Row(NamedTuple):
    """A row as a page shows it: a cell is (text, what to sort by)."""

    cells: list[tuple[str, str]]
    tone: str
    note: str


@dataclass(frozen=True)
class Table:
    """Raw values in rows; the first `keys` columns say what a row is of.

    tones: {row number: "right", "wrong", "inconclusive"} for the cells of the column "status".
    notes: the reason of each row's status, if anything.  brief: the numbers of the rows that the terminal shows
    without --verbose; None for all.  titled: whether the terminal shows the label.
    """

    name: str
    label: str
    columns: Sequence[Column]
    rows: Sequence[Sequence]
    tones: dict[int, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    keys: int = 1
    brief: Sequence[int] | None = None
    titled: bool = True
    level: int = ALWAYS
    kind = "table"

    def shown(self) -> Iterator[Row]:
        """Yield each row as a page shows it."""
        for k, row in enumerate(self.rows):
            pairs = zip(row, self.columns, strict=True)
            cells = [(column.text(value) or "-", _sortable(value)) for value, column in pairs]
            yield Row(cells, self.tones.get(k, ""), self.notes[k] if self.notes else "")

    def csv(self) -> str:
        """Return the raw values as CSV text."""
        return as_csv([column.heading or "name" for column in self.columns], self.rows)


@dataclass(frozen=True)
class Drawn:
    """A picture, drawn when it is asked for, with its caption; series: its numbers as {heading: values} for CSV."""

    draw: Callable[[], Picture | None]
    caption: str = ""
    series: dict[str, Sequence] = field(default_factory=dict)
    level: int = PAGE
    kind = "drawn"

    @cached_property
    def picture(self) -> Picture | None:
        return self.draw()

    def csv(self) -> str:
        """Return the series as CSV text, one column each; a shorter one ends with empty cells."""
        return as_csv(list(self.series), itertools.zip_longest(*self.series.values()))


@dataclass(frozen=True)
class Graph:
    """A drawn graph, wider than a page may be: it scrolls. text: the same graph in words."""

    picture: Picture | None
    label: str
    caption: str
    text: str = ""
    level: int = ALWAYS
    kind = "graph"


@dataclass(frozen=True)
class Heatmaps:
    """Maps of the error. maps: what a page needs to look into them.  draw: makes one picture of all, for a file."""

    maps: Callable[[], dict | None]
    draw: Callable[[], Picture | None]
    level: int = PAGE
    kind = "heatmaps"

    @cached_property
    def picture(self) -> Picture | None:
        return self.draw()


@dataclass(frozen=True)
class Notes:
    """Paragraphs; as a warning, set apart."""

    lines: Sequence[str]
    warning: bool = False
    level: int = ALWAYS
    kind = "notes"


@dataclass(frozen=True)
class Code:
    """Text to copy, line by line as it is."""

    text: str
    label: str
    level: int = ALWAYS
    kind = "code"


@dataclass(frozen=True)
class Facts:
    """{name: text}"""

    facts: dict[str, str]
    level: int = PAGE
    kind = "facts"


def as_csv(headings: Iterable, rows: Iterable[Iterable]) -> str:
    """Return CSV text; None is an empty cell."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(headings)
    written.writerows(["" if value is None else value for value in row] for row in rows)
    return out.getvalue()


def _sortable(value: Any) -> str:
    """Return what a page sorts by: numbers before text, nan after all numbers."""
    if isinstance(value, bool):
        return str(value)
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        return "" if value is None else str(value)
