"""Replace packages for plots and progress bars that are not installed: the gradient does not need them.

Another module that is missing raises where it is used, not where it is imported.
"""

import ast
import io
import linecache
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

SHOWING = (
    "matplotlib",
    "seaborn",
    "plotly",
    "tqdm",
    "IPython",
    "wandb",
    "tensorboard",
    "tensorboardX",
    "termcolor",
)


class _Nothing(ModuleType):
    """Stands for a module and for whatever is in it; called with something, it gives that back: tqdm(range(9))."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing(name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return given[0] if given and hasattr(given[0], "__iter__") and not isinstance(given[0], str) else self

    def __iter__(self) -> Iterator[Any]:  # fig, ax = plt.subplots()
        return iter((self, self))

    def __getitem__(self, key: Any) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *raised: Any) -> None:
        return None


class _Missing(ModuleType):
    """Stands for a module that is not installed, and for a name in it, until it is used."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing(f"{self.__name__}.{name}")

    def __call__(self, *given: Any, **named: Any) -> Any:
        raise missing(self.__name__)


def missing(name: str, where: str = "") -> ModuleNotFoundError:
    """Return the error of an import. where: of what file in which line, where nothing raises it there."""
    top = name.partition(".")[0]
    return ModuleNotFoundError(f"No module named {top!r}{where}", name=top)


class _Finder(MetaPathFinder, Loader):
    def __init__(self, names: dict[str, Any]) -> None:
        self.made: list[str] = []
        self.names = names
        self.where = ""  # the last import of the user's file

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        top = fullname.partition(".")[0]
        if top not in SHOWING and top not in self.made and not self._of_file(top):
            return None
        return ModuleSpec(fullname, self)

    def _of_file(self, top: str) -> bool:
        """Return whether the user's file imports a module and has no other way without it."""
        if top in sys.stdlib_module_names or top in sys.modules:
            return False
        frame = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back  # type: ignore[assignment]
        file = "" if frame is None else frame.f_code.co_filename
        self.where = "" if frame is None else f" ({Path(file).name}, line {frame.f_lineno})"
        return file.partition(", cell ")[0] == self.names["__file__"] and not _tried(file, frame.f_lineno)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.made.append(spec.name)
        if spec.name.partition(".")[0] in SHOWING:
            return _Nothing(spec.name)
        self.names.setdefault("__missing__", missing(spec.name, self.where))
        return _Missing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""


def _tried(file: str, line: int) -> bool:
    """Return whether a line of a file is inside a `try`."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return True
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.Try)]
    return any(n.body[0].lineno <= line <= (n.body[-1].end_lineno or 0) for n in blocks)


TEXT = "the quick brown fox jumps over the lazy dog, and the dog sleeps on. " * 8


@contextmanager
def texts_drawn(names: dict[str, Any]) -> Iterator[None]:
    """Give a script that reads a text which is not here another one; `__missing__` in `names` says so."""

    def read(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        try:
            return open(file, mode, *given, **named)
        except FileNotFoundError:
            if not str(file).endswith((".txt", ".text")) or mode not in ("r", "rt"):
                raise
            names["__missing__"] = FileNotFoundError(
                f"{file} is not here; a short English text stands for it"
            )
            return io.StringIO(TEXT)

    names["open"] = read
    try:
        yield
    finally:
        if names.get("open") is read:
            del names["open"]


@contextmanager
def left_out(names: dict[str, Any]) -> Iterator[None]:
    """Let a file import modules that are not installed; `__missing__` in its names is one that does more than show."""
    finder = _Finder(names)
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.made:
            sys.modules.pop(name, None)
