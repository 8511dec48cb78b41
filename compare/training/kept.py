"""The folder of a baseline or a sweep: bound to its settings, each file with its sha256, one run in it at a time."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from ..common.errors import UserError
from ..common.results import plain, sweep_left, write_bytes
from ..common.shapes import check, damaged

try:
    import fcntl
except ImportError:  # not on Windows: there, two runs in one folder are not noticed
    fcntl = None  # type: ignore[assignment]

SUMS, SETTINGS = "SHA256SUMS", "settings.json"  # the first as `sha256sum -c` reads it
DIGITS, SHOWN = 64, 200  # of a sha256; characters of a setting that a message shows


class Kept:
    """The files from which an interrupted run goes on; a context manager that locks their folder for this process.

    settings: what binds the folder, as going on with any others would mix two experiments; None to add to what a run
    has left there.  Raises UserError where the
    folder was begun with others, holds a file that is not as it was written, or is held by another run.
    A sha256 shows damage, and files mixed up; it does not stop a forger who writes files and sums anew.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any] | None = None):
        self.folder = folder
        self.sums: dict[str, str] = {}
        self.lines = 0  # of the file of sums
        self.cut_short: tuple[str, str | None] = ("", None)  # the last file written, and its sum before
        try:
            folder.mkdir(parents=True, exist_ok=True)
            names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
            if settings is not None and names - {SUMS} and SETTINGS not in names:
                raise UserError(
                    f"{folder} holds something else; --out names an empty folder, or one to go on in"
                )
            if SETTINGS in names and SUMS not in names:
                raise UserError(
                    f"{folder / SETTINGS} has no {SUMS} beside it: another version began here; give another --out"
                )
            self.log: IO[bytes] = open(folder / SUMS, "ab", buffering=0)  # noqa: SIM115  # as long as files come
        except OSError as error:
            raise UserError(f"cannot write in {folder}: {error.strerror}") from error
        with contextlib.ExitStack() as stack:
            stack.callback(self.log.close)
            self._hold()
            self._read_sums()
            if settings is not None:
                self._claim(plain(settings))
            self._verify()
            stack.pop_all()
        for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            sweep_left(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if fcntl is not None and raised[0] is None and self.lines > len(self.sums):
            # Files were written anew: only their last sums stay.
            there = (name for name in sorted(self.sums) if (self.folder / name).exists())
            lines = "".join(f"{self.sums[name]}  {name}\n" for name in there)
            write_bytes(self.folder / SUMS, lines.encode())
        self.log.close()  # and another run may have the folder

    def has(self, name: str) -> bool:
        """Return whether a file is there. Raises UserError where this run did not write it."""
        path = self.folder / name
        if not os.path.lexists(path):
            return False
        if name not in self.sums:
            raise UserError(f"{path} is not in {SUMS}: it is no file of this run; move it away")
        return True

    def write(self, name: str, content: bytes | str) -> None:
        """Write a file, and its checksum before it.

        A file without a checksum is not of this run; one whose checksum alone is there is written again.
        """
        content = content.encode() if isinstance(content, str) else content
        path, found = self.folder / name, hashlib.sha256(content).hexdigest()
        if self.sums.get(name) == found and path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            line = f"{found}  {name}\n".encode()
            while line:
                line = line[self.log.write(line) :]
            os.fsync(self.log.fileno())
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from error
        write_bytes(path, content)
        self.lines += 1
        self.sums[name] = found

    def write_json(self, name: str, value: Any) -> None:
        """Write a value's plain form."""
        self.write(name, json.dumps(plain(value), indent=1, allow_nan=False) + "\n")

    def read_json(self, name: str, of: Any) -> Any:
        """Return what a file of this run holds, a value of the type `of`. Raises UserError."""
        path = self.folder / name
        with damaged(path):
            found = json.loads(path.read_bytes())
            check(found, of)
        return found

    def files(self) -> dict[str, str]:
        """Return {name: sha256} of what a resumed run goes on from."""
        names = (name for name in sorted(self.sums) if "/" in name or name == SETTINGS)
        return {name: self.sums[name] for name in names if (self.folder / name).exists()}

    def _hold(self) -> None:
        try:
            if fcntl is not None:
                fcntl.flock(self.log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(self.log.fileno()), os.stat(self.folder / SUMS)):
                return  # and no other run has put a new file in its place
        except OSError:
            pass
        raise UserError(f"another run is at work in {self.folder}: wait for it, or end it")

    def _read_sums(self) -> None:
        """Read the sums, the last of a file holds; a line that a kill cut short is cut off."""
        path = self.folder / SUMS
        try:
            raw = path.read_bytes()
            whole = raw[: raw.rfind(b"\n") + 1]
            if len(whole) < len(raw):
                os.truncate(path, len(whole))
        except OSError as error:
            raise UserError(f"cannot use {path}: {error.strerror}") from error
        for line in whole.decode("utf-8", "replace").splitlines():
            found, _, name = line.partition("  ")
            if len(found) != DIGITS or not name or ".." in Path(name).parts or Path(name).is_absolute():
                raise UserError(f"{path} is damaged: {line!r:.80} is no sum of a file")
            self.lines += 1
            self.cut_short = (name, self.sums.get(name))
            self.sums[name] = found

    def _claim(self, settings: dict[str, Any]) -> None:
        """Write the settings into a new folder; refuse one that was begun with others."""
        if not self.has(SETTINGS):
            self.write_json(SETTINGS, settings)
            return
        self._verify(SETTINGS)
        there = self.read_json(SETTINGS, dict[str, Any])
        for key in [*settings, *there]:
            one, other = (f"{value}"[:SHOWN] for value in (there.get(key), settings.get(key)))
            if there.get(key) != settings.get(key):
                raise UserError(
                    f"{self.folder} was begun with {key} {one}, now it is {other}; give another --out"
                )

    def _verify(self, *names: str) -> None:
        """Raise UserError for the first file that is not as it was written."""
        for name in names or self.sums:
            path = self.folder / name
            found = sha256(path) if path.exists() else self.sums[name]
            if (name, found) == self.cut_short:
                self.sums[name] = found  # a kill fell between the new sum and the new file
            elif found != self.sums[name]:
                raise UserError(f"{path} is not as it was written: its sha256 is not that in {SUMS}")


def sha256(path: Path) -> str:
    """Return the sha256 of a file. Raises UserError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
