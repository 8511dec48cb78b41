"""The child process: one contender, alone with its core, answers its parent.

NumPy is not imported here: the ledger has the time it takes to import it with the framework.
"""

import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from ..common.channel import private_channel, receive, send
from .clock import timed
from .contender import IMPORTS, INSTALL, AbsentError
from .contenders import CONTENDERS


class Server:
    """Answers the parent: `start` or `warm_up` first, then what the worker can do."""

    def __init__(self, folder: str):
        self.folder = Path(folder)
        self.worker: Any = None

    def start(self, contender: str, warm: bool = False) -> dict:
        """Import, prepare, call twice: the ledger, in seconds. warm: compile something else before the clock."""
        row = CONTENDERS[contender]
        try:
            ledger = timed("import", lambda: _import(IMPORTS[row.framework]))
            ledger |= timed("compiler_import", lambda: _import(row.compiler))
        except ImportError as error:
            return {"absent": f"{error}; {INSTALL[row.framework]}"}
        # Only now: it imports NumPy, and its engine the framework.
        self.worker = import_module(f"{__package__}.worker").Worker(self.folder, row)
        if warm:
            self.worker.warm()
        return {"ledger": ledger | self.worker.add("task"), "steps": self.worker.steps}

    def warm_up(self, contender: str) -> dict:
        """Compile something else, into the cache that this process was given; nothing more."""
        row = CONTENDERS[contender]
        _import((*IMPORTS[row.framework], *row.compiler))
        import_module(f"{__package__}.worker").Worker(self.folder, row).warm()
        return {}

    def answer(self, do: str, **arguments: Any) -> dict:
        """Answer one request: {"absent": why} or {"error": line} where there is no other answer."""
        try:
            return getattr(self if do in ("start", "warm_up") else self.worker, do)(**arguments)
        except AbsentError as why:
            return {"absent": str(why)}
        except Exception as error:
            traceback.print_exc()
            said = str(error).strip().splitlines()
            return {"error": f"{type(error).__name__}: {said[0] if said else ''}"}


def _import(modules: Iterable[str]) -> None:
    for module in modules:
        import_module(module)


def main(folder: str) -> None:
    """Answer requests {"do": method, ...} until no more come."""
    inbox, outbox = private_channel()
    server = Server(folder)
    while request := receive(inbox):
        send(outbox, server.answer(**request))
