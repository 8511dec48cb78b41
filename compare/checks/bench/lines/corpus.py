"""Load the hand-written backward passes of functions/: self-contained files in the styles of public code.

Each file defines

    backward(params, x, y) -> (loss, grads)     grads is a nest of the form of params
    draw(rng, scale=1.0) -> params              params of another draw
    batch(rng, n) -> (x, y)                     a batch of n samples, or a sequence of n steps
    params, x, y                                small, from a seeded generator

where y may be None: then backward(params, x) is enough. A file whose code cannot run on tensors as it stands defines
torch_loss(params, x, y) too, the loss on tensors. The first line of its docstring is "Kind: style".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "functions"


@dataclass(frozen=True)
class Function:
    """The file of one backward pass: its name, its kind of model, the style it is written in, its text."""

    name: str
    kind: str
    style: str
    source: str


def functions() -> dict[str, Function]:
    """Return {name: Function} of every file of functions/, sorted by name."""
    return {path.stem: _function(path) for path in sorted(FOLDER.glob("[a-z]*.py"))}


def load(source: str, name: str = "user") -> ModuleType:
    """Run the text as a module of its own, outside sys.modules; the text is kept as its `__source__`."""
    module = ModuleType(name)
    module.__file__ = f"<{name}>"
    module.__dict__["__source__"] = source
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return module


def points(
    module: ModuleType, seed: int = 0, drawn: int = 1, batch: int = 5
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (params, x, y): first the module's own, then `drawn` others of `batch` samples from the seed."""
    yield module.params, module.x, module.y
    for i in range(drawn):
        rng = np.random.default_rng([seed, i])
        yield module.draw(rng), *module.batch(rng, batch)


def _function(path: Path) -> Function:
    source = path.read_text(encoding="utf-8")
    kind, _, style = source.split('"""')[1].partition("\n")[0].partition(": ")
    return Function(path.stem, kind, style, source)
