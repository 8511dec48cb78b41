"""Two results of one command compared: what differs in the verdicts, the figures and the environments."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from ..common.errors import UserError
from ..common.results import number
from .blocks import Column, Drawn, Notes, Section, Table
from .kinds import environment, kind, parts, verdicts
from .kinds import sections as sections_of
from .pictures import later
from .summary import verdict


def sections(a: dict, b: dict, names: Sequence[str]) -> list[Section]:
    """Return the verdicts, for each part what differs in the tables both have, and the environments."""
    _comparable(a, b)
    shared = [name for name in parts(a) if name in parts(b)]
    found = [_verdicts(a, b, names)]
    tables = [_tables(result) for result in (a, b)]
    for name in shared:
        heading = tables[0][name].heading
        blocks = [
            table for one in _named(tables[0][name]) if (table := _side_by_side(one, tables[1][name], names))
        ]
        pictures = _pictures(name, parts(a)[name], parts(b)[name], names) if blocks else []
        found.append(Section(name, heading, "", blocks=[*pictures, *blocks] or [Notes(["Nothing differs."])]))
    return [*found, _environments(a, b, names)]


def sentence(a: dict, b: dict, names: Sequence[str]) -> str:
    """Say whether the verdicts of the two are the same."""
    _comparable(a, b)
    one, other = verdict(a), verdict(b)
    if one.status != other.status:
        said = {"right": "right", "wrong": "wrong", "inconclusive": "not known", "done": "finished"}
        return f"The verdicts differ: {said[one.status]} in {names[0]}, {said[other.status]} in {names[1]}."
    changed = _changed(a.get("settings"), b.get("settings"))
    if changed:
        return f"{changed}. {names[0]}: {_line(one)} {names[1]}: {_line(other)}"
    same = "" if one.sentence == other.sentence else ", the figures differ"
    return f"The verdict is the same in both{same}: {_line(other)}"


def _changed(one, other):
    """'epochs: 3, then 5', for the settings of two baselines that differ."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return ""
    differing = [k for k in one if k != "versions" and one[k] != other.get(k)]
    return "; ".join(f"{k}: {one[k]}, then {other.get(k)}" for k in differing)


def _comparable(a, b):
    one, other = kind(a), kind(b)
    if one != other:
        raise UserError(f"two results of one command can be compared; these are of {one} and of {other}")


def _line(found):
    return found.sentence.replace("\n", " ")


def _verdicts(a, b, names):
    one, other = (
        {name: _line(found) for name, found in ({"verdict": verdict(d)} | verdicts(d)).items()}
        for d in (a, b)
    )
    table = Table("verdicts", "In a sentence each", _columns("", *names), _both(one, other))
    return Section("verdicts", "The verdicts", "", blocks=[table])


def _both(one, other):
    """[key, its value in each] for each key of either."""
    return [[key, one.get(key), other.get(key)] for key in dict.fromkeys([*one, *other])]


def _tables(data):
    return {s.id: s for s in sections_of(data)}


def _named(section):
    return [block for block in section.blocks if block.kind == "table"]


def _pictures(name, a, b, names):
    short = [re.split(r"[/\\\\]", str(path))[-1] for path in names]
    short = names if short[0] == short[1] else short
    if name == "baseline":
        return [Drawn(later("compared.validation", a["runs"], b["runs"], short))]
    draw = {"time": "compared.steps", "curves": "compared.losses"}.get(name)
    return [Drawn(later(draw, a["contenders"], b["contenders"], short))] if draw else []


def _side_by_side(one, section, names):
    """One table's numbers and words in both results, row by row; None where the other has no such table."""
    other = next((t for t in _named(section) if t.name == one.name), None)
    if other is None:
        return None
    columns = [replace(column, get=itemgetter(k)) for k, column in enumerate(one.columns[: one.keys])]
    others = dict(_keyed(other))
    rows = []
    for key, row in _keyed(one):
        match = others.pop(key, None)
        named = row[: one.keys]
        if match is None:
            rows.append([*named, "all of it", "there", "-", None])
            continue
        for mine, yours, column in list(zip(row, match, one.columns, strict=True))[one.keys :]:
            if mine != yours:
                said = [column.text(value) or "-" for value in (mine, yours)]
                rows.append([*named, column.heading, *said, _ratio(mine, yours)])
    rows += [[*row[: one.keys], "all of it", "-", "there", None] for row in others.values()]
    if not rows:
        return None
    keys = len(columns)
    columns.append(Column("figure", itemgetter(keys), numeric=False))
    columns += [Column(name, itemgetter(k)) for k, name in enumerate((*names, "second / first"), keys + 1)]
    return Table(f"{one.name}-compared", f"{one.label}: what differs", columns, rows, keys=one.keys + 1)


def _columns(*headings):
    return [Column(heading, itemgetter(k), numeric=False) for k, heading in enumerate(headings)]


def _keyed(table):
    """(what a row is of, row): the first of several of one name, the second, ... apart."""
    seen: Counter[tuple] = Counter()
    for row in table.rows:
        key = tuple(map(str, row[: table.keys]))
        seen[key] += 1
        yield (*key, seen[key]), row


def _ratio(one, other):
    """Return the second over the first; None across a sign, where it says nothing."""
    try:
        one, other = number(one), number(other)
        return f"{other / one:.3g}" if one * other > 0 and other / one == other / one else None
    except (TypeError, ValueError):
        return None


def _environments(a, b, names):
    found = [d.get("environment") or {} for d in (a, b)]
    facts = (
        {"Command": e.get("command")} | environment.facts(e, d.get("seconds"))
        for e, d in zip(found, (a, b), strict=True)
    )
    rows = _both(*facts)
    same = [row[0] for row in rows if row[1] == row[2]]
    differs = [row for row in rows if row[1] != row[2]]
    blocks = [
        Table("environments", "Differs", _columns("", *names), differs),
        Notes([f"The same in both: {', '.join(same)}."] if same else []),
    ]
    return Section("again", "Where they were made", "", blocks=blocks)
