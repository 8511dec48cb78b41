"""What a section of a report is made of: the page, the figures' files and the CSV are all drawn from these."""

import csv
import io
import itertools
from dataclasses import dataclass, field

from ..common.results import number


@dataclass(frozen=True)
class Section:
    """One part of a page. sentence: what it says.  about: the settings.  blocks: in the order they are read."""

    id: str
    heading: str
    sentence: str
    about: str = ""
    blocks: list = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """A column of a Table. form: a raw value as text; a column of numbers is set to the right."""

    heading: str
    form: object = str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """Raw values in rows; the first `keys` columns say what a row is of.

    tones: {row number: "right", "wrong", "inconclusive"} for the cells of the column "status".
    notes: what stands behind the status of each row, if anything.
    """

    name: str
    label: str
    columns: list
    rows: list
    tones: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    keys: int = 1
    kind = "table"

    def shown(self):
        """[(cells, tone, note), ...], a cell being (text, what to sort by)."""
        for k, row in enumerate(self.rows):
            cells = [
                ("-" if value is None else column.form(value), _sortable(value))
                for value, column in zip(row, self.columns, strict=True)
            ]
            yield cells, self.tones.get(k, ""), self.notes[k] if self.notes else ""

    def csv(self):
        """The raw values as CSV text."""
        return as_csv([column.heading or "name" for column in self.columns], self.rows)


@dataclass(frozen=True)
class Drawn:
    """A Picture with the sentence below it, and the numbers in it as columns {heading: values} for CSV, if any."""

    picture: object
    caption: str
    series: dict = field(default_factory=dict)
    kind = "drawn"

    def csv(self):
        """The series as CSV text, one column each; a shorter one ends with empty cells."""
        return as_csv(list(self.series), itertools.zip_longest(*self.series.values()))


@dataclass(frozen=True)
class Graph:
    """A drawn graph, wider than a page may be: it scrolls. text: the same graph in words."""

    picture: object
    label: str
    caption: str
    text: str = ""
    kind = "graph"


@dataclass(frozen=True)
class Heatmaps:
    """The verdicts' grids, to be looked into block by block: what a page shows of each, the scale, and the numbers.

    draw: makes the picture that has them all, which only a file needs.
    """

    maps: list
    legend: dict
    data: dict
    draw: object
    kind = "heatmaps"

    @property
    def picture(self):
        return self.draw()


@dataclass(frozen=True)
class Notes:
    """Paragraphs; as a warning, set apart."""

    lines: list
    warning: bool = False
    kind = "notes"


@dataclass(frozen=True)
class Code:
    """Text to copy, line by line as it is."""

    text: str
    label: str
    kind = "code"


@dataclass(frozen=True)
class Facts:
    """{name: text}"""

    facts: dict
    kind = "facts"


def as_csv(headings, rows):
    """CSV text; None is an empty cell."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(headings)
    written.writerows(["" if value is None else value for value in row] for row in rows)
    return out.getvalue()


def figure(form):
    """A formatter for numbers of the plain form: figure(".1e")("nan") -> 'nan'."""
    return lambda value: format(number(value), form)


def percent(value):
    """0.9083 -> '90.8 %'"""
    return f"{100 * number(value):.1f} %"


def _sortable(value):
    """Numbers before text; nan after all numbers."""
    if isinstance(value, bool):
        return str(value)
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        return "" if value is None else str(value)
