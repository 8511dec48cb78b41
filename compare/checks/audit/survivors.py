"""An edit that the tests passed: how wrong the gradient was, and which assertion should have seen it."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UNPARSABLE
from .inside.statements import compares
from .runs import Ran

ROUNDING = {"f": 1e-10, "c": 1e-10}
SINGLE = 1e-4  # of float32 and shorter types
SHARE = 1e-6  # an array below this share of the whole result is rounding
LONG = 160
TOLERANCE = re.compile(r"\b(atol|rtol|abs|rel|places|decimal|delta|tol|eps\w*|significant)\s*=\s*([^,()\s]+)")
ANY = re.compile("close|approx|equal|rel")
Row = dict[str, Any]
# The first three are wrong gradients; unmeasured: no call with the same arguments in both runs.
OUTCOMES = ("noticed", "late", "survived", "raised", "equivalent", "unmeasured")


def error(right: Ran, wrong: Ran, function: str, file: str) -> float | None:
    """Return how far the results of a function's calls are from the right ones, relative, in norm; the worst call.

    Calls are compared whose arguments are the same. None where there are none with numbers.  0 for rounding.
    """
    held = {_key(c): c for c in right.data.get("calls", ()) if "result" in c}
    related: list[float | None] = []
    rest: list[float | None] = []
    for call in wrong.data.get("calls", ()):
        other = held.get(_key(call))
        if other and "result" in call and call["given"] == other["given"]:
            apart = _apart(_values(other["result"], right), _values(call["result"], wrong))
            name = call["name"]
            own = call["file"] == file and (
                name == function or function.startswith(f"{name}.") or name.startswith(f"{function}.")
            )
            (related if own else rest).append(apart)
    found = [e for e in related if e is not None]
    if found and max(found) > 0:
        return max(found)
    return max([*found, *(e for e in rest if e is not None)], default=None)


def blind(right: Ran, wrong: Ran, row: Row, off: float | None, root: Path) -> Row:
    """Return {test, file, line, text, why, cause} of the assertion that should have seen an edit.

    cause: "tolerance", an assertion compares a value that changed, and passes; "weak", an assertion reads one and
    does not compare it; "unread", none reads one.
    """
    held = {_key(a): a for a in right.data.get("asserts", ())}
    best: tuple[Any, ...] = ()
    for one in wrong.data.get("asserts", ()):
        other = held.get(_key(one))
        if other is None:
            continue
        changes = [
            (_apart(_values(paths, right), _values(one["operands"][name], wrong)) or 0.0, name)
            for name, paths in other["operands"].items()
            if name in one["operands"]
        ]
        change, name = max(changes, default=(0.0, ""))
        if change > 0:
            text = _statement(root / one["file"], one["line"])
            rank = (bool(tolerance(text)), change)
            if not best or rank > best[0]:
                best = rank, one, name, text
    where = "" if off is None else percent(off)
    if best:
        _, one, name, text = best
        held_by = tolerance(text)
        why = (
            f"{held_by} hides {where or 'the change'}"
            if held_by
            else f"reads {name} and compares no value of it"
        )
        return _place(one, text) | {"why": why, "cause": "tolerance" if held_by else "weak"}
    # A call inside an assertion has no name: assert np.allclose(net.backward(x), right).
    for test, about in wrong.tests.items():
        for file, line in about.get("from", {}).get(f"{row['file']}:{row['function']}", ()):
            text = _statement(root / file, line)
            if _compares(text) and (held_by := tolerance(text)):
                place = _place({"test": test, "file": file, "line": line}, text)
                return place | {"why": f"{held_by} hides {where or 'the change'}", "cause": "tolerance"}
    for test, about in wrong.tests.items():
        for places in about.get("from", {}).values():
            file, line = places[0]
            place = _place({"test": test, "file": file, "line": line}, _statement(root / file, line))
            return place | {"why": "no assertion reads a value that depends on it", "cause": "unread"}
    return {
        "test": next(iter(wrong.tests), ""),
        "file": "",
        "line": 0,
        "text": "",
        "why": "",
        "cause": "unread",
    }


def tolerance(text: str) -> str:
    """Return the text of an assertion's tolerance; '' if it has none."""
    given = [f"{name} {value}" for name, value in TOLERANCE.findall(text)]
    if given:
        return ", ".join(given)
    try:
        tree = ast.parse(text)
    except UNPARSABLE:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Lt, ast.LtE)):
            return f"{'<' if isinstance(node.ops[0], ast.Lt) else '<='} {ast.unparse(node.comparators[0])}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if ANY.search(name):
                return f"{name}'s own tolerance"
    return ""


def _compares(text: str) -> bool:
    try:
        return any(compares(node) for node in ast.parse(text).body)
    except UNPARSABLE:
        return False


def percent(value: float) -> str:
    if value == float("inf"):
        return "all of it"
    return f"{100 * value:.0f} %" if value >= 1 else f"{100 * value:.2g} %"


def _key(entry: Row) -> tuple[Any, ...]:
    return tuple(entry.get(k) for k in ("test", "file", "name", "line", "n"))


def _values(paths: dict[str, int], ran: Ran) -> dict[str, np.ndarray]:
    return {path: ran.arrays[str(i)] for path, i in paths.items()}


def _apart(right: dict[str, np.ndarray], wrong: dict[str, np.ndarray]) -> float | None:
    """Return the largest relative difference of two nests of arrays, 0 for rounding; None where there is nothing."""
    if not right and not wrong:
        return None
    if right.keys() != wrong.keys() or any(right[p].size != wrong[p].size for p in right):
        return float("inf")
    whole = max(_norm(a) for a in right.values())
    return max((_relative(right[p], wrong[p], whole) for p in right), default=0.0)


def _relative(right: np.ndarray, wrong: np.ndarray, whole: float) -> float:
    if np.array_equal(right, wrong, equal_nan=right.dtype.kind in "fc" and wrong.dtype.kind in "fc"):
        return 0.0
    with np.errstate(all="ignore"):
        difference = _norm(wrong.astype(complex) - right.astype(complex))
        size = max(_norm(right), SHARE * whole)
        apart = difference / size if size else float("inf")
    rounding = (
        SINGLE
        if right.dtype.itemsize <= 4 and right.dtype.kind in "fc"
        else ROUNDING.get(right.dtype.kind, 0)
    )
    if apart <= rounding:
        return 0.0
    return float(apart) if np.isfinite(apart) else float("inf")


def _norm(array: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(array.astype(complex)))


def _statement(file: Path, line: int) -> str:
    """Return the text of the statement that begins at a line, on one line."""
    try:
        source = file.read_text(encoding="utf-8", errors="replace")
        nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.stmt) and n.lineno == line]
    except (OSError, *UNPARSABLE):
        return ""
    return " ".join((ast.get_source_segment(source, nodes[-1]) or "").split()) if nodes else ""


def _place(entry: Row, text: str) -> Row:
    short = text if len(text) <= LONG else f"{text[:LONG]} ..."
    return {"test": entry["test"], "file": entry["file"], "line": entry["line"], "text": short}


def total(rows: Iterable[Row]) -> dict[str, int]:
    """Count the edits by what became of them."""
    outcomes = [row["outcome"] for row in rows]
    counted = {name: outcomes.count(name) for name in OUTCOMES}
    wrong = counted["noticed"] + counted["late"] + counted["survived"]
    return {"planted": len(outcomes), "wrong": wrong, **counted}
