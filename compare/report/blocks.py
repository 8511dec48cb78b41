"""The blocks that show a result: terminal text, page, figure files and CSV are made of them."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ..common.results import number
from ..common.tables import as_csv

# Where a block or a column is shown: everywhere, in the terminal with --verbose only, or on the page only.
ALWAYS, VERBOSE, PAGE = 0, 1, 2


class Headline(NamedTuple):
    """The verdict of a result. status: right, wrong, inconclusive or done.  word: how the terminal begins."""

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
    """A column of a Table. get: an item's raw value, as a function or as its path: "steady_s.median".

    form: a raw value as text.  numeric: set to the right, and sorted as numbers.  digits: significant digits of a
    number in place of `form`; the terminal takes fewer where the table is too wide.  short: the terminal's form,
    where it is another.  under: the terminal sets the text below the column before.
    """

    heading: str
    get: str | Callable[[Any], Any]
    form: Callable[[Any], str] = str
    numeric: bool = True
    level: int = ALWAYS
    digits: int | None = None
    short: Callable[[Any], str] | None = None
    under: bool = False

    def value(self, item: Any) -> Any:
        """Return an item's raw value; None where a part of the path is missing."""
        return at(item, self.get) if isinstance(self.get, str) else self.get(item)

    def text(self, value: Any, digits: int | None = None) -> str:
        """Return a raw value as text, for the terminal with so many digits; None is '-', or nothing among text."""
        if value is None:
            return "-" if self.numeric else ""
        if self.digits is None:
            return (self.short or self.form)(value) if digits else self.form(value)
        shown = number(value)
        return f"{shown:.{min(digits or self.digits, self.digits)}g}" if abs(shown) < 1e300 else str(value)


def words(**columns: str | Callable[[Any], Any]) -> list[Column]:
    """Return columns of text, {heading: get}; an underscore is a space."""
    return [Column(heading.replace("_", " "), get, numeric=False) for heading, get in columns.items()]


def interval(
    path: str,
    form: Callable[[Any], str],
    headings: Sequence[str] = ("median", "low", "high"),
    level: int = ALWAYS,
) -> list[Column]:
    """Return the columns of {"median", "low", "high"} at a path."""
    ends = zip(headings, ("median", "low", "high"), strict=True)
    return [Column(heading, f"{path}.{end}", form, level=level) for heading, end in ends]


def at(item: Any, path: str) -> Any:
    """Return item["a"]["b"] of a path "a.b"; None where a part is missing or None."""
    for key in path.split("."):
        item = None if item is None else item.get(key)
    return item


class Row(NamedTuple):
    """A row as a page shows it: a cell is (text, what to sort by)."""

    cells: list[tuple[str, str]]
    tone: str
    note: str


@dataclass(frozen=True)
class Table:
    """A row for each item; the first `keys` columns say what a row is of.

    tone: an item's "right", "wrong" or "inconclusive" for the cell of the column "status".  note: the reason of that
    status.  brief: the numbers of the rows that the terminal shows without --verbose; None for all.
    titled: whether the terminal shows the label.
    """

    name: str
    label: str
    columns: Sequence[Column]
    items: Sequence[Any]
    tone: Callable[[Any], str] | None = None
    note: Callable[[Any], str] | None = None
    keys: int = 1
    brief: Sequence[int] | None = None
    titled: bool = True
    level: int = ALWAYS
    kind = "table"

    @cached_property
    def rows(self) -> list[list]:
        """The raw values."""
        return [[column.value(item) for column in self.columns] for item in self.items]

    def shown(self) -> Iterator[Row]:
        """Yield each row as a page shows it."""
        for item, row in zip(self.items, self.rows, strict=True):
            pairs = zip(row, self.columns, strict=True)
            cells = [(column.text(value) or "-", _sortable(value)) for value, column in pairs]
            yield Row(cells, self.tone(item) if self.tone else "", self.note(item) if self.note else "")

    def csv(self) -> str:
        """Return the raw values as CSV text."""
        return as_csv([column.heading or "name" for column in self.columns], self.rows)


@dataclass(frozen=True)
class Drawn:
    """A picture, drawn when it is asked for, with its caption; series: its numbers as {heading: values} for CSV."""

    draw: Callable[[], Any]
    caption: str = ""
    series: dict[str, Sequence] = field(default_factory=dict)
    level: int = PAGE
    kind = "drawn"

    @cached_property
    def picture(self) -> Any:
        return self.draw()

    def csv(self) -> str:
        """Return the series as CSV text, one column each; a shorter one ends with empty cells."""
        return as_csv(list(self.series), itertools.zip_longest(*self.series.values()))


@dataclass(frozen=True)
class Graph:
    """A drawn graph, wider than a page may be: it scrolls. text: the same graph in words."""

    picture: Any
    label: str
    caption: str
    text: str = ""
    level: int = ALWAYS
    kind = "graph"


@dataclass(frozen=True)
class Heatmaps:
    """Maps of the error. maps: what a page needs to look into them.  draw: makes one picture of all, for a file."""

    maps: Callable[[], dict | None]
    draw: Callable[[], Any]
    level: int = PAGE
    kind = "heatmaps"

    @cached_property
    def picture(self) -> Any:
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
    """Text to copy, line by line as it is. first: whether a page shows it before all other blocks."""

    text: str
    label: str
    level: int = ALWAYS
    first: bool = False
    kind = "code"


@dataclass(frozen=True)
class Facts:
    """{name: text}"""

    facts: dict[str, str]
    level: int = PAGE
    kind = "facts"


def _sortable(value: Any) -> str:
    """Return what a page sorts by: numbers before text, nan after all numbers."""
    if isinstance(value, bool):
        return str(value)
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        return "" if value is None else str(value)
