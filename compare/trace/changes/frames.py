"""Look into the frames of a call: the names in scope at a statement, the shapes of the variables of functions."""

import ast
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from ..lines.source import Statement
from .edits.slots import placed

CodeKey = tuple[str, int, str]  # file, line and name of a definition


def code_key(code: CodeType) -> CodeKey:
    """Return the place where a code object was defined, which an edit of the function leaves as it is."""
    return code.co_filename, code.co_firstlineno, code.co_name


def codes_of(functions: list[FunctionType]) -> set[CodeKey]:
    """Return the keys of the functions' code, and of the code defined in them."""
    found: set[CodeKey] = set()
    queue: list[CodeType] = [f.__code__ for f in functions]
    while queue:
        code = queue.pop()
        found.add(code_key(code))
        queue += [c for c in code.co_consts if isinstance(c, CodeType)]
    return found


def shapes(call: Any, codes: set[CodeKey]) -> dict[CodeKey, dict[str, Any]]:
    """Return the shapes of the local variables of functions when they return, during one call.

    A variable that holds no array or number has the name of its type; one whose shape differs between calls has
    none.
    """
    found: dict[CodeKey, dict[str, Any]] = {}

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event != "return" or code_key(frame.f_code) not in codes:
            return
        seen = found.setdefault(code_key(frame.f_code), {})
        for name, value in frame.f_locals.items():
            shape = _shape(value)
            seen[name] = shape if seen.get(name, shape) == shape else "several"

    with profiled(profile):
        call()
    return found


@contextmanager
def profiled(profile: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    """Let a function see every call and return within the block."""
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        if (enable := getattr(before, "enable", None)) is not None:  # cProfile's, which is no function
            enable()
        else:
            sys.setprofile(before)


def _shape(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return tuple(value.shape)
    if isinstance(value, (bool, int, float)):
        return ()
    return type(value).__name__


class _Stop(BaseException):
    """Ends a run at the statement."""


def reached(
    call: Callable[[], Any], statement: Statement, codes: set[CodeKey], visit: int
) -> tuple[int, dict[str, Any] | None]:
    """Run until the statement is reached for the `visit`-th time; return how often it was, and the names in scope.

    visit < 0: only count.
    """
    count, names = 0, None

    def line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count, names
        if event == "line" and frame.f_lineno == statement.line:
            if count == visit:
                names = {**frame.f_globals, **frame.f_locals}
                raise _Stop
            count += 1
        return line

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        return line if code_key(frame.f_code) in codes else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    except _Stop:
        pass
    finally:
        sys.settrace(before)
    return count, names


_EVALUATED = threading.local()


def is_evaluated() -> bool:
    """Whether this thread evaluates an expression of the user's file. A check there is the one that is searching."""
    return getattr(_EVALUATED, "depth", 0) > 0


def evaluated(code: CodeType, names: dict[str, Any]) -> Any:
    """Return the value of the code of an expression among names. Raises what it raises."""
    _EVALUATED.depth = getattr(_EVALUATED, "depth", 0) + 1
    try:
        return eval(code, names)
    finally:
        _EVALUATED.depth -= 1


def value_in(node: Any, names: dict[str, Any]) -> Any:
    """Return the value of an expression among names, or None where it raises."""
    if any(_is_objects(names.get(n)) for n in multiplied(node)):
        return None
    code = compiled_expression(node)
    try:
        return None if code is None else evaluated(code, names)
    except Exception:
        return None


def multiplied(node: Any) -> set[str]:
    """Return the variables that an expression or a statement multiplies as matrices.

    NumPy 2.4 writes beyond its memory where the product of two entries of a matrix of objects raises.
    """
    products = [n for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult)]
    return {n.id for p in products for n in (p.left, p.right) if isinstance(n, ast.Name)}


def _is_objects(value: Any) -> bool:
    """Whether a value is rows of anything but numbers, [(1.5, f), (2.5, g)]."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        return False
    try:
        array = np.asarray(value)
    except ValueError:  # of several shapes: a product raises too
        return False
    return array.dtype.kind == "O" and array.ndim > 1


def compiled_expression(node: Any) -> CodeType | None:
    """Return the code of an expression, or None where it makes none."""
    try:
        return compile(ast.Expression(placed(node)), "<expression>", "eval")
    except Exception:
        return None
