"""Tell test files from others, and find what a statement of a test reads and compares."""

import ast
import os
import re
from typing import Any

import numpy as np

COMPARES = re.compile(r"assert|close|approx|equal|check|verify|expect|rel_?err|fail")


def is_test(file: str) -> bool:
    *folders, name = file.split(os.sep)
    stem = name.removesuffix(".py")
    inside = any(f in ("tests", "test", "testing") for f in folders)
    return inside or stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"


def compares(node: Any) -> bool:
    """Return whether a statement asserts something, or calls what compares."""
    if isinstance(node, ast.Assert):
        return True
    names = [
        getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(node) if isinstance(c, ast.Call)
    ]
    return any(COMPARES.search(name) for name in names)


def operands(node: Any) -> list[tuple[str, Any]]:
    """Return (text, node) of the names, attributes and constant subscripts that a statement reads."""
    found: dict[str, Any] = {}
    inside: set[int] = set()
    for part in ast.walk(node):
        if id(part) in inside or not isinstance(getattr(part, "ctx", None), ast.Load):
            continue
        if isinstance(part, (ast.Name, ast.Attribute, ast.Subscript)) and constant(part):
            found[ast.unparse(part)] = part
            inside |= {id(p) for p in ast.walk(part)}
    return list(found.items())


def constant(node: Any) -> bool:
    if isinstance(node, ast.Name):
        return True
    if isinstance(node, ast.Attribute):
        return constant(node.value)
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, (ast.Constant, ast.Name))
        and constant(node.value)
    )


def resolved(node: Any, frame: Any) -> Any:
    """Return the value of a name, an attribute or a subscript in a frame; None where it has none without a call."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    value = resolved(node.value, frame)
    try:
        if isinstance(node, ast.Attribute):  # of an array, da.shape and da.T: the array
            return value if hasattr(value, "__array__") else vars(value).get(node.attr)
        index: Any = node.slice.value if isinstance(node.slice, ast.Constant) else resolved(node.slice, frame)
        return value[index] if isinstance(value, (dict, list, tuple, np.ndarray)) else None
    except Exception:
        return None
