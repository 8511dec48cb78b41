"""Restore what user code may change in the process it shares with the check: builtins, modules, limits."""

import sys
from types import ModuleType

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

SHARED = ("builtins", "os", "json", "time", "re", "inspect", "numpy")
LIMITS = ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_STACK")


class Surroundings:
    """The names of the interpreter as they are now, to be put back."""

    def __init__(self) -> None:
        self.modules = dict(sys.modules)
        self.path = list(sys.path)
        self.names = {name: dict(vars(sys.modules[name])) for name in SHARED if name in sys.modules}
        self.limits = (
            {name: resource.getrlimit(getattr(resource, name)) for name in LIMITS} if resource else {}
        )

    def restored(self) -> str | None:
        """Put back what the user's code has changed; return the first such name, None where it changed nothing."""
        changed: list[str] = []
        for module, names in self.names.items():
            now = vars(self.modules[module])
            off = [name for name in names if name not in now or now[name] is not names[name]]
            now.update(names)  # first of all: what follows needs the builtins
            changed += [f"{module}.{name}" for name in off if name not in ("_", "__builtins__")]
        for name, each in self.modules.items():
            if sys.modules.get(name) is None and isinstance(each, ModuleType):
                sys.modules[name] = each
                changed.append(f"sys.modules[{name!r}]")
        if gone := [place for place in self.path if place not in sys.path]:
            sys.path[:0] = gone
            changed.append("sys.path")
        for name, limit in self.limits.items():
            which = getattr(resource, name)
            if resource.getrlimit(which) != limit:
                changed.append(name)
                hard = resource.getrlimit(which)[1]
                resource.setrlimit(
                    which, (hard if limit[0] == resource.RLIM_INFINITY else min(limit[0], hard), hard)
                )
        return changed[0] if changed else None
