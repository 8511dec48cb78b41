"""watch(): check one step of a running script in place."""

import ast
import copy
import linecache
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any, Self

import numpy as np

from ..checks.gradients import check_gradients
from ..common.errors import UserError
from ..judge.report import Report
from ..user.forms import script
from ..user.forms.firstpass import Loop, parts
from ..user.forms.snapshot import snapshot
from ..user.forms.space import Space
from ..user.forms.updates import updates_in


class Watch:
    """Checks the first block that is run in it: `with watch() as step:`.

    report: the Report, None before the block has ended.  show: called with the report when it is made.
    """

    def __init__(self, show: Callable[[Any], object] | None = print):
        self.report: Report | None = None
        self._show, self._at = show, None

    _at: tuple[ModuleType, Loop] | None

    def __enter__(self) -> Self:
        if self.report is None:
            frame = sys._getframe(1)
            loop = _block(frame)
            names = {**frame.f_globals, **frame.f_locals}
            self._at = snapshot(names, names.get("__name__", "__main__"), loop.file), loop
        return self

    def __exit__(self, kind: object, error: object, where: object) -> None:
        if self._at is None or kind is not None:
            return
        (module, loop), self._at = self._at, None
        with unchanged_generators():
            self.report = _checked(module, loop)
        if self._show is not None:
            self._show(self.report)


def watch(show: Callable[[Any], object] | None = print) -> Watch:
    """Return a context manager that checks one training step of a script: `with threeways.watch():` around its lines.

    The block computes a loss and gradients, and may update the parameters (`W -= lr * dW`): what is updated, or has a
    gradient under its name (dW of W), is a parameter. It is run again on copies, from the values before it; the script
    goes on as without. Made above a loop (`step = watch()`, then `with step:`), the first pass is checked.

    show: called with the Report at the end of the block, None for nothing; the Report is `step.report`.
    Raises UserError where the block has no loss or no gradients, or its source is not known.
    """
    return Watch(show)


def _checked(module: ModuleType, loop: Loop) -> Report:
    names = vars(module)
    names["__loop__"] = loop
    before, _ = parts(loop)
    kept = linecache.cache.get(loop.file)
    try:
        exec(compile(ast.Module(before, []), loop.file, "exec", dont_inherit=True), names)
        adapter = next(script.adapters(Space(module)), None)
        if adapter is None:
            raise UserError(_lacking(loop))
        x, y = adapter.batch.get("x"), adapter.batch.get("y")
        return check_gradients(adapter.hand, adapter.params, x, y, about=adapter.about | {"file": loop.file})
    finally:
        linecache.cache.pop(loop.file, None)
        if kept is not None:
            linecache.cache[loop.file] = kept


def _lacking(loop: Loop) -> str:
    updated = ", ".join(dict.fromkeys(ast.unparse(u.target) for u in loop.updates))
    return (
        f"watch() in line {loop.node.lineno} saw {f'updates of {updated}' if updated else 'no update'}, and no loss "
        "with gradients: in the block, name the loss `loss` and each gradient after its parameter (dW of W), or update "
        "the parameters there (W -= lr * dW)"
    )


def _block(frame: FrameType) -> Loop:
    """Return the innermost `with` statement that the frame has just entered, as a loop of one pass."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = "".join(linecache.getlines(file, frame.f_globals))
    try:
        tree = ast.parse(text, filename=file)
    except SyntaxError:
        tree = ast.Module([], [])
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and node.lineno <= line <= (node.items[-1].context_expr.end_lineno or node.lineno)
    ]
    if not found:
        raise UserError(
            f"watch() finds no source of {file}, line {line}: it works in a file or in a notebook"
        )
    node = found[-1]
    if node.body[0].lineno <= (node.items[-1].context_expr.end_lineno or node.lineno):
        raise UserError(f"watch() in line {node.lineno}: put the block on lines of its own")
    return Loop(file, text, tree, node, tuple(updates_in(node.body)))


@contextmanager
def unchanged_generators() -> Iterator[None]:
    """Leave the global random generators as they are found."""
    of_numpy, of_python = copy.deepcopy(np.random.get_state()), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(of_numpy)
        random.setstate(of_python)
