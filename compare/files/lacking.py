"""Explain why a file cannot be checked: what was found in it, and the lines to add, in the file's own names."""

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..common.errors import UNPARSABLE
from ..common.late import Late
from ..user.forms.roles import arguments, is_gradient, is_loss, is_rate, role

if TYPE_CHECKING:
    from ..user.forms import calls, residual, slots
    from ..user.forms.firstpass import Loop
    from ..user.forms.space import Space
else:
    calls, residual, slots = (Late(f"compare.user.forms.{name}") for name in ("calls", "residual", "slots"))

PARAMS = ("params", "parameters", "theta")
BATCH = {"x": ("X", "x", "inputs"), "y": ("Y", "y", "targets", "labels")}
DRAWN = {
    "x": "rng.normal(size=(8, 3))",
    "y": "rng.normal(size=(8, 2))",
    "weight": "rng.normal(size=(3, 2))",
}
KEYS = ("W1", "b1")
MISSING = "...  # the number whose gradient this is"


def absent(module: ModuleType) -> str:
    """Return which of params, x and y a module has not."""
    wanted = {"params": PARAMS, **BATCH}
    return "no " + " and no ".join(n for n, names in wanted.items() if first(module, names) is None)


def first(module: ModuleType, names: Iterable[str]) -> Any:
    """Return the first of these names that a module has."""
    return next((getattr(module, n) for n in names if getattr(module, n, None) is not None), None)


def lacking(module: ModuleType, what: str, paste: bool = True, space: "Space | None" = None) -> str:
    """Return a message of what was found, what is missing, and the lines to paste.

    space: what the forms tried, for lines in the file's own names.
    """
    path, found = Path(str(module.__file__)), []
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            found.append(name + signature_of(value))
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            found.append(f"class {name}")
        elif hasattr(value, "shape"):
            found.append(f"{name} {tuple(value.shape)}")
        elif isinstance(value, (dict, list, tuple)):
            found.append(f"{name} ({type(value).__name__} of {len(value)})")
        elif slots.is_object(value):
            found.append(f"{name} ({type(value).__name__})")
    line = f"{path.name} has {what}. Found: {', '.join(found) or 'nothing'}."
    if path.suffix == ".ipynb":
        line += " Only imports, functions, classes and constants of a notebook are used; no cell is run."
    if getattr(module, "__unread__", None):
        line += f" Cells that are not Python: {', '.join(map(str, module.__unread__))}."
    advised = [] if space is None else advice(space)
    if advised:
        return "\n".join([line, *advised])
    return f"{line}\nPaste these three lines, with your own arrays:\n\n{_example(module)}" if paste else line


def _example(module: ModuleType) -> str:
    """Return the lines of example(), with the keys that the file looks up in its parameters."""
    text = _text(module)
    keys = list(dict.fromkeys(_keys(text))) or list(KEYS)
    sizes = {k: "(3, 2)" if k[:1] in "WUVw" else "3" for k in keys}
    params = ", ".join(f'"{k}": rng.normal(size={sizes[k]})' for k in keys)
    return (
        "def example():\n    rng = np.random.default_rng(0)\n"
        f"    return {{{params}}}, rng.normal(size=(8, 2)), rng.normal(size=(8, 3))\n"
    )


def _text(module: ModuleType) -> str:
    path = Path(str(module.__file__))
    return path.read_text(encoding="utf-8", errors="replace") if path.suffix == ".py" else ""


def _keys(text: str) -> list[str]:
    try:
        tree = ast.parse(text)
    except UNPARSABLE:
        return []
    found = [
        (n.lineno, n.col_offset, n.slice.value)
        for n in ast.walk(tree)
        if isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Name)
        and n.value.id in PARAMS
        and isinstance(n.slice, ast.Constant)
        and isinstance(n.slice.value, str)
    ]
    return [key for _, _, key in sorted(found)]


def _of_residual(loop: "Loop", space: "Space") -> str:
    """Return the right side of the line that is missing: half the squares of the residual, if the script has one."""
    found = residual.losses(loop, vars(space.module))
    return f"{ast.unparse(found[0])}  # where the gradient is that of this number" if found else MISSING


def advice(space: "Space") -> list[str]:
    """Return what each candidate lacks, and the lines to add to the file for it."""
    for target, error in space.raised:
        where = traceback.extract_tb(error.__traceback__)[-1]
        if is_gradient(target.rpartition(".")[2]):
            line = f"{Path(where.filename).name}, line {where.lineno}"
            return [
                f"Called with the values of these names, {target} raised {type(error).__name__}: {error} ({line})."
            ]
    loop = vars(space.module).get("__loop__")
    if loop is not None and not any(is_gradient(n) for n in space.functions):
        names = ", ".join(dict.fromkeys(ast.unparse(u.target) for u in loop.updates))
        return [
            f"The loop in line {loop.node.lineno} updates {names}; no number in it is named as a loss, printed or "
            "appended.",
            f"Add to the loop, above the update:\n\n    loss = {_of_residual(loop, space)}\n",
        ]
    functions = [n for n in space.functions if is_gradient(n)] or [n for n in space.functions if is_loss(n)]
    for name in functions:
        wanted = _missing(space, space.functions[name])
        if wanted and all(role(n) in ("x", "y", "weight", "params") for n in wanted):
            lines = [f"{n} = {DRAWN.get(role(n) or '', DRAWN['weight'])}" for n in wanted]
            shown = "\n".join(f"    {line}" for line in ["rng = np.random.default_rng(0)", *lines])
            call = f"{name}{signature_of(space.functions[name])}"
            return [
                f"{call} needs {', '.join(wanted)}.",
                f"Add these lines, with your own shapes:\n\n{shown}\n",
            ]
    if functions and not any(is_loss(n) for n in space.functions):
        name = functions[0]
        call = signature_of(space.functions[name])
        shown = f"    def loss{call}:\n        return ...  # the number whose gradient {name} returns\n"
        return [f"{name}{call} returns gradients; no function returns their loss.", f"Add:\n\n{shown}"]
    return [] if functions else _to_write(space)


def _to_write(space: "Space") -> list[str]:
    """Return the lines of a function that the check can call, in the names of one that takes parameters."""
    for name, function in space.functions.items():
        taken = [p.name for p in arguments(function) or () if not is_rate(p.name)]
        # What a step assigns anew is a parameter, whatever its name is.
        own = [n for n in taken if role(n) in ("weight", "params") or n in _assigned(function)]
        if own:
            gradients = ", ".join(f'"{n}": d{n}' for n in own)
            shown = (
                f"    def loss_and_grads({', '.join(taken)}):\n        ...  # as in {name}\n"
                f"        return loss, {{{gradients}}}\n"
            )
            call = f"{name}{signature_of(function)}"
            return [
                f"{call} returns no loss with its gradients.",
                f"Add, with arrays of these names:\n\n{shown}",
            ]
    return []


def _assigned(function: Callable[..., Any]) -> set[str]:
    """Return the names that a function's text assigns; none where there is no text."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, *UNPARSABLE):
        return set()
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _missing(space: "Space", function: Callable[..., Any]) -> list[str]:
    chain = calls.Chain(space)
    required = [p.name for p in arguments(function) or () if p.default is p.empty]
    return [n for n in required if chain.source(n, False) is None]


def signature_of(function: Callable[..., Any]) -> str:
    """Return the arguments of a function as they are written, (params, x, y)."""
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return "(...)"
