"""The options of an audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """many: edits of a function.  timeout: seconds of an edit; None: by the tests' own time.  each: run every test
    on each edit, not only up to the first that fails.  folder: where finished edits are kept, to go on later."""

    functions: Sequence[str] = ()
    many: int = 20
    jobs: int = 1
    timeout: float | None = None
    seed: int = 0
    each: bool = False
    options: str = ""
    folder: Path | None = None
