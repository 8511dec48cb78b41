"""What a statement names what it stores: dz is the derivative by z, if it is right."""

import ast
import re
from collections.abc import Callable

import numpy as np

from ...common.arrays import Array
from ..derivatives.run import Run
from .source import statement
from .suspect import Suspect, sources_of
from .vouching import Status, Vouched

PREFIX = re.compile(r"^(?:grad_?|delta_?|d_?|g_)(?=\w)")
SUFFIX = re.compile(r"_?(?:grad|bar)$")
NEAR = 0.9  # the cosine between a value and the derivative that it is meant to be


def target_name(node: ast.stmt) -> str | None:
    """Return the name that an assignment stores its value under: of a variable, an attribute or a key."""
    return stored_name(node) if isinstance(node, ast.Assign) else None


def stored_name(node: ast.stmt) -> str | None:
    """Return the name of what a statement assigns or adds to."""
    match node:
        case ast.Assign([target]) | ast.AugAssign(target):
            return _name_of(target)
    return None


def _name_of(target: ast.expr) -> str | None:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return (
        target.id
        if isinstance(target, ast.Name)
        else target.attr
        if isinstance(target, ast.Attribute)
        else None
    )


def bare(node: ast.expr) -> str:
    """Return what a variable, an attribute or a key names without the marks of a derivative, "" of other nodes."""
    name = node.id if isinstance(node, ast.Name) else _name_of(node) or ""
    return SUFFIX.sub("", PREFIX.sub("", name))


def derivatives_by_name(run: Run, vouched: Vouched) -> dict[str, list[Array]]:
    """Return the derivatives of the loss by the values that the forward pass stores under each name."""
    found: dict[str, list[Array]] = {n: [a] for n, a in run.derivatives(vouched.back).items()}
    for index, gs in vouched.back.by_operation.items():
        for place in run.tape.operations[index].places[:3]:
            where = statement(place)
            name = stored_name(where.node) if where is not None else None
            if name is not None and gs[0] is not None:
                found.setdefault(name, []).append(np.asarray(gs[0], np.float64))
    return found


def compare_names(
    suspect: Suspect,
    named: dict[str, list[Array]],
    run: Run,
    vouched: Vouched,
    returned: frozenset[str] = frozenset(),
    alias: bool = False,
) -> None:
    """Compare what a statement stores as dz with the derivative by z.

    returned: parameters that need no comparison, since the value is returned for one of them and is wrong.
    alias: whether the value is another's, which may be one of the forward pass.
    """
    name = target_name(suspect.statement.node)
    if name is None:
        return
    # In the notation of the books delta1 is dL/dz1.
    forms = (PREFIX.sub("", name), SUFFIX.sub("", name), re.sub(r"^delta_?(?=\d)", "z", name))
    of = next((b for b in forms if b != name and b in named), None)
    if of is None or of in returned:
        return
    last = suspect.operations[-1]
    value = np.asarray(run.tape.operations[last].writes[0].array, np.float64)
    norm = float(np.linalg.norm(value))

    def is_one(scale: float, laid_out: Callable[[Array], Array] = np.ravel) -> bool:
        return any(
            value.size == g.size and np.linalg.norm(value.ravel() - scale * laid_out(g)) <= run.close * norm
            for g in named[of]
        )

    if is_one(1.0):
        suspect.rank, suspect.right, suspect.sure = 5, True, True
        return
    if is_one(1.0, lambda g: g.T.ravel()):  # the derivative by z has the layout of z
        suspect.rank, suspect.right, suspect.misnamed = 0, False, True
        return
    sources = [
        s for s in sources_of(last, set(suspect.operations), vouched.origins.before) if not vouched.of_loss[s]
    ]
    statuses = {vouched.statuses[s] for s in sources}
    near = any(_is_near(value, g) for g in named[of])
    if not alias and not near and not any(status < Status.FORWARD for status in statuses):
        return  # made of forward values: perhaps a derivative of z, not by z
    # Made of derivatives that hold no count, it holds none by a convention of the code.
    counted = Status.EXACT not in statuses or Status.SCALED in statuses
    if counted and any(is_one(s) for s in vouched.common):
        return
    suspect.right, suspect.named = False, named[of]
    if suspect.rank in (1, 2, 4, 5):  # 5: the derivative by another value
        suspect.rank = min(suspect.rank, 2)
        if near or all(status < Status.FORWARD for status in statuses):
            suspect.rank = 0
    suspect.misnamed = True


def _is_near(value: Array, g: Array) -> bool:
    """Whether a value has about the direction of a derivative, or its opposite."""
    size = float(np.linalg.norm(value)) * float(np.linalg.norm(g))
    return value.shape == g.shape and size > 0 and abs(float(np.vdot(value, g))) > NEAR * size
