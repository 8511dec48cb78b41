"""Results on disk as they come: a run that was killed goes on where it ended."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ..common.errors import UserError
from ..common.results import plain
from ..common.shapes import check
from .grade import Graded


class Journal:
    """A file of one JSON line for each result, written to the disk before the next; the first line is `key`.

    A file with another key (another assignment, other limits) is begun anew. A last line that a kill cut short is
    left out.
    """

    def __init__(self, path: Path, key: dict[str, Any]):
        self.path, self.key = path, plain(key)
        self.known: dict[str, Graded] = {}
        lines = []
        if path.exists():
            lines = path.read_bytes().split(b"\n")[:-1]  # behind the last newline is what was cut short
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            if lines and json.loads(lines[0]) == self.key:
                for line in lines[1:]:
                    found = json.loads(line)
                    check(found["graded"], Graded)
                    self.known[found["of"]] = Graded(**found["graded"])
        kept = [self.key, *({"of": of, "graded": plain(graded)} for of, graded in self.known.items())]
        try:
            self.file = open(f"{path}.new", "wb")  # noqa: SIM115  # open for as long as results come
            self._write(*kept)
            os.replace(f"{path}.new", path)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error

    def add(self, of: str, graded: Graded) -> None:
        """Keep one result."""
        self._write({"of": of, "graded": plain(graded)})

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _write(self, *values: Any) -> None:
        self.file.write(b"".join(json.dumps(value).encode() + b"\n" for value in values))
        self.file.flush()
        os.fsync(self.file.fileno())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or why it cannot be read."""
    if not path.is_file():
        return "no file"
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return str(error.strerror)
