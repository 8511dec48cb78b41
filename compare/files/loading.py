"""A person's file: loaded by its location, and the function and arrays in it found."""

import importlib.util
import inspect
import re
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path

from ..common.errors import UserError
from . import notebook

PARAMS = ("params", "parameters", "theta")
BATCH = {"x": ("X", "x", "inputs"), "y": ("Y", "y", "targets", "labels")}
TELLING = re.compile(r"grad|back|deriv", re.IGNORECASE)
METHODS = ("loss_and_grads", "loss_and_gradients", "backward", "backprop", "loss")

PASTE = """\
def example():
    rng = np.random.default_rng(0)
    return {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=3)}, rng.normal(size=(8, 2)), rng.normal(size=(8, 3))
"""


@dataclass(frozen=True)
class Found:
    """What there is to check: hand(params, x, y), its inputs, and what was assumed to find them."""

    hand: object
    name: str
    params: object
    x: object
    y: object
    assumed: list = field(default_factory=list)


def load(path):
    """The file as a module under a name nobody else has; its folder comes last where imports are looked for."""
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise UserError(f"{path} is a folder; one of submissions takes --against ASSIGNMENT.py")
        raise UserError(f"{path} is not there; a .py or .ipynb is needed")
    if path.suffix not in (".py", ".ipynb"):
        raise UserError(f"{path} is neither a .py file nor a notebook (.ipynb)")
    name = "_file_to_check_" + re.sub(r"\W", "_", path.stem)
    sys.path.append(str(path.resolve().parent))
    if path.suffix == ".ipynb":
        module = types.ModuleType(name)
        module.__file__ = str(path)
        sys.modules[name] = module
        codes, module.__unread__ = notebook.definitions(path)
        for _, code in codes:
            exec(code, module.__dict__)
        return module
    if b"\0" in path.read_bytes():
        raise UserError(f"{path} holds NUL bytes, as UTF-16 does: save it as UTF-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find(module, function=None, inputs=None):
    """The Found of a module: `example()` or its own arrays, and the named or the one plausible function.

    inputs: (params, x, y) that are used instead of the module's. Raises UserError with what was found, and
    the three lines to paste.
    """
    given = _inputs(module) if inputs is None else tuple(inputs)
    if function:
        return _named(module, function, given)
    candidates = plausible(module)
    if len(candidates) != 1:
        what = "no function (params, x, y)" if not candidates else "several that could be meant"
        several = f": {', '.join(sorted(candidates))}; say which: FILE:NAME" if candidates else ""
        raise UserError(_lacking(module, f"{what}{several}", paste=False))
    ((name, hand),) = candidates.items()
    if given is None:
        owner_params = getattr(hand, "params", None)
        raise UserError(_lacking(module, "no x and y" if owner_params is not None else _absent(module)))
    return Found(_callable(hand, name), name, *given)


def _named(module, function, given):
    value = module
    for part in function.split("."):
        if not hasattr(value, part):
            raise UserError(_lacking(module, f"no {function!r}", paste=False))
        value = getattr(value, part)
        value = _instance(value, function) if inspect.isclass(value) else value
    if given is None:
        raise UserError(_lacking(module, _absent(module)))
    return Found(_callable(value, function), function, *given)


def plausible(module):
    """{name: function or object} that could be a gradient (params, x, y) -> (loss, grads): the telling names
    where several take three arguments."""
    own = {n: v for n, v in vars(module).items() if not n.startswith("_") and n != "example"}
    functions = {
        n: v
        for n, v in own.items()
        if inspect.isfunction(v) and v.__module__ == module.__name__ and _takes(v)
    }
    classes = {n: v for n, v in own.items() if inspect.isclass(v) and v.__module__ == module.__name__}
    classes = {
        n: v for n, v in classes.items() if "loss_and_grads" in vars(v) or hasattr(v, "loss_and_grads")
    }
    objects = {n: v for n, v in own.items() if isinstance(v, tuple(classes.values()))}
    found = functions | (objects or {n: _instance(v, n) for n, v in classes.items()})
    telling = {n: v for n, v in found.items() if TELLING.search(n) or n not in functions}
    return telling if telling and len(found) > 1 else found


def _takes(function, count=3):
    """Whether it can be called with `count` positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _callable(hand, name):
    """(params, x, y) -> ... of a function; of an object, its method, which may keep params as an attribute."""
    if not callable(hand) or not inspect.isroutine(hand):
        method = next((m for m in METHODS if hasattr(hand, m)), None)
        if method is None:
            raise UserError(f"{name} is neither a function nor an object with loss_and_grads(params, x, y)")
        if method == "loss_and_grads" and _takes(hand.loss_and_grads):
            return hand
        return _callable(getattr(hand, method), f"{name}.{method}")
    if _takes(hand):
        return hand
    owner = getattr(hand, "__self__", None)
    if hasattr(owner, "params") and _takes(hand, 2):

        def with_params(params, x, y):
            owner.params = params
            return hand(x, y)

        return with_params
    raise UserError(f"{name}{_signature(hand)} cannot be called with (params, x, y)")


def _instance(cls, name):
    try:
        return cls()
    except TypeError as error:
        raise UserError(f"{name} is a class that needs arguments ({error}); make an object of it") from error


def _inputs(module):
    """(params, x, y) of example() or of the module's own names; None where something is missing."""
    if callable(getattr(module, "example", None)):
        given = module.example()
        if not isinstance(given, tuple) or len(given) != 3:
            raise UserError(f"example() returned {type(given).__name__}: the tuple (params, x, y) is needed")
        return given
    values = [_first(module, names) for names in (PARAMS, *BATCH.values())]
    return None if any(v is None for v in values) else tuple(values)


def _first(module, names):
    return next((getattr(module, n) for n in names if getattr(module, n, None) is not None), None)


def _absent(module):
    wanted = {"params": PARAMS, **BATCH}
    return "no " + " and no ".join(n for n, names in wanted.items() if _first(module, names) is None)


def _lacking(module, what, paste=True):
    """What was found, what is missing, and the lines to paste."""
    path, found = Path(module.__file__), []
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            found.append(name + _signature(value))
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            found.append(f"class {name}")
        elif hasattr(value, "shape"):
            found.append(f"{name} {tuple(value.shape)}")
        elif isinstance(value, (dict, list, tuple)):
            found.append(f"{name} ({type(value).__name__} of {len(value)})")
    line = f"{path.name} has {what}. Found: {', '.join(found) or 'nothing'}."
    if path.suffix == ".ipynb":
        line += " Of a notebook only imports, functions, classes and constants are taken; no cell is run."
    if getattr(module, "__unread__", None):
        line += f" Cells that are not Python: {', '.join(map(str, module.__unread__))}."
    if not paste:
        return line
    return f"{line}\nPaste these three lines, with your own arrays:\n\n{PASTE}"


def _signature(function):
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return "(...)"
