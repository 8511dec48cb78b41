"""A script up to the first update of its training loop: the statements to run, and the place of the loop."""

import ast
import contextlib
import copy
import re
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from ...common.errors import UNPARSABLE
from .roles import is_gradient, is_loss
from .updates import Update, names_in, statements_in, steps_only, updates_in

STOP = "__threeways_stop__"
STEP = re.compile(r"_*(update|step|apply)")
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class FirstPass(BaseException):
    """Ends the first pass through a training loop, before its update, with the names that the loop sees."""


@dataclass(frozen=True)
class Loop:
    """A training loop.  file: as tracebacks name it.  text: its source.  node: the loop.  updates: those in it.

    A block of one pass has the same form, `with watch():`, and so has a method that makes a step.  called: whether a
    call in it makes the update.  chosen: the updates that are checked, where the loop has several losses.
    """

    file: str
    text: str
    tree: ast.Module
    node: ast.For | ast.While | ast.With | ast.FunctionDef
    updates: tuple[Update, ...]
    called: bool = False
    chosen: tuple[Update, ...] | None = None


def training_loop(text: str, file: str) -> Loop | None:
    """Return the training loop of a file: at its top, under `if __name__ == ...`, or in a function."""
    try:
        tree = ast.parse(text, filename=file)
    except UNPARSABLE:
        return None
    found: ast.For | ast.While | ast.FunctionDef | None = _loop_in(tree.body)
    if found is None:
        # The loop of update() runs over the layers.
        functions = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.FunctionDef) and not (is_gradient(n.name) or STEP.match(n.name))
        ]
        found = next((loop for f in functions if (loop := _loop_in(f.body)) is not None), None)
        found = found or next((f for f in functions if _is_step(f)), None) if not _has_loss(tree) else found
    return None if found is None else Loop(file, text, tree, found, tuple(updates_in(found.body)))


def stages(loop: Loop) -> list[Loop]:
    """Return a loop once for each loss that its updates follow: a GAN's discriminator, then its generator.

    Each is the loop up to these updates. The later ones leave out all updates; `chosen` are their own.
    """
    body = loop.node.body
    ends = [_top(body, u.statement) for u in loop.updates]
    losses = [i for i, n in enumerate(body) if any(is_loss(t) for t in _assigned(n))]
    groups: list[list[int]] = []
    for i, end in enumerate(ends):
        between = groups and any(ends[groups[-1][-1]] < at < end for at in losses)
        again = {n for at in losses if at < end for n in _assigned(body[at]) if is_loss(n)}
        if not groups or (between and len(again) > len(groups)):
            groups.append([])
        groups[-1].append(i)
    if len(groups) < 2 or not any(at < ends[0] for at in losses):
        return [loop]
    found = []
    for group in groups:
        node = copy.copy(loop.node)
        node.body = body[: ends[group[-1]] + 1]
        node.end_lineno = node.body[-1].end_lineno
        chosen = tuple(loop.updates[i] for i in group)
        found.append(replace(loop, node=node, updates=loop.updates[: group[-1] + 1], chosen=chosen))
    return found


def _assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def _loop_in(statements: list[ast.stmt]) -> ast.For | ast.While | None:
    for node in statements:
        if isinstance(node, (ast.For, ast.While)) and (found := updates_in(node.body)):
            # Over the parameters, or back through the layers: the loop that trains is around this one or calls it.
            if steps_only(node.body, found) or _over_layers(node, found):
                continue
            inner = _loop_in(node.body)
            return node if inner is None else inner
        if isinstance(node, (ast.If, ast.With, ast.Try)):
            inner = _loop_in([*node.body, *getattr(node, "orelse", [])])
            if inner is not None:
                return inner
    return None


def _is_step(function: ast.FunctionDef) -> bool:
    """Return whether a function goes from `error = targets - outputs` to updates with a learning rate by itself."""
    found = [u for u in updates_in(function.body) if u.rate and u.statement in function.body]
    differences = [
        n.value for n in function.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.BinOp)
    ]
    return bool(found) and any(isinstance(d.op, ast.Sub) for d in differences)


def _has_loss(tree: ast.Module) -> bool:
    """Return whether a script names a loss anywhere; an error may be that of each output."""
    stored = (ast.Name, ast.Attribute)
    named = {n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(tree) if isinstance(n, stored)}
    return any(is_loss(n) and "err" not in n.lower() and n not in ("L", "E", "f") for n in named)


def _over_layers(loop: ast.For | ast.While, updates: list[Update]) -> bool:
    """Return whether each update in a loop changes the parameters of the layer that the loop is at: `self.W[i]`."""
    if not isinstance(loop, ast.For):
        return False
    at = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    indices = [u.target.slice for u in updates if isinstance(u.target, ast.Subscript)]
    return len(indices) == len(updates) and all(names_in(i) & at for i in indices)


def run_first_pass(loop: Loop, names: dict[str, Any]) -> bool:
    """Run a script up to its first update in `names`; return whether the update was reached.

    The script is one that `python FILE` runs: `__name__ == "__main__"` is true in it. The names of a function that
    holds the loop become names of the module; the definitions below the place where it stopped are made.
    """
    names[STOP] = FirstPass
    try:
        exec(compile(_stopping(loop), loop.file, "exec", dont_inherit=True), names)
    except FirstPass as stopped:
        trace = stopped.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != loop.file:
            trace = trace.tb_next
        line = 0 if trace is None else trace.tb_lineno
        inside = stopped.args[0]
        if inside is not names:
            names.update({n: v for n, v in inside.items() if not n.startswith("__")})
        _whole(loop, names)
        below(loop.tree, line, names)
        return True
    _whole(loop, names)
    return False


def _whole(loop: Loop, names: dict[str, Any]) -> None:
    """Define the function or the class that holds the loop again, without the stop."""
    for node in loop.tree.body:
        if isinstance(node, DEFINITIONS[2:]) and any(n is loop.node for n in ast.walk(node)):
            stopping = names.get(node.name)
            exec(compile(ast.Module([node], []), loop.file, "exec", dont_inherit=True), names)
            if isinstance(stopping, type) and isinstance(node, ast.ClassDef):  # there may be objects of it
                for name, value in vars(names[node.name]).items():
                    if isinstance(value, FunctionType) and not _made_whole(vars(stopping).get(name), value):
                        setattr(stopping, name, value)
                names[node.name] = stopping
            elif isinstance(stopping, FunctionType):
                _made_whole(stopping, names[node.name])


def _made_whole(stopping: Any, whole: FunctionType) -> bool:
    """Give a function that stops its whole code: `train = Network().train` may hold it. Return whether that went."""
    if not isinstance(stopping, FunctionType):
        return False
    try:
        stopping.__code__ = whole.__code__
    except ValueError:  # it has other free variables
        return False
    return True


def below(tree: ast.Module, line: int, names: dict[str, Any]) -> None:
    """Run the definitions below a line, and the assignments that need no end of the loop."""
    for node in [n for n in tree.body if n.lineno > line]:
        code = compile(ast.Module([node], []), str(names["__file__"]), "exec", dont_inherit=True)
        if isinstance(node, DEFINITIONS):
            exec(code, names)
        elif isinstance(node, ast.Assign):
            with contextlib.suppress(Exception):
                exec(code, names)


def run_what_can_be(text: bytes, file: str, names: dict[str, Any]) -> None:
    """Run a script's statements one by one, and leave out those that raise: they need data that is not here."""
    for node in ast.parse(text, filename=file).body:
        with contextlib.suppress(Exception):
            exec(compile(ast.Module([node], []), file, "exec", dont_inherit=True), names)


def _stopping(loop: Loop) -> ast.Module:
    """Return the script with a stop in place of the loop's first update."""
    stop = ast.parse(f"raise {STOP}(locals())").body[0]
    first = len(parts(loop)[0])
    tree = copy.deepcopy(loop.tree)
    body = next(n for n in ast.walk(tree) if _same(n, loop.node)).body  # type: ignore[attr-defined]
    for node in ast.walk(stop):
        ast.copy_location(node, body[first])
    body[first:] = [stop]
    return main_is_true(tree)


def main_is_true(tree: ast.Module) -> ast.Module:
    """Return a copy of a script that runs the block under `if __name__ == "__main__"`."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _is_main(node.test):
            node.test = ast.copy_location(ast.Constant(True), node.test)
    return tree


def parts(loop: Loop) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return a loop's statements above its first update, and the others."""
    body = loop.node.body
    first = min((_top(body, u.statement) for u in loop.updates), default=len(body))
    return body[:first], body[first:]


def _top(body: list[ast.stmt], statement: ast.stmt) -> int:
    """Return which statement of a loop's body holds an update."""
    return next(i for i, n in enumerate(body) if any(m is statement for m in statements_in([n])))


def _same(node: Any, loop: ast.AST) -> bool:
    here = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    return type(node) is type(loop) and here == (loop.lineno, loop.col_offset)  # type: ignore[attr-defined]


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and "__name__" in ast.unparse(test)
