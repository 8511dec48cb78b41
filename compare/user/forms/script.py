"""A script: the first pass through its training loop is the function, the arrays it updates are the parameters.

A script without a loop is one pass; where it computes dh of a value h, each is compared with the derivative of its own.
"""

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from . import residual
from .adapter import Adapter, is_arrays, moves
from .early import EARLY, Early, early_updates
from .firstpass import Loop, stages
from .moved import NOTE, moved, targets_of
from .rewritten import Named, Rewritten, rewritten
from .roles import INPUTS, TARGETS
from .script_loss import loss_of_loop
from .script_params import updated
from .slots import Pair, pairs, roots
from .space import Space
from .straight import assigned_in, differentiated, straight, taps

NAME = "first_pass"
ELEMENTS = 12  # of what a loop runs over that are looked at


def adapters(space: Space, wanted: str | None = None) -> Iterator[Adapter]:
    """Yield the adapter of the module's training loop; of a script without one that of all its lines."""
    if wanted not in (None, NAME):
        return
    names = vars(space.module)
    loop = names.get("__loop__")
    whole = loop is None or not loop.updates
    if loop is None and "__entered__" not in names:
        path = Path(str(space.module.__file__))
        if path.suffix != ".py":
            return
        loop = straight(path.read_bytes().decode("utf-8-sig", errors="replace"), str(path), names)
    if loop is None:
        return
    following: Adapter | None = None
    parts = [loop] if whole else stages(loop)
    for i, part in reversed(list(enumerate(parts))):
        name = NAME if i == 0 else f"{NAME}_{i + 1}"
        named = updated(part, space)
        if whole:
            named = _differentiated(loop, names) | named
        loss = loss_of_loop(part, names, last=len(parts) > 1)
        said = space
        if named and (loss is None or residual.is_distance(loss)):
            implied = _of_residual(space, part, named, _where(loop, whole), name, whole=loss is not None)
            if implied is not None:
                loss, said = implied, replace(space, notes=(*space.notes, residual.note(part, names)))
        left = [n for n in sorted(targets_of(loop) - set(named)) if n in space.entries]
        left = [n for n in left if is_arrays(space.entries[n].value)] if len(parts) == 1 and named else []
        if left and loss is not None:
            if whole_step := list(_stepped(said, loop, loss)):  # all parameters rather than some
                yield from whole_step
                return
            said = replace(said, notes=(*said.notes, f"{', '.join(left)}: updated too, but not checked"))
        made = None if loss is None else rewritten(part, loss, named, names, name)
        if loss is None or made is None:
            continue
        if len(parts) == 1 and not whole:
            made = _with_early(part, loss, named, names, made)
        names[name] = made.function
        where = _where(loop, whole) + (f", update {i + 1} of {len(parts)}" if len(parts) > 1 else "")
        found = next(_adapter(said, part, made, loss, named, where, name), None)
        following = found and replace(found, following=following)
    if following is not None:
        yield following
    elif loop.updates and (
        loss := loss_of_loop(loop, names) or next(iter(residual.losses(loop, names)), None)
    ):
        yield from _stepped(space, loop, loss)


def _of_residual(
    space: Space, loop: Loop, named: dict[str, Named], where: str, name: str, whole: bool
) -> ast.expr | None:
    """Return that of the usual losses of a script's residual which its gradients fit; of `whole` all of them."""
    names = vars(space.module)
    fitting: list[tuple[int, ast.expr]] = []
    for loss in residual.losses(loop, names):
        made = rewritten(loop, loss, named, names, name)
        if made is not None:
            names[name] = made.function
            fits = [
                f for a in _adapter(space, loop, made, loss, named, where, name) for f in residual.fits(a)
            ]
            if any(fits) and (all(fits) or not whole):
                fitting.append((sum(fits), loss))
    return max(fitting, key=lambda f: f[0])[1] if fitting else None


def _with_early(
    loop: Loop, loss: ast.expr, named: dict[str, Named], names: dict[str, Any], plain: Rewritten
) -> Rewritten:
    """Return the pass with the updates that stand above what reads the parameter; without such ones `plain`."""
    found = early_updates(loop, loss, [ast.parse(n.gradient, mode="eval").body for n in named.values()])
    made = found and rewritten(loop, loss, named, names, NAME, made_early=[u for u, _ in found])
    if not made:
        return plain
    names[EARLY] = Early(tuple(found), plain.function, tuple(loop.text.splitlines()))
    return made


def by_calls(space: Space, wanted: str | None = None) -> Iterator[Adapter]:
    """Yield the adapter of a training loop in which calls make the update: objects hold parameters and gradients."""
    names = vars(space.module)
    entered = names.get("__entered__")
    if entered is None or wanted not in (None, NAME):
        return
    for loop in entered.loops:
        loss = loss_of_loop(loop, names)
        if loss is None and (implied := _of_objects(space, loop)) is not None:
            said = "no line computes it; of the usual losses of an object's target and output it fits best"
            yield from _stepped(replace(space, notes=(*space.notes, said)), loop, implied)
            return
        made = None if loss is None else rewritten(loop, loss, {}, names, NAME)
        if loss is None or made is None:
            continue
        names[NAME] = made.function
        found = list(_adapter(space, loop, made, loss, {}, _where(loop, False)))
        found = found or list(_stepped(space, loop, loss))
        if found:
            yield from found
            return


def _of_objects(space: Space, loop: Loop) -> ast.expr | None:
    """Return that of the usual losses of an object's residual which the steps of a loop fit; None without one."""
    fitting = []
    for loss in residual.inside(loop, vars(space.module)):
        fits = [f for a in _stepped(space, loop, loss) for f in residual.fits(a)]
        if any(fits):
            fitting.append((sum(fits), loss))
    return max(fitting, key=lambda f: f[0])[1] if fitting else None


def _stepped(space: Space, loop: Loop, loss: ast.expr) -> Iterator[Adapter]:
    """Yield the adapter of a loop in which functions make the step; none where the loss is that after it."""
    names, steps = vars(space.module), moved(loop, space)
    made = None if steps is None else rewritten(steps.loop, loss, {}, names, NAME, steps.literals)
    if steps is None or made is None:
        return
    names[NAME] = made.function
    params = {n: copy.deepcopy(eval(path, names)) for n, path in steps.places.items()}
    body = [*steps.setup, *(f"{_target(p)} = params[{n!r}] * 1.0" for n, p in steps.places.items())]
    body += [f"loss, _ = {NAME}()"]
    gradients = ", ".join(f"{n!r}: params[{n!r}] - {path}" for n, path in steps.places.items())
    body += [f"return loss, {{{gradients}}}"]
    first: Adapter | None = None
    for at in ["", *_elements(loop, names)]:
        adapter = Adapter(
            space.module,
            NAME,
            params,
            "",
            (*([at] if at else []), *body),
            f"`{ast.unparse(loss)}`",
            f"what {_where(loop, False)} takes from the parameters",
            setup=space.setup,
            notes=(*space.notes, NOTE),
            shown=made.shown,
            repeatable=False,
        )
        try:
            found = adapter.hand(copy.deepcopy(params))[1]
        except Exception as error:
            space.raised.append((NAME, error))
            break
        still = [n for n, g in found.items() if not np.any(g)]
        fits = len(still) < len(found) and not any(moves(adapter, n) for n in still) and moves(adapter)
        first = adapter if fits and (first is None or not still) else first
        if fits and not still:
            break
    if first is not None:
        yield first


def _elements(loop: Loop, names: dict[str, Any]) -> list[str]:
    """Return the lines that set what a loop runs over to its next elements.

    The first may show little: of a sequence of one word no gradient goes back through time.
    """
    if not isinstance(loop.node, ast.For):
        return []
    targets = [n.id for n in ast.walk(loop.node.target) if isinstance(n, ast.Name)]
    over = f"list({ast.unparse(loop.node.iter)})"
    try:
        several = min(len(eval(over, names)), ELEMENTS)
    except Exception:
        return []
    made = ast.unparse(loop.node.target)
    for name in targets:
        made = re.sub(rf"\b{name}\b", f"globals()[{name!r}]", made)
    return [f"{made} = {over}[{i}]" for i in range(1, several)]


def _target(path: str) -> str:
    return f"globals()[{path!r}]" if path.isidentifier() else path


def _where(loop: Loop, whole: bool) -> str:
    if isinstance(loop.node, ast.With):
        return f"the block in line {loop.node.lineno}"
    if isinstance(loop.node, ast.FunctionDef):
        return f"`{loop.node.name}`"
    return "the script" if whole else f"a pass through the loop in line {loop.node.lineno}"


def _differentiated(loop: Loop, names: dict[str, Any]) -> dict[str, Named]:
    """Return the values for which a script without a loop computes gradients, made of others or not."""
    found = differentiated(names)
    if isinstance(loop.node, ast.With):  # what was computed above a block is none of its gradients
        found = {n: g for n, g in found.items() if g in assigned_in(loop.node.body)}
    inside = taps(loop, found)
    made: dict[str, Named] = {}
    for name in [n for n in names if n in found]:
        if name not in inside:
            made[name] = Named(name, found[name])
        else:
            zero = f"zero_{name}"
            names[zero] = np.zeros(np.shape(names[name]))
            made[name] = Named(zero, found[name], inside[name], True)
    return made


def _adapter(
    space: Space,
    loop: Loop,
    made: Rewritten,
    loss: ast.expr,
    named: dict[str, Named],
    where: str,
    name: str = NAME,
) -> Iterator[Adapter]:
    names = vars(space.module)
    read = {
        kind: next((n for n in known if n in made.reads and n in space.entries and n not in named), None)
        for kind, known in (("x", INPUTS), ("y", TARGETS))
    }
    sides = {kind: n for kind, n in read.items() if n is not None} if read["x"] else {}
    values = {n: eval(each.source, names) for n, each in named.items()}
    params: Any = {n: float(v) if type(v) is int else v for n, v in values.items()}
    held = [] if named else _held(space, loop, made)
    params |= {p.name: p.slot.value for p in held}
    if not params:
        return
    body = [f"globals()[{name!r}] = {kind}" for kind, name in sides.items()]
    alone = (
        next(iter(named))
        if len(named) == 1 and isinstance(next(iter(params.values())), (dict, list))
        else None
    )
    if alone is not None:
        params = params[alone]
        body.append(f"{_target(named[alone].source)} = params")
    else:
        for key, each in named.items():
            body.append(f"{_target(each.source)} = params[{key!r}]")
    for pair in held:
        kept = " * 1.0" if loop.called else ""  # the update may change the parameter in place
        body.append(f"{pair.slot.path} = params[{pair.name!r}]{kept}")
        body.append(f"{pair.gradient} = 0.0 * {pair.slot.path}")
    body.append(f"loss, gradients = {name}()")
    if alone is not None:
        body.append(f"gradients = gradients[{alone!r}]")
    if held:
        body.append(f"gradients = {{{', '.join(f'{p.name!r}: {p.gradient}' for p in held)}}}")
    body.append("return loss, gradients")
    gradients = [f"`{each.gradient}`" for each in named.values()] or [f"`{p.gradient}`" for p in held]
    yield Adapter(
        space.module,
        name,
        params,
        "",
        tuple(body),
        f"`{ast.unparse(loss)}`",
        f"{', '.join(gradients[:4])}{', ...' if len(gradients) > 4 else ''} of {where}",
        sides.get("x"),
        sides.get("y"),
        space.setup,
        space.notes,
        {kind: space.entries[n].value for kind, n in sides.items()},
        made.shown,
        False,
        tuple(n for n, each in named.items() if each.tap),
        source=(loop.file, made.text),
    )


def _held(space: Space, loop: Loop, made: Rewritten) -> list[Pair]:
    """Return the parameters that objects hold, paired with their gradients after a pass."""
    made.function()
    return pairs(roots(space.module, assigned_in(loop.node.body)))
