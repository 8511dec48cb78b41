"""Keep the time by which the user's code must return, in a file that the child writes and its parent reads."""

import mmap
import struct
from pathlib import Path

FORMAT = "d"  # a time of the system's monotonic clock; 0 while no code of the user's runs
SIZE = struct.calcsize(FORMAT)


class Clock:
    """The child's side: memory, because the user's code may close every descriptor."""

    def __init__(self, path: str | Path):
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), SIZE)

    def set(self, until: float) -> None:
        """Write the time."""
        struct.pack_into(FORMAT, self._shared, 0, until)


def read(path: Path) -> float:
    """Return the time, 0 where the file no longer holds one: the user's code may have written to it."""
    raw = path.read_bytes() if path.is_file() else b""
    return struct.unpack(FORMAT, raw[:SIZE])[0] if len(raw) >= SIZE else 0.0
