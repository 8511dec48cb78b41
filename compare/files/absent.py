"""Replace packages for plots and progress bars that are not installed: the gradient does not need them."""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
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


class _Finder(MetaPathFinder, Loader):
    def __init__(self) -> None:
        self.made: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        return ModuleSpec(fullname, self) if fullname.partition(".")[0] in SHOWING else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.made.append(spec.name)
        return _Nothing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""


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
def left_out() -> Iterator[None]:
    """Let modules that only show something be imported where they are not installed."""
    finder = _Finder()
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.made:
            sys.modules.pop(name, None)
