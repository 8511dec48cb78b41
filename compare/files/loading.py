"""A user's file: load it by its location, and find the function and the arrays in it."""

import inspect
import re
import sys
import types
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib.abc import SourceLoader
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ..common.errors import UserError
from . import notebook

PARAMS = ("params", "parameters", "theta")
BATCH = {"x": ("X", "x", "inputs"), "y": ("Y", "y", "targets", "labels")}
TELLING = re.compile(r"grad|back|deriv", re.IGNORECASE)
HOLDER = "with_params_"  # begins the name of an adapter of a method whose object holds the parameters
METHODS = ("loss_and_grads", "loss_and_gradients", "backward", "backprop", "loss")

PASTE = """\
def example():
    rng = np.random.default_rng(0)
    return {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=3)}, rng.normal(size=(8, 2)), rng.normal(size=(8, 3))
"""


@dataclass(frozen=True)
class Found:
    """A function to check, hand(params, x, y), and its inputs."""

    hand: Any
    name: str
    params: Any
    x: Any
    y: Any


class Source(SourceLoader):
    """Loads a module from its source alone: bytecode is neither read nor written, whatever __pycache__ holds."""

    def __init__(self, name: str, path: str):
        self.name, self.path = name, path

    def get_filename(self, fullname: str) -> str:
        """Return the path."""
        return self.path

    def get_data(self, path: str) -> bytes:
        """Return the source. Raises OSError for any other file: the loader asks for bytecode here."""
        if path != self.path:
            raise OSError(f"{path} is not read")
        return Path(path).read_bytes()

    def path_stats(self, path: str) -> dict[str, Any]:
        """Raise OSError: without a time stamp there is no bytecode."""
        raise OSError("bytecode is not used")


def _beside(folder: Path, hidden: Collection[str]) -> None:
    """Let modules of a folder be imported, after all others, from their sources; `hidden` ones not at all."""
    # What else is below it (a virtual environment) is loaded as ever.
    others = [Path(p) for p in sys.path if p and Path(p) != folder and Path(p).is_relative_to(folder)]

    def hook(entry: str) -> FileFinder:
        path = Path(entry)
        if not path.is_relative_to(folder) or any(path.is_relative_to(other) for other in others):
            raise ImportError
        return _Finder(entry, (Source, [".py"]), (ExtensionFileLoader, EXTENSION_SUFFIXES))

    class _Finder(FileFinder):
        def find_spec(self, fullname: str, target: ModuleType | None = None) -> Any:
            top = Path(self.path) == folder
            return None if top and fullname in hidden else super().find_spec(fullname, target)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    sys.path.append(str(folder))


def load(file: str | Path, hidden: Collection[str] = ()) -> ModuleType:
    """Return the file as a module under a unique name; its folder is the last in which imports are looked for.

    hidden: names of files beside it that it may not import. Raises UserError where the file cannot be read or is
    too long or too deep to be compiled.
    """
    path = Path(file)
    if not path.is_file():
        if path.is_dir():
            raise UserError(f"{path} is a folder; a folder of submissions needs --against ASSIGNMENT.py")
        raise UserError(f"{path} does not exist; a .py or .ipynb file is needed")
    if path.suffix not in (".py", ".ipynb"):
        raise UserError(f"{path} is neither a .py file nor a notebook (.ipynb)")
    name = "_file_to_check_" + re.sub(r"\W", "_", path.stem)
    module = types.ModuleType(name)
    module.__file__ = str(path)
    try:
        codes, unread = notebook.definitions(path) if path.suffix == ".ipynb" else ([_compiled(path)], [])
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is no Python text in UTF-8: {str(error).splitlines()[0]}") from error
    except (RecursionError, MemoryError, OverflowError) as error:
        raise UserError(f"{path} cannot be compiled: an expression is too long or too deep") from error
    module.__dict__["__unread__"] = unread
    _beside(path.resolve().parent, hidden)
    sys.modules[name] = module
    for code in codes:
        exec(code, module.__dict__)
    return module


def _compiled(path: Path) -> CodeType:
    source = path.read_bytes()
    if b"\0" in source:
        raise UserError(f"{path} holds NUL bytes, as UTF-16 does: save it as UTF-8")
    return compile(source, str(path), "exec", dont_inherit=True)


def find(module: ModuleType, function: str | None = None, inputs: Iterable[Any] | None = None) -> Found:
    """Return the Found of a module: the named or the one plausible function, and `example()` or the module's arrays.

    inputs: (params, x, y) instead of the module's. Raises UserError with what was found, and three lines to paste.
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


def _named(module: ModuleType, function: str, given: tuple[Any, ...] | None) -> Found:
    value: Any = module
    for part in function.split("."):
        if not hasattr(value, part):
            raise UserError(_lacking(module, f"no {function!r}", paste=False))
        value = getattr(value, part)
        value = _instance(value, function) if inspect.isclass(value) else value
    if given is None:
        raise UserError(_lacking(module, _absent(module)))
    return Found(_callable(value, function), function, *given)


def plausible(module: ModuleType) -> dict[str, Any]:
    """Return {name: function or object} that could be a gradient (params, x, y) -> (loss, grads).

    Where several take three arguments, only those with a telling name.
    """
    own = {n: v for n, v in vars(module).items() if not n.startswith("_") and n != "example"}
    functions = {
        n: v
        for n, v in own.items()
        if inspect.isfunction(v) and v.__module__ == module.__name__ and _takes(v)
    }
    classes = {
        n: v
        for n, v in own.items()
        if inspect.isclass(v) and v.__module__ == module.__name__ and hasattr(v, "loss_and_grads")
    }
    objects = {n: v for n, v in own.items() if isinstance(v, tuple(classes.values()))}
    found = functions | (objects or {n: _instance(v, n) for n, v in classes.items()})
    telling = {n: v for n, v in found.items() if TELLING.search(n) or n not in functions}
    return telling if telling and len(found) > 1 else found


def _takes(function: Callable[..., Any], count: int = 3) -> bool:
    """Return whether a function can be called with `count` positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _callable(hand: Any, name: str) -> Any:
    """Return a function of (params, x, y), or an object with loss_and_grads of them.

    Of another object, its method is returned; a method of (x, y) gets params as an attribute of its object.
    """
    if not callable(hand) or not inspect.isroutine(hand):
        method = next((m for m in METHODS if hasattr(hand, m)), None)
        if method is None:
            raise UserError(
                f"{name} is neither a function (params, x, y) -> (loss, gradients) "
                "nor an object with the method loss_and_grads"
            )
        if method == "loss_and_grads" and _takes(hand.loss_and_grads):
            return hand
        return _callable(getattr(hand, method), f"{name}.{method}")
    if _takes(hand):
        return hand
    owner = getattr(hand, "__self__", None)
    if owner is not None and hasattr(owner, "params") and _takes(hand, 2):

        def with_params(params: Any, x: Any, y: Any) -> Any:
            owner.params = params
            return hand(x, y)

        with_params.__name__ = HOLDER + hand.__name__
        return with_params
    raise UserError(f"{name}{_signature(hand)} cannot be called with (params, x, y)")


def _instance(cls: type, name: str) -> Any:
    try:
        return cls()
    except TypeError as error:
        raise UserError(f"{name} is a class that needs arguments ({error}); make an object of it") from error


def _inputs(module: ModuleType) -> tuple[Any, ...] | None:
    """Return (params, x, y) from example() or the module's own names; None where one is missing."""
    if callable(getattr(module, "example", None)):
        given = module.example()
        if not isinstance(given, tuple) or len(given) != 3:
            raise UserError(f"example() returned {type(given).__name__}: the tuple (params, x, y) is needed")
        return given
    values = [_first(module, names) for names in (PARAMS, *BATCH.values())]
    return None if any(v is None for v in values) else tuple(values)


def _first(module: ModuleType, names: Iterable[str]) -> Any:
    return next((getattr(module, n) for n in names if getattr(module, n, None) is not None), None)


def _absent(module: ModuleType) -> str:
    wanted = {"params": PARAMS, **BATCH}
    return "no " + " and no ".join(n for n, names in wanted.items() if _first(module, names) is None)


def _lacking(module: ModuleType, what: str, paste: bool = True) -> str:
    """Return a message of what was found, what is missing, and the lines to paste."""
    path, found = Path(str(module.__file__)), []
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
        line += " Only imports, functions, classes and constants of a notebook are used; no cell is run."
    if getattr(module, "__unread__", None):
        line += f" Cells that are not Python: {', '.join(map(str, module.__unread__))}."
    if not paste:
        return line
    return f"{line}\nPaste these three lines, with your own arrays:\n\n{PASTE}"


def _signature(function: Callable[..., Any]) -> str:
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return "(...)"
