"""A user's file, loaded by its location. What is to be checked in it: `find`, of finding.py."""

import re
import sys
import types
from collections.abc import Collection
from importlib.abc import SourceLoader
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ..common.errors import UserError
from ..user.forms.firstcall import enter, run_to_first_call, trains
from ..user.forms.firstpass import run_first_pass, run_what_can_be, training_loop
from . import notebook
from .absent import left_out, texts_drawn
from .callables import plausible
from .finding import Found, find

__all__ = ["Found", "find", "load", "plausible"]


class Source(SourceLoader):
    """Load a module from its source alone; neither read nor write bytecode in __pycache__."""

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


def load(file: str | Path, hidden: Collection[str] = (), first_pass: bool = False) -> ModuleType:
    """Return the file as a module under a unique name; its folder is the last in which imports are looked for.

    hidden: names of files beside it that it may not import.  first_pass: run a script up to the first update of its
    training loop, not to its end; the loop is the module's `__loop__`. Raises UserError where the file cannot be read
    or is too long or too deep to be compiled.
    """
    path = Path(file)
    if not path.is_file():
        if path.is_dir():
            alone = [each for each in path.glob("*.py") if not each.name.startswith((".", "_"))]
            one = f": threeways check {alone[0]} checks the file in it" if len(alone) == 1 else ""
            raise UserError(f"{path} is a folder{one}; a folder of submissions needs --against ASSIGNMENT.py")
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
    script = _script(path) if first_pass and path.suffix == ".py" else None
    try:
        # In this frame where nothing trains: a script may lower the recursion limit.
        if script is not None and not trains(script) and training_loop(script, str(path)) is None:
            module.__dict__["__main__"] = lambda: _run(path, module, True)
            with left_out(module.__dict__):
                try:
                    exec(codes[0], module.__dict__)
                except OSError as error:  # data that is not here: what needs none is judged all the same
                    module.__dict__["__missing__"] = error
                    run_what_can_be(path.read_bytes(), str(path), module.__dict__)
        elif script is not None:
            with left_out(module.__dict__), texts_drawn(module.__dict__):
                _run_script(script, path, module)
        elif path.suffix == ".ipynb":
            with left_out(module.__dict__):
                notebook.define(codes, module.__dict__)
        else:
            for code in codes:
                exec(code, module.__dict__)
    finally:
        _made_whole(module, name, path)
    return module


def _made_whole(module: ModuleType, name: str, path: Path) -> None:
    """Give the module its own name and file again, whatever its code made of them, and drop names that are none."""
    names = module.__dict__
    names["__file__"] = str(path)
    if not isinstance(names.get("__name__"), str):
        names["__name__"] = name
    for key in [key for key in names if not isinstance(key, str)]:
        del names[key]


def _script(path: Path) -> str | None:
    """Return the text of a script; None where a file says itself what is checked."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return None if re.search(r"^def example\(", text, re.MULTILINE) else text


def _run_script(script: str, path: Path, module: ModuleType) -> None:
    loop = training_loop(script, str(path))
    try:
        if loop is not None:
            module.__dict__["__loop__"] = loop if run_first_pass(loop, module.__dict__) else None
            return
        _run(path, module)
    except OSError as error:  # data that is not here: what needs none is judged all the same
        module.__dict__["__missing__"] = error
        run_what_can_be(path.read_bytes(), str(path), module.__dict__)
    module.__dict__["__main__"] = lambda: _run(path, module, True)


def _run(path: Path, module: ModuleType, main: bool = False) -> None:
    """Run a script; where its training loop calls a backward pass, it ends there."""
    with left_out(module.__dict__):
        call = run_to_first_call(path.read_bytes(), str(path), module.__dict__, main)
    if call is not None and (main or call.loops):
        enter(call, module.__dict__)


def _compiled(path: Path) -> CodeType:
    source = path.read_bytes()
    if b"\0" in source:
        raise UserError(f"{path} holds NUL bytes, as UTF-16 does: save it as UTF-8")
    return compile(source, str(path), "exec", dont_inherit=True)
