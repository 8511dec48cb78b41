"""A value that all objects of a class share, `class Layer: cache = {}`: with one for each all arrays are right."""

import ast
import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ...judge.report import Finding
from ...trace.lines.source import file_of
from ...trace.recording.kept import undone
from ..check import GradientCheck
from .tried import right_now

MUTABLE = (dict, list, set)


class _Shared(NamedTuple):
    """A mutable value of a class.  node: the statement that makes it.  init: the first statement of __init__."""

    kind: type
    name: str
    node: ast.Assign | ast.AnnAssign
    init: ast.stmt | None
    file: str


class _Own:
    """An attribute of a class that each object gets anew when it is first asked for."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is None:
            return self.value
        return vars(owner).setdefault(self.name, copy.deepcopy(self.value))


def shared_by_objects(check: GradientCheck) -> GradientCheck:
    """Name the value of a class that its objects overwrite for one another, if that is what is wrong."""
    off = check.having("wrong", "inherited")
    if not off or not check.subject.function or check.findings:
        return check
    for each in _candidates(inspect.unwrap(check.subject.function)):
        with undone(check.subject.function), _apart(each):
            right = right_now(check)
        if right:
            found = _findings(each, off[0].name)
            return check.but(findings=found, diagnosis=found[0].sentence)
    return check


def _candidates(function: Any) -> Iterator[_Shared]:
    names = getattr(function, "__globals__", {})
    for kind in [v for v in names.values() if isinstance(v, type) and v.__module__ == names.get("__name__")]:
        try:
            source = file_of(inspect.getsourcefile(kind) or "")
        except TypeError:
            continue
        node = None if source is None else next((n for n in ast.walk(source.tree) if _defines(n, kind)), None)
        if source is None or not isinstance(node, ast.ClassDef):
            continue
        for statement in node.body:
            targets = (
                statement.targets
                if isinstance(statement, ast.Assign)
                else [getattr(statement, "target", None)]
            )
            for target in targets:
                name = target.id if isinstance(target, ast.Name) else ""
                if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(
                    vars(kind).get(name), MUTABLE
                ):
                    yield _Shared(kind, name, statement, _first_of_init(node), source.name)


def _defines(node: ast.AST, kind: type) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == kind.__name__


def _first_of_init(node: ast.ClassDef) -> ast.stmt | None:
    init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    return None if init is None else init.body[0]


@contextmanager
def _apart(each: _Shared) -> Iterator[None]:
    """Let each object of the class have a value of its own, as its source makes it."""
    shared = vars(each.kind)[each.name]
    try:
        value = ast.literal_eval(each.node.value) if each.node.value is not None else shared
    except ValueError:
        value = shared
    setattr(each.kind, each.name, _Own(each.name, value))
    try:
        yield
    finally:
        setattr(each.kind, each.name, shared)


def _findings(each: _Shared, array: str) -> list[Finding]:
    """Return a finding with the change that was run: the value is made in __init__."""
    node, at = each.node, each.node.lineno
    text, value = ast.unparse(node), "" if node.value is None else ast.unparse(node.value)
    own = f"self.{each.name} = {value}"
    said = (
        f"{Path(each.file).name}, line {at}: {text}. All objects of {each.kind.__name__} share it: what one "
    )
    said += f"keeps there, the next overwrites. Make it in __init__: {own}"
    if each.init is None:
        return [Finding(array, "line", (), True, said, None, each.file, at, text, None, (at,))]
    first = ast.unparse(each.init)
    found = []
    for line, before, after in ((at, text, "pass"), (each.init.lineno, first, f"{own}\n{first}")):
        statement = {"line": line, "from": before, "to": after}
        fix = {**statement, "kind": "shared", "statement": statement, "others": []}
        found.append(Finding(array, "line", (), True, said, None, each.file, at, text, fix, (at,)))
    return found
