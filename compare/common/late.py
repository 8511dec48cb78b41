"""Modules that are imported when they are first used: what a plain file needs not, it does not wait for."""

from importlib import import_module
from types import ModuleType
from typing import Any

_every: list["Late"] = []


class Late:
    """Stands for a module until one of its names is read.

    An `import` inside a function would import everything anew in a process that has taken the harness out of
    sys.modules. Such a process calls `load_all` before.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None
        _every.append(self)

    def load(self) -> ModuleType:
        """Import the module."""
        if self._module is None:
            self._module = import_module(self._name)
        return self._module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.load(), name)


def load_all() -> None:
    """Import every module that a Late replaces, and the modules these import."""
    for each in _every:  # grows while modules are imported
        each.load()
