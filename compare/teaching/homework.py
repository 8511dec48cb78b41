"""Find-the-bug homework of any right file: one mistake planted in a line of it, and the key to it."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..checks.bench.lines.planting import planted
from ..checks.gradients import check_gradients
from ..common.arrays import flatten, unflatten
from ..common.errors import UserError
from ..files.loading import Found, find, load
from ..files.process import run
from ..files.raised import told

TRIED = 12  # mistakes, of which one is taken by the student's name


@dataclass(frozen=True)
class Homework:
    """A file with one mistake.

    text: the file.  line: where the mistake is, right and wrong: that statement.  kind: what was changed.  arrays: the
    gradients that are off.
    """

    text: str
    line: int
    right: str
    wrong: str
    kind: str
    arrays: tuple[str, ...]


def homework(path: Path, function: str | None, student: str) -> Homework:
    """Return the file with a mistake in it, drawn by the student's name.

    Raises UserError where the file is not right, or no mistake can be planted in it.
    """
    run(path, function)  # in a process of its own, which tells what raises, loops or ends there
    with told(str(path)):
        found = find(load(str(path)), function)
        report = check_gradients(found.hand, found.params, found.x, found.y)
        if not report.ok:
            raise UserError(
                f"{path.name} is not right yet, and homework is made of a right file: {report.diagnosis}"
            )
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"{path.name} is in another encoding than UTF-8: save it as UTF-8") from error
        seed = zlib.crc32(student.encode("utf-8", "surrogateescape"))
        mistakes = planted(text, seed, TRIED, lambda source: _module(source, path, found))
    if not mistakes:
        raise UserError(
            f"no mistake can be planted in {path.name}: no line of it runs in the backward pass alone"
        )
    chosen = mistakes[seed % len(mistakes)]
    return Homework(chosen.source, chosen.line, chosen.before, chosen.after, chosen.kind, chosen.changed)


def _module(source: str, path: Path, found: Found) -> ModuleType:
    """Run a text as the file's module, with what planting asks of one: `backward`, its inputs, and others near them."""
    module: Any = ModuleType(path.stem)
    module.__file__ = f"<{path.name}>"
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    hand = _function(module, found.name)
    hand = find(module, found.name).hand if isinstance(hand, type) else hand
    hand = getattr(hand, "loss_and_grads", hand)  # of an object

    def drawn(rng: np.random.Generator, scale: float = 1.0) -> Any:
        flat = flatten(found.params)
        moved = {n: a * (1 + 0.3 * rng.standard_normal(a.shape)) for n, a in flat.items()}
        return unflatten({n: np.asarray(a) for n, a in moved.items()}, found.params)

    module.backward = lambda params, x, y: hand(*[a for a in (params, x, y) if a is not None])[:2]
    module.params, module.x, module.y = found.params, found.x, found.y
    module.draw = drawn
    module.batch = lambda rng, n: (found.x, found.y)
    return module


def _function(module: ModuleType, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    return value
