"""Tell the user's modules and classes from those of libraries."""

import sys
import sysconfig
from pathlib import Path
from types import ModuleType

LIBRARIES = ("numpy", "scipy", "math", "autograd")  # those that are stood in for
INSTALLED = ("site-packages", "dist-packages")  # of this environment, of one below it, of the user, of Debian
_STDLIB = sysconfig.get_paths()["stdlib"]
_OURS = __name__.partition(".")[0]


def foreign(module: ModuleType) -> bool:
    """Return whether a module is a library's, not the user's."""
    file = getattr(module, "__file__", None)
    if file is None or module.__name__.partition(".")[0] in LIBRARIES:
        return True
    inside = file.startswith(_STDLIB) or not {*Path(file).parts}.isdisjoint(INSTALLED)
    return inside or module.__name__.partition(".")[0] == _OURS


def is_users(kind: type) -> bool:
    """Return whether a class is the user's."""
    name = kind.__module__
    if name in ("builtins", "typing", "types", "collections", "functools") or name.split(".")[0] in LIBRARIES:
        return False
    module = sys.modules.get(name)
    return (
        module is None
        or name == "__main__"
        or getattr(module, kind.__name__, None) is not kind
        or not foreign(module)
    )
