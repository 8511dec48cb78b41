"""The lines of a backward in torch or jax that a wrong gradient can come from, read off its source.

The statements that the wrong array is made of are followed back from `return`. What only unpacks what was saved is
left out, and what a right array is made of too. Where at most three statements are left, they are named: the mistake is
in one of them; where none is left, the `return` is. A backward with branches or loops is not read.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...judge.report import Finding
from .operations import VjpCheck

MOST = 3  # lines that are named together
PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


def placed_in_source(check: VjpCheck) -> VjpCheck:
    """Name the lines of a torch or jax backward that the arrays that are wrong come from, where they are few."""
    op, wrong = check.subject.op, [v.name for v in check.having("wrong")]
    function = written_backward(op) if wrong else None
    if function is None or check.about.get("order") == 2:
        return check
    try:
        file, text, first = _source(function)
        made = _made_of(text, list(check.subject.inputs.values))
    except (OSError, TypeError, SyntaxError):
        return check
    found: list[Finding] = []
    for name, left in _left(made, wrong).items():
        if 0 < len(left) <= MOST and not any(f.lines == _numbers(left, first) for f in found):
            found.append(_finding(name, left, text, file, first))
    said = "\n".join([check.diagnosis or "", *(f.sentence for f in found)]).strip()
    return check.but(findings=[*check.findings, *found], diagnosis=said) if found else check


def searched_lines(check: VjpCheck) -> tuple[str, tuple[int, ...]]:
    """Return the file of a hand-written backward, and its lines that may be wrong, however many: () if not read."""
    function = written_backward(check.subject.op)
    if function is None or check.about.get("order") == 2:
        return "", ()
    try:
        file, text, first = _source(function)
        made = _made_of(text, list(check.subject.inputs.values))
    except (OSError, TypeError, SyntaxError):
        return "", ()
    left = [s for each in _left(made, [v.name for v in check.having("wrong")]).values() for s in each]
    every: list[ast.stmt] = [n for n in ast.walk(ast.parse(text)) if isinstance(n, PLAIN) and not _unpacks(n)]
    return file, _numbers(left or every, first)


def _left(made: dict[str, list[ast.stmt]], wrong: list[str]) -> dict[str, list[ast.stmt]]:
    """Return {wrong array: the statements that it is made of and no right array is}."""
    right = {s for n, s_of in made.items() if n not in wrong for s in s_of}
    own = {name: [s for s in made.get(name, ()) if s not in right] for name in wrong}
    return {n: [s for s in o if not isinstance(s, ast.Return) or not _bare(s)] or o for n, o in own.items()}


def written_backward(op: Any) -> Callable[..., Any] | None:
    """Return the backward that is written by hand, of a torch Function or a jax.custom_vjp; None of others."""
    if op.framework == "numpy":
        return None
    apply = op.apply
    owner = getattr(apply, "__self__", None)
    found = getattr(owner, "backward", None) if inspect.isclass(owner) else getattr(apply, "bwd", None)
    found = getattr(found, "__wrapped__", found)
    return found if inspect.isfunction(found) else None


def _source(function: Callable[..., Any]) -> tuple[str, str, int]:
    lines, first = inspect.getsourcelines(function)
    return inspect.getsourcefile(function) or "", textwrap.dedent("".join(lines)), first


def _made_of(text: str, inputs: list[str]) -> dict[str, list[ast.stmt]]:
    """Return {input: the statements its gradient is made of, in their order}; {} where that is not known."""
    body = next(
        (n.body for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)), []
    )  # [] of a lambda
    returns = [n for n in body if isinstance(n, ast.Return)]
    if len(returns) != 1 or not all(isinstance(n, PLAIN) for n in body):
        return {}
    value = returns[0].value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    if any(p is None or isinstance(p, ast.Starred) for p in parts) or len(parts) != len(inputs):
        return {}
    found: dict[str, list[ast.stmt]] = {}
    for name, part in zip(inputs, parts, strict=True):
        assert part is not None
        needed = _names(part)
        statements: list[ast.stmt] = [ast.copy_location(ast.Return(part), part)]
        for node in reversed(body[: body.index(returns[0])]):
            if _targets(node) & needed:
                needed |= _names(node)
                if not _unpacks(node):
                    statements.insert(0, node)
        found[name] = statements
    return found


def _bare(node: ast.Return) -> bool:
    """Return whether a return computes nothing itself."""
    return isinstance(node.value, ast.Name)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _targets(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)}


def _unpacks(node: ast.stmt) -> bool:
    """Return whether a statement computes nothing: `x, y = ctx.saved_tensors`, `n = x.shape[0]`."""
    value = getattr(node, "value", None)
    computing = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare, ast.BoolOp, ast.IfExp)
    return isinstance(node, ast.Assign) and not any(isinstance(n, computing) for n in ast.walk(value or node))


def _numbers(statements: list[ast.stmt], first: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(s.lineno + first - 1 for s in statements))


def _finding(name: str, statements: list[ast.stmt], text: str, file: str, first: int) -> Finding:
    lines = _numbers(statements, first)
    source = text.splitlines()[statements[0].lineno - 1].strip()
    where = f"{Path(file).name}, line {lines[0]}: {source}" if len(lines) == 1 else _several(file, lines)
    sentence = f"{where}. Nothing else is computed for {name} alone."
    return Finding(name, "line", (), False, sentence, None, file, lines[0], source, None, lines)


def _several(file: str, lines: tuple[int, ...]) -> str:
    return f"{Path(file).name}, lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}: one of them is wrong"
