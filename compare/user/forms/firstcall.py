"""A script up to the first call of its backward pass: the values that the callers have there are names of the module.

This serves scripts whose training loop updates by a call, `net.update(lr)`, so that the loop contains no update, and
files that make their data under `if __name__ == "__main__"` or in `main()`.
"""

import ast
import re
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .adapter import is_scalar
from .choosing import declared
from .firstpass import FirstPass, Loop, below, main_is_true
from .moved import stepping
from .roles import is_gradient, is_loss

TRAINS = re.compile(r"updat|step|optimi[sz]|learning_?rate|\blr\b|epoch|iter|train", re.IGNORECASE)


def trains(text: str) -> bool:
    """Return whether a script may have a training loop: a loop with a word of TRAINS in it."""
    return bool(re.search(r"^\s*(for|while)\b", text, re.MULTILINE) and TRAINS.search(text))


@dataclass
class FirstCall:
    """The first call of a backward pass.

    name: of what was called.  line: that called it.  values: the callers' local values.  given: its arguments.
    loops: the training loops that called it, the innermost first: the script ended there.
    """

    name: str
    line: int
    values: dict[str, Any]
    given: dict[str, Any]
    loops: tuple[Loop, ...]


def run_to_first_call(text: str | bytes, file: str, names: dict[str, Any], main: bool) -> FirstCall | None:
    """Run a script in `names`, at most to the end of the first backward pass that a training loop calls.

    main: run it as `python FILE` does. Return the first call of a backward pass; None where there is none. Raises
    what the script raises before that.
    """
    tree = ast.parse(text, filename=file)
    script = text if isinstance(text, str) else text.decode("utf-8-sig", errors="replace")
    steps = {f.name for f, _ in stepping(tree)} | declared(tree).keys()
    loops = [
        n
        for n in ast.walk(tree)
        if isinstance(n, (ast.For, ast.While)) and (TRAINS.search(ast.unparse(n)) or _called(n) & steps)
    ]
    first: FirstCall | None = None
    given: dict[int, dict[str, Any]] = {}

    def watch(frame: FrameType, event: str, value: Any) -> None:
        nonlocal first
        code = frame.f_code
        if event not in ("call", "return") or code.co_filename != file:
            return
        if event == "call":
            given[id(frame)] = {
                n: frame.f_locals[n] for n in code.co_varnames[: code.co_argcount] if n != "self"
            }
            return
        own = given.pop(id(frame), {})
        if not (_gives_gradient(code.co_name, value) or code.co_name in steps):
            return
        callers = _callers(frame, file)
        if not callers or any(is_gradient(f.f_code.co_name) for f in callers):
            return
        lines = [f.f_lineno for f in callers]
        inside = [n for n in loops if any(n.lineno < line <= (n.end_lineno or 0) for line in lines)]
        if first is None or inside:
            inside.sort(key=lambda n: -n.lineno)
            around = tuple(Loop(file, script, tree, n, (), True) for n in inside)
            first = FirstCall(code.co_name, lines[0], _values(callers, names), own, around)
        if inside:
            raise FirstPass(callers[-1].f_lineno)

    made = compile(main_is_true(tree) if main else tree, file, "exec", dont_inherit=True)
    before = sys.getprofile()
    try:
        sys.setprofile(watch)
        exec(made, names)
    except FirstPass as stopped:
        sys.setprofile(before)
        below(tree, stopped.args[0], names)
    except SystemExit:
        if first is None:
            raise
    finally:
        sys.setprofile(before)
    return first


def _called(loop: ast.For | ast.While) -> set[str]:
    """Return the last names of what a loop calls: backprop of `rnn.backprop(d)`."""
    return {ast.unparse(n.func).rpartition(".")[2] for n in ast.walk(loop) if isinstance(n, ast.Call)}


def enter(call: FirstCall, names: dict[str, Any]) -> None:
    """Make the callers' values names of the module, and what was passed under another name."""
    names.update(call.values)
    names["__given__"] = {
        n: next((own for own, v in names.items() if v is value and not own.startswith("__")), n)
        for n, value in call.given.items()
        if n not in names
    }
    names.update({n: call.given[n] for n, own in names["__given__"].items() if n == own})
    names["__entered__"] = call


def _gives_gradient(name: str, value: Any) -> bool:
    """Return whether a call's name, and for a loss what it returned, say that it is a backward pass."""
    if value is None and name == "<module>":
        return False
    pair = isinstance(value, tuple) and len(value) > 1 and any(is_scalar(v) for v in value)
    return is_gradient(name) or (is_loss(name) and pair)


def _callers(frame: FrameType, file: str) -> list[FrameType]:
    """Return the frames of the file that a call is inside of, the nearest first."""
    found: list[FrameType] = []
    outer = frame.f_back
    while outer is not None:
        if outer.f_code.co_filename == file:
            found.append(outer)
        outer = outer.f_back
    return found


def _values(callers: list[FrameType], names: dict[str, Any]) -> dict[str, Any]:
    """Return the callers' local values, the nearest caller's where two have a name."""
    values: dict[str, Any] = {}
    for frame in reversed(callers):
        if frame.f_locals is not names:
            values |= {n: v for n, v in frame.f_locals.items() if n.isidentifier() and not n.startswith("__")}
    return values
