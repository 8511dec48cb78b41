"""Folders for a process's own files, removed at its end; those of a process that was killed, by the next one."""

import contextlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: what a killed process left stays
    fcntl = None  # type: ignore[assignment]

PREFIX, HELD = "threeways-", ".held"


class Scratch(tempfile.TemporaryDirectory):
    """A temporary folder; `name` is its path. A lock in it says that its process runs."""

    def __init__(self) -> None:
        _swept(tempfile.gettempdir())
        super().__init__(prefix=PREFIX)
        self._lock: IO[bytes] | None = None
        if fcntl is not None:
            new = Path(self.name, f"{HELD}.new")
            self._lock = new.open("wb")
            with contextlib.suppress(OSError):  # a file system without locks: the folder is never swept
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                new.rename(new.with_name(HELD))  # under its name only once it is locked

    def cleanup(self) -> None:
        """Remove the folder."""
        if self._lock is not None:
            self._lock.close()
        super().cleanup()


@cache
def _swept(parent: str) -> None:
    """Remove the folders of processes that have ended, once in the life of this one."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for folder in Path(parent).glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError), (folder / HELD).open("rb") as lock:
                if os.fstat(lock.fileno()).st_uid == os.getuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
