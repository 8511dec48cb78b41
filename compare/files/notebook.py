"""A notebook's imports, functions, classes and constants; its cells are run where these hold nothing to check."""

import ast
import json
import linecache
from pathlib import Path
from types import CodeType
from typing import Any

from ..common.errors import UNPARSABLE, UserError
from ..common.results import regular

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def cells(path: Path) -> list[tuple[int, str]]:
    """Return [(number, source)] of the code cells, counted from 1 over all cells. Raises UserError for another file."""
    try:
        book = json.loads(regular(path).read_text(encoding="utf-8"))
        found = [(i, c["source"]) for i, c in enumerate(book["cells"], start=1) if c["cell_type"] == "code"]
        return [(i, source if isinstance(source, str) else "".join(source)) for i, source in found]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a notebook: {type(error).__name__}: {error}") from error


def definitions(path: Path) -> tuple[list[CodeType], list[int]]:
    """Return the code to execute, one object for each cell, and the numbers of the cells that are not Python.

    Its file name is '<path>, cell 3', so that a line number in a traceback is the line in that cell.
    """
    codes, unread = [], []
    for number, source in cells(path):
        where = f"{path}, cell {number}"
        try:
            tree = ast.parse(_known(source, where), filename=where)
        except UNPARSABLE:
            unread.append(number)
            continue
        if any(isinstance(n, ast.Name) and n.id == "check_exercise" for n in ast.walk(tree)):
            continue  # the cell that grades, not the student's
        tree.body = [node for node in tree.body if _is_definition(node)]
        if tree.body:
            codes.append(compile(tree, where, "exec", dont_inherit=True))
    return codes, unread


def without_magics(source: str) -> str:
    """Empty the lines of the shell (%time, !ls); the others keep their numbers."""
    if source.lstrip().startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))


def _known(source: str, where: str) -> str:
    """Return a cell's Python, which linecache knows from now on: a finding names the cell's line."""
    text = without_magics(source)
    linecache.cache[where] = (len(text), None, [f"{line}\n" for line in text.split("\n")], where)
    return text


def define(codes: list[CodeType], names: dict[str, Any]) -> None:
    """Run the definitions of cells; leave out one that needs what only running its notebook would make.

    That is a NameError: `def f(x, p=params)`, a class with a base of another cell's.
    """
    for code in codes:
        try:
            exec(code, names)
        except NameError:
            _one_by_one(code, names)


def _one_by_one(code: CodeType, names: dict[str, Any]) -> None:
    where = code.co_filename
    tree = ast.parse("".join(linecache.getlines(where)), filename=where)
    for node in filter(_is_definition, tree.body):
        try:
            exec(compile(ast.Module([node], []), where, "exec", dont_inherit=True), names)
        except NameError:
            continue


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, KEPT):
        return True
    if not isinstance(node, ast.Assign) or not all(
        isinstance(t, (ast.Name, ast.Tuple)) for t in node.targets
    ):
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True
