"""The notebook of an exercise: a cell for each rule, and below it one that grades it, as nbgrader and otter run it."""

import ast
import json
from typing import Any

INTRODUCTION = """\
# The backward pass

{told}

Run all cells from the top. The cell below each rule grades that rule; it needs `threeways`, and no framework.
"""
GRADED = """\
from threeways import check_exercise
check_exercise(globals(), {rule!r}).raise_if_wrong()  # {points:g} point{plural}
"""


def notebook(text: str, points: float) -> str:
    """Return the text of backward.ipynb made of that of backward.py.  points: for each rule."""
    tree, lines = ast.parse(text), text.splitlines()
    marks = [i for i, line in enumerate(lines) if line.startswith("# ---- ")]
    rules = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.lineno > marks[-1]]
    start = tree.body[0].end_lineno or 0
    told = (ast.get_docstring(tree) or "").replace(
        "\n    threeways check", "\nIn a terminal: threeways check"
    )
    made = [
        _cell("markdown", "introduction", INTRODUCTION.format(told=f"```text\n{told}\n```")),
        _cell("code", "given", "\n".join(lines[start : marks[-1]]).strip(), locked=True),
    ]
    for rule in rules:
        body = "\n".join(lines[rule.lineno - 1 : rule.end_lineno])
        graded = GRADED.format(rule=rule.name, points=points, plural="" if points == 1 else "s")
        made.append(_cell("code", rule.name, body, solution=True))
        made.append(
            _cell("code", f"test_{rule.name}", graded.strip(), points=points, grade=True, locked=True)
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1) + "\n"


def _cell(kind: str, name: str, source: str, **graded: Any) -> dict[str, Any]:
    """Return a cell of nbformat 4.5 with what nbgrader's schema 3 wants of it."""
    told = {"grade": False, "solution": False, "locked": False, "task": False, **graded}
    metadata = {"nbgrader": {"grade_id": name, "schema_version": 3, **told}} if kind == "code" else {}
    made: dict[str, Any] = {"cell_type": kind, "id": name.replace("_", "-"), "metadata": metadata}
    made["source"] = source.splitlines(keepends=True)
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})
