"""%%threeways: a notebook's cell, checked in its kernel; `%load_ext threeways` makes it known."""

import ast
import contextlib
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Self

from ..common.errors import UserError
from ..common.scratch import Scratch
from ..judge.report import Report
from ..user.forms.firstpass import run_first_pass, training_loop
from ..user.forms.slots import is_object
from ..user.forms.snapshot import snapshot
from .checked import judge
from .guard import Guard
from .notebook import without_magics
from .raised import place, words
from .watching import unchanged_generators

CELL = "cell.py"  # as a report names it
MODULE = "__main__"
MAGIC = "threeways"


def load_ipython_extension(shell: Any) -> None:
    """Register the cell magic in an IPython shell."""

    def magic(line: str, cell: str) -> None:
        from IPython.display import display

        names = {n: v for n, v in shell.user_ns.items() if n not in shell.user_ns_hidden}
        try:
            display(check_cell(cell, names, line.strip() or None))
        except UserError as error:
            print(f"threeways: {error}", file=sys.stderr)
        shell.run_cell(cell)

    shell.register_magic_function(magic, "cell", MAGIC)


def check_cell(text: str, names: dict[str, Any], function: str | None = None) -> Report:
    """Return the report on a cell, read as `threeways check` reads a file, with the names of the cells before it.

    The cell is run on copies, up to the first update of its training loop.  names: those of the notebook.
    function: what is checked, where several could be meant. Raises UserError where nothing can be checked.
    """
    with Scratch() as folder, unchanged_generators():
        file = str(Path(folder, CELL))
        Path(file).write_text(without_magics(text), encoding="utf-8")
        try:
            # What the cell defines comes first; the functions of other cells count where it holds no whole pass.
            return _judged(file, names, function, others=False)
        except UserError as alone:
            if _names_a_function(text, names):
                with contextlib.suppress(UserError):
                    return _judged(file, names, function, others=True)
            said = (
                str(alone)
                .replace(f"threeways check {file}:", f"%%{MAGIC} ")
                .replace("FILE:NAME", f"%%{MAGIC} NAME")
            )
            raise UserError(said) from None
        finally:
            linecache.cache.pop(file, None)


def _judged(file: str, names: dict[str, Any], function: str | None, others: bool) -> Report:
    module = snapshot(names, MODULE, file)
    if not others:
        for value in list(vars(module).values()):
            if isinstance(value, FunctionType) and value.__globals__ is vars(module):
                value.__module__ = f"{MODULE} before"
    vars(module)["__name__"] = MODULE
    with _its_own_words(file):
        text = Path(file).read_text(encoding="utf-8")
        loop = training_loop(text, file)
        if loop is None:
            exec(compile(text, file, "exec", dont_inherit=True), vars(module))
        else:
            vars(module)["__loop__"] = loop if run_first_pass(loop, vars(module)) else None
        return judge(module, Unlimited(file), function)


def _names_a_function(text: str, names: dict[str, Any]) -> bool:
    """Return whether a cell defines a function or a class, or names one of an earlier cell."""
    try:
        nodes = list(ast.walk(ast.parse(without_magics(text))))
    except SyntaxError:
        return False
    used = {n.id for n in nodes if isinstance(n, ast.Name)}
    return any(isinstance(n, (ast.FunctionDef, ast.ClassDef)) for n in nodes) or any(
        isinstance(names.get(n), (FunctionType, type)) or is_object(names.get(n)) for n in used
    )


@contextmanager
def _its_own_words(file: str) -> Iterator[None]:
    """Raise UserError, with the cell's line, for what the cell's code raises."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        where = place(error, file)
        if where is None:
            raise
        raise UserError(words(error, where)) from error


class Unlimited(Guard):
    """A Guard that limits nothing: the code runs in the kernel, as any cell does."""

    def __init__(self, file: str):
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        return None

    def around(self, function: Any) -> Any:
        """Return the function as it is."""
        return function
