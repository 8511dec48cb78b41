"""Run an edited statement: the functions of the user's live module get the code of the edited source."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from ..lines.source import Statement, file_of
from ..recording.standins import functions_of
from .frames import CodeKey, code_key


class Live:
    """The live functions that a call of the user's function may run, by the place of their definition."""

    def __init__(self, function: Any) -> None:
        self.functions: dict[CodeKey, list[FunctionType]] = {}
        for each in functions_of(function):
            code = each.__code__
            self.functions.setdefault(code_key(code), []).append(each)

    def holding(self, statement: Statement) -> tuple[ast.AST, list[FunctionType]] | None:
        """Return the syntax to compile for an edit of the statement, and the live functions that get the code.

        None where no live function holds it: it stands at the top of a file.
        """
        file = file_of(statement.file)
        if file is None or statement.function is None:
            return None
        whole: ast.AST = statement.function
        if statement.owner is not None:
            whole = _in_class(statement.function, statement.owner.name)
        inside = [
            node
            for node in ast.walk(statement.function)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and any(n is statement.node for n in ast.walk(node))
        ]
        for node in reversed(inside):  # the innermost that is live
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            for line in {node.lineno, first}:
                found = self.functions.get((statement.file, line, node.name))
                if found:
                    return whole, found
        return None


@lru_cache(maxsize=256)
def _in_class(function: ast.stmt, name: str) -> ast.ClassDef:
    """Return a class of that name with this method alone, which knows `__class__` and private names as in the file."""
    made = ast.ClassDef(name, [], [], [function], [])
    return ast.copy_location(made, function)


def compiled(whole: ast.AST, file: str) -> dict[CodeKey, CodeType]:
    """Compile a function or class alone; return the code objects in it by the place of their definition.

    Raises SyntaxError or ValueError where the edit makes no program.
    """
    module = ast.Module([whole], [])  # type: ignore[list-item]
    found: dict[CodeKey, CodeType] = {}

    def collect(code: CodeType) -> None:
        for each in code.co_consts:
            if isinstance(each, CodeType):
                found[code_key(each)] = each
                collect(each)

    collect(compile(module, file, "exec", dont_inherit=True))
    return found


@contextmanager
def edited(whole: ast.AST, functions: list[FunctionType], file: str) -> Iterator[bool]:
    """Give these functions the code of the syntax as it stands now; yield whether that could be done."""
    try:
        codes = compiled(whole, file)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        yield False
        return
    before = [f.__code__ for f in functions]
    try:
        for function in functions:
            new = codes.get(code_key(function.__code__))
            if new is None or new.co_freevars != function.__code__.co_freevars:
                yield False
                return
            function.__code__ = new
        yield True
    finally:
        for function, code in zip(functions, before, strict=True):
            function.__code__ = code
