"""A loaded file's operation judged: its backward is checked at the file's own inputs."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from manual import optimizers

from ..checks.step import check_step
from ..checks.vjp import answered
from ..common.errors import UserError, nearest
from ..judge.report import Report
from ..user.operation import Given
from .guard import Guard

INTERPRETED = (
    "The kernel ran in Triton's interpreter on the CPU, block after block: races between blocks and the order of real "
    "atomics cannot be seen"
)
GPU = Path("/dev/nvidia0")
TRITON = r"^\s*(from\s+triton\b|import\s+([\w.]+(\s+as\s+\w+)?\s*,\s*)*triton\b)"


@dataclass(frozen=True)
class Asked:
    """Options for the check of an operation: the reference's name, and the options of check_vjp.

    rule: given where the function is an update, which check_step judges: {"name": "Adam", "rate": 0.01} of
    manual.optimizers, or {} for plain descent.
    """

    reference: str | None = None
    sweep: bool = False
    order: int = 1
    interpreted: bool = False
    rule: dict[str, Any] | None = None


def interpreter_needed(file: str | Path) -> bool:
    """Return whether a file imports triton and needs its interpreter: the user asks for it, or there is no GPU."""
    try:
        source = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:  # loading says so
        return False
    wanted = os.environ.get("TRITON_INTERPRET") == "1" or not GPU.exists()
    return wanted and re.search(TRITON, source, re.MULTILINE) is not None


def alone(module: ModuleType, function: str | None) -> str | None:
    """Return the name of the operation that a file is about in which no gradient was found; None where there is none.

    An operation is a torch.autograd.Function or a jax.custom_vjp: `function`, or the only one of a file that says its
    inputs. Raises UserError where there are several.
    """
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    found = [
        n
        for n, v in vars(module).items()
        if getattr(v, "__module__", None) == module.__name__
        and (
            (torch is not None and isinstance(v, type) and issubclass(v, torch.autograd.Function))
            or (jax is not None and isinstance(v, jax.custom_vjp))
        )
    ]
    if function is not None:
        return function if function in found else None
    if not found or not (callable(getattr(module, "example", None)) or hasattr(module, "inputs")):
        return None
    if len(found) > 1:
        said = "\n".join(f"  threeways check {module.__file__}:{name}" for name in found)
        raise UserError(f"{Path(str(module.__file__)).name} has {len(found)} operations; say which:\n{said}")
    return found[0]


def by_default() -> Asked:
    """Return how an operation is checked for which nothing was asked."""
    return Asked(interpreted="triton" in sys.modules and os.environ.get("TRITON_INTERPRET") == "1")


def judge(module: ModuleType, guard: Guard, function: str | None, asked: Asked) -> Report:
    """Return the Report on the operation `function` at what `example()` returns, or at `inputs`."""
    op = _named(module, function, "FILE:NAME names the operation to check")
    plain = None if asked.reference is None else _named(module, asked.reference, "--reference")
    with guard:
        inputs = (
            module.example()
            if callable(getattr(module, "example", None))
            else getattr(module, "inputs", None)
        )
        if not isinstance(inputs, (tuple, list)):
            raise UserError(
                f"{Path(guard.file).name}: the operation's inputs are needed: example() that returns them as a tuple, "
                "or inputs = (...)"
            )
        if asked.rule is not None:
            return _step(op, inputs, asked.rule)
        about = {"file": guard.file, "function": function}
        about |= {"taken": INTERPRETED} if asked.interpreted else {}
        return answered(Given(op, inputs, plain), asked.sweep, asked.order, about)


def _step(update: Any, inputs: Any, rule: dict[str, Any]) -> Report:
    settings = dict(rule)
    name = settings.pop("name", None)
    if not 2 <= len(inputs) <= 3:
        raise UserError(f"{len(inputs)} inputs: an update takes (params, x) or (params, x, y)")
    params, x, y = (*inputs, None)[:3]
    rule_meant = getattr(optimizers, name)(**settings) if name else None
    return check_step(update, params, x, y, optimizer=rule_meant)


def _named(module: ModuleType, name: str | None, what: str) -> Any:
    known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
    if name is None:
        raise UserError(f"{what}: known are {', '.join(known)}")
    if not hasattr(module, name):
        raise UserError(f"{what}: there is no {name!r}: {nearest(name, known)}")
    return getattr(module, name)
