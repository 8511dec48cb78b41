"""What can be taken from a notebook without running it: imports, functions, classes and constants."""

import ast
import json
from pathlib import Path

from ..common.errors import UserError

KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def cells(path):
    """[(number, source)] of the code cells, counted from 1 over all cells. Raises UserError for another file."""
    try:
        book = json.loads(Path(path).read_text(encoding="utf-8"))
        found = [(i, c["source"]) for i, c in enumerate(book["cells"], start=1) if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a notebook: {type(error).__name__}: {error}") from error
    return [(i, source if isinstance(source, str) else "".join(source)) for i, source in found]


def definitions(path):
    """[(where, code)] to be executed in this order, one for each cell, and [cell that could not be read, ...].

    where is '<path>, cell 3', so that a line number in a traceback is the line in that cell.
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
            codes.append((where, compile(tree, where, "exec", dont_inherit=True)))
    return codes, unread


def _without_magics(source):
    """Lines of the shell (%time, !ls) become empty, so that the others keep their numbers."""
    if source.lstrip().startswith("%%"):
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))


def _is_definition(node):
    if isinstance(node, KEPT):
        return True
    if not isinstance(node, ast.Assign):
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True
