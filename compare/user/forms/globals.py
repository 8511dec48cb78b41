"""Parameters that functions read as globals of their module."""

from inspect import isfunction

from .calls import Chain
from .space import Entry, Space


def globals_of(space: Space, chain: Chain) -> list[Entry]:
    """Return the module's arrays that the functions called read as globals."""
    read: dict[str, Entry] = {}
    queue = [space.functions[c.target] for c in chain.calls if c.target in space.functions]
    seen: set[int] = set()
    while queue:
        function = queue.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            if isfunction(value) and value.__globals__ is function.__globals__:
                queue.append(value)
            elif (name in space.entries and getattr(value, "ndim", 0) > 0) or isinstance(value, (dict, list)):
                read.setdefault(name, Entry(name, name, value))
    return list(read.values())
