"""The loss of a script: the number that is named so, printed or appended in its loop."""

import ast
from typing import Any

from .adapter import is_float, is_scalar
from .firstpass import Loop
from .roles import is_loss
from .slots import held_under
from .straight import assigned_in
from .updates import statements_in

EXACT = ("loss", "cost", "J", "total_loss", "L", "E", "Loss", "Cost", "error", "total_cost", "err")


def loss_of_loop(loop: Loop, names: dict[str, Any], last: bool = False) -> ast.expr | None:
    """Return the expression of the loss: what is named so, printed or appended in the loop.

    last: of several losses that are assigned take the last, whatever its name.
    """
    found: list[tuple[int, ast.expr]] = []
    for node in statements_in(loop.node.body):
        direct = node in loop.node.body
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            flat = [t for each in targets for t in (each.elts if isinstance(each, ast.Tuple) else [each])]
            for target in flat:
                if isinstance(target, ast.Attribute) and is_loss(target.attr):
                    found.append((len(EXACT), node.value if isinstance(node, ast.AugAssign) else target))
                if isinstance(target, ast.Name) and is_loss(target.id) and _may_be_scalar(target.id, names):
                    place = EXACT.index(target.id) if target.id in EXACT and not last else len(EXACT)
                    value = target if direct or len(flat) > 1 else node.value
                    found.insert(0, (place, _number(value, names.get(target.id))))  # the last one of a name
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            of = node.value.func.value if isinstance(node.value.func, ast.Attribute) else None
            if (
                called.endswith(".backward")
                and isinstance(of, ast.Name)
                and (held_under(names.get(of.id)) or hasattr(names.get(of.id), "data"))
            ):
                found.append((-1, _number(of, names[of.id])))
            if called == "print" or called.endswith(".append"):
                found += [
                    (len(EXACT) + 1, a) for a in _inside(node.value) if _evaluates(a, names) or _calls_loss(a)
                ]
    for node in statements_in(loop.tree.body):  # print(loss) below the loop, in which it has another name
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("print("):
            printed = [
                a
                for a in _inside(node.value)
                if isinstance(a, ast.Name) and a.id in assigned_in(loop.node.body)
            ]
            found += [(len(EXACT) + 2, a) for a in printed if is_scalar(names.get(a.id))]
    return min(found, key=lambda f: f[0])[1] if found else _unread(loop, names)


def _unread(loop: Loop, names: dict[str, Any]) -> ast.expr | None:
    """Return the one number that a pass computes and nothing in the script reads, whatever its name; None of several.

    What counts has a whole number; what reports reads the loss, and is looked at before.
    """
    made = [
        t.id
        for n in loop.node.body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name) and is_scalar(names.get(t.id)) and is_float(names.get(t.id))
    ]
    read = {n.id for n in ast.walk(loop.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    alone = [n for n in dict.fromkeys(made) if n not in read]
    return ast.Name(alone[0], ast.Load()) if len(alone) == 1 else None


def _inside(call: ast.expr) -> list[ast.expr]:
    """Return the values that a call of print or append shows; those in an f-string too."""
    found: list[ast.expr] = []
    for argument in call.args if isinstance(call, ast.Call) else []:
        if isinstance(argument, ast.JoinedStr):
            found += [v.value for v in argument.values if isinstance(v, ast.FormattedValue)]
        elif isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod):
            right = argument.right
            found += right.elts if isinstance(right, ast.Tuple) else [right]
        elif isinstance(argument, (ast.Name, ast.BinOp, ast.Call, ast.UnaryOp)):
            strings = isinstance(argument, ast.Call) and ast.unparse(argument.func) == "str"
            found += argument.args if strings and isinstance(argument, ast.Call) else [argument]
    return found


def _may_be_scalar(name: str, names: dict[str, Any]) -> bool:
    """Return whether a name is that of one number: an array's, an engine's or a torch tensor's."""
    value = names.get(name)
    tensor = getattr(value, "shape", None) == ()
    return name not in names or is_scalar(value) or tensor or _inner(value) is not None


def _number(node: ast.expr, value: Any) -> ast.expr:
    """Return the expression of the number that an engine's object holds: loss.data."""
    held = None if is_scalar(value) else _inner(value)
    return node if held is None else ast.Attribute(node, held, ast.Load())


def _inner(value: Any) -> str | None:
    """Return the attribute that holds the number of an engine's object or of a tensor."""
    name = held_under(value) or "data"
    return name if is_scalar(getattr(value, name, None)) else None


def _calls_loss(node: ast.expr) -> bool:
    """Return whether an expression calls a function that is named as a loss: calculate_loss(model)."""
    return isinstance(node, ast.Call) and is_loss(ast.unparse(node.func).rpartition(".")[2])


def _evaluates(node: ast.expr, names: dict[str, Any]) -> bool:
    """Return whether an expression gives a number that is computed: no counter of the loop."""
    try:
        value = eval(compile(ast.Expression(node), "<loss>", "eval"), dict(names))
    except Exception:
        return False
    return is_scalar(value) and not isinstance(value, int)
