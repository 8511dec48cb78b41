"""Imports, functions, classes and constants of a notebook, which is not run."""

import ast
import json
from pathlib import Path
from types import CodeType

from ..common.errors import UserError

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def cells(path: Path) -> list[tuple[int, str]]:
    """Return [(number, source)] of the code cells, counted from 1 over all cells. Raises UserError for another file."""
    try:
        book = json.loads(Path(path).read_text(encoding="utf-8"))
        found = [(i, c["source"]) for i, c in enumerate(book["cells"], start=1) if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a notebook: {type(error).__name__}: {error}") from error
    return [(i, source if isinstance(source, str) else "".join(source)) for i, source in found]


def definitions(path: Path) -> tuple[list[CodeType], list[int]]:
    """Return the code to execute, one object for each cell, and the numbers of the cells that are not Python.

    Its file name is '<path>, cell 3', so that a line number in a traceback is the line in that cell.
    """
    codes, unread = [], []
    for number, source in cells(path):
        where = f"{path}, cell {number}"
        try:
            tree = ast.parse(_without_magics(source), filename=where)
        except SyntaxError:
            unread.append(number)
            continue
        tree.body = [node for node in tree.body if _is_definition(node)]
        if tree.body:
            codes.append(compile(tree, where, "exec", dont_inherit=True))
    return codes, unread


def _without_magics(source: str) -> str:
    """Empty the lines of the shell (%time, !ls); the others keep their numbers."""
    if source.lstrip().startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, KEPT):
        return True
    if not isinstance(node, ast.Assign):
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True
