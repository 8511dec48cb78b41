"""Modules that are imported when they are first used, so that no check waits for one that it does not need."""

from importlib import import_module
from types import ModuleType
from typing import Any

_every: list["Late"] = []


class Late:
    """Stands for a module until one of its names is read.

    A process that takes this project out of sys.modules calls `load_all` first: a later import would load a second
    copy.
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
