"""The cells of a notebook, run in their order up to the first update of its training loop."""

from collections.abc import Iterable
from types import ModuleType

from .firstpass import Loop, run_first_pass, training_loop


def run_cells(module: ModuleType, cells: Iterable[tuple[str, str]]) -> Loop | None:
    """Run the cells (name in tracebacks, Python) in a module; return the training loop at which that stopped.

    A cell that raises is left out: what it would have made is missing, and the rest is tried.
    """
    names = vars(module)
    for where, text in cells:
        loop = training_loop(text, where)
        try:
            if loop is not None and run_first_pass(loop, names):
                return loop
            if loop is None:
                exec(compile(text, where, "exec", dont_inherit=True), names)
        except Exception as error:
            names.setdefault("__raised__", []).append((where, error))
    return None
