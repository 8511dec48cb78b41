"""The loss of a script that computes none: of the usual losses of its residual `y - out`, the one that its step fits.

Many scripts go from `error = y - out` to the backward pass, and print no loss or the mean of |error|. Their residual
says what the loss compares, not its factor, nor whether it is a squared error or a cross-entropy. The gradients of the
script tell this: of each loss the slopes are compared with them, and a loss that fits no array is not taken.
"""

import ast
import copy
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...common.arrays import flatten, unflatten
from .adapter import Adapter, is_float
from .firstpass import Loop
from .roles import role
from .slots import is_object
from .straight import assigned_in
from .updates import statements_in

CLOSE = 1e-5  # of a slope by central differences with a step of 1e-6 about 1e-9 is truncated or rounded away
STEP = 1e-6
TARGET = r"targets?|labels?|expected|desired|actual|y_?true"


def is_distance(loss: ast.expr) -> bool:
    """Return whether an expression is a mean of absolute values, which scripts print beside another loss."""
    called = [n.func for n in ast.walk(loss) if isinstance(n, ast.Call)]
    return any(ast.unparse(f).rpartition(".")[2] in ("abs", "absolute", "fabs") for f in called)


def residual(loop: Loop, names: dict[str, Any]) -> ast.BinOp | None:
    """Return the one difference of targets and output that a pass assigns; None without one, or of several."""
    inside, found = assigned_in(loop.node.body), []
    for node in statements_in(loop.node.body):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp):
            continue
        value = node.value
        sides = (value.left, value.right)
        named = [n.id for n in sides if isinstance(n, ast.Name)]
        alike = len(named) == 2 and all(n in names for n in named)
        if (
            isinstance(value.op, ast.Sub)
            and alike
            and len({n for n in named if _is_target(n, inside)}) == 1
            and all(is_float(np.asarray(names[n]) * 1.0) for n in named)
            and np.shape(names[named[0]]) == np.shape(names[named[1]])
        ):
            found.append(value)
    return found[0] if len(found) == 1 else None


def _is_target(name: str, inside: set[str]) -> bool:
    """Return whether a side of a residual is what the output is compared with: by its name, or as no pass makes it."""
    return name not in inside or role(name) == "y" or bool(re.match(TARGET, name, re.IGNORECASE))


def losses(loop: Loop, names: dict[str, Any]) -> list[ast.expr]:
    """Return the usual losses of the residual, as expressions in the script's names."""
    found = residual(loop, names)
    if found is None:
        return []
    sides = [n.id for n in (found.left, found.right) if isinstance(n, ast.Name)]
    p, y = sorted(sides, key=lambda n: _is_target(n, assigned_in(loop.node.body)))
    return _usual(p, y, names[p], names)


def inside(loop: Loop, names: dict[str, Any]) -> list[ast.expr]:
    """Return the usual losses of the one difference `self.y - self.output` in the methods of the script's objects."""
    pairs: set[tuple[str, str]] = set()
    for name, value in [
        (n, v) for n, v in names.items() if is_object(v) and n.isidentifier() and n != "self"
    ]:
        kinds = [
            n for n in ast.walk(loop.tree) if isinstance(n, ast.ClassDef) and n.name == type(value).__name__
        ]
        for node in [n for k in kinds for n in ast.walk(k) if isinstance(n, ast.BinOp)]:
            sides = [_own(s) for s in (node.left, node.right)]
            shapes = {np.asarray(getattr(value, s or "", None)).shape for s in sides}
            targets = [s for s in sides if s is not None and _is_target(s, {s})]
            if isinstance(node.op, ast.Sub) and None not in sides and len(shapes) == 1 and len(targets) == 1:
                p = next(s for s in sides if s not in targets)
                pairs.add((f"{name}.{p}", f"{name}.{targets[0]}"))
    if len(pairs) != 1:
        return []
    p, y = pairs.pop()
    return _usual(p, y, eval(p, dict(names)), names)


def _own(node: ast.expr) -> str | None:
    """Return A of self.A."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if own and isinstance(node, ast.Attribute) else None


def _usual(p: str, y: str, value: Any, names: dict[str, Any]) -> list[ast.expr]:
    r = f"(({p} - {y}) ** 2)"
    made = [f"0.5 * {r}.sum()", f"0.5 * {r}.mean()", f"{r}.mean()", f"{r}.sum()"]
    made += [f"0.5 * {r}.sum() / len({y})", f"{r}.sum() / len({y})"]
    numpy = next((n for n, v in names.items() if v is np), None)
    if numpy and np.all((np.asarray(value) > 0) & (np.asarray(value) < 1)):
        e = f"({y} * {numpy}.log({p}) + (1 - {y}) * {numpy}.log(1 - {p}))"
        made += [f"-{e}.sum()", f"-{e}.mean()", f"-{e}.sum() / len({y})"]
    return [ast.parse(text, mode="eval").body for text in made]


def note(loop: Loop, names: dict[str, Any]) -> str:
    """Return the words that say where the loss was taken from."""
    found = residual(loop, names)
    return (
        f"the file has no such line; of the usual losses of `{ast.unparse(found)}` it fits best"
        if found
        else ""
    )


def fits(adapter: Adapter) -> Iterator[bool]:
    """Yield, array by array, whether the gradient is the slope of the loss along a random direction."""
    batch = [copy.deepcopy(adapter.batch[k]) for k in ("x", "y") if k in adapter.batch]
    flat = {n: np.asarray(a, dtype=float) for n, a in flatten(adapter.params).items()}
    hand, rng = adapter.hand, np.random.default_rng(0)

    def at(moved: dict[str, np.ndarray]) -> tuple[Any, Any]:
        return hand(unflatten({n: a.copy() for n, a in moved.items()}, adapter.params), *copy.deepcopy(batch))

    try:
        gradients = {n: np.asarray(g) for n, g in flatten(at(flat)[1]).items()}
        for name, array in flat.items():
            direction = rng.normal(size=array.shape)
            up, down = (at(flat | {name: array + s * STEP * direction})[0] for s in (1, -1))
            slope = float(np.sum(up) - np.sum(down)) / (2 * STEP)
            found = gradients.get(name, np.array(np.nan))
            expected = float(np.sum(found * direction)) if found.shape == array.shape else np.nan
            yield bool(expected != 0 and abs(slope - expected) <= CLOSE * abs(expected))
    except Exception:
        return
