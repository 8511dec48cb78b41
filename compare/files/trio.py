"""A user's file that holds one network two or three times, read as a Trio."""

from pathlib import Path
from types import ModuleType
from typing import Any

from ..common.errors import UserError
from ..user.raised import in_a_line
from ..user.trio.trio import Trio
from .loading import load
from .raised import place

HAND, TORCH, JAX = ("hand",), ("torch_loss", "torch_model"), ("jax_loss", "jax_model", "jax_params")


def read(file: str | Path) -> Trio:
    """Return the Trio of a file. Raises UserError with what is missing; what the file itself raises goes through."""
    module = load(file)
    try:
        return of_module(module, Path(file))
    except UserError:
        raise
    except Exception as error:
        if place(error, str(file)):
            raise
        raise UserError(f"{Path(file).name}: its versions cannot be read: {in_a_line(error)}") from error


def of_module(module: ModuleType, file: Path) -> Trio:
    """Return the Trio of a loaded file.

    Names that are read: hand, torch_model, torch_loss, jax_model or jax_params, jax_loss, jax_state, params, state,
    batch or x and y, names, hand_update, torch_update, jax_update, and hand_executions, torch_executions,
    jax_executions, torch_worker, jax_worker.
    """

    made = [v for v in vars(module).values() if isinstance(v, Trio)]
    if len(made) == 1:  # a program that makes one itself
        made[0].file = str(file)
        return made[0]

    def value(*names: str) -> Any:
        return next((getattr(module, n) for n in names if getattr(module, n, None) is not None), None)

    if not any(hasattr(module, n) for n in (*HAND, *TORCH, *JAX)):
        raise UserError(
            f"{file.name} has no hand, torch_loss, torch_model or jax_loss: "
            f"threeways check --init FILE --style three writes a file to start from; "
            f"for a derivation alone: threeways check {file.name}"
        )
    torch_version, tree = value("torch_loss"), value("jax_model", "jax_params")
    if value("torch_model") is not None:
        torch_version = (value("torch_model"), torch_version)
    jax_version = value("jax_loss")
    if tree is not None:
        if jax_version is None:
            raise UserError(f"{file.name} has jax_model and no jax_loss: a function (model, x, y) -> scalar")
        jax_version = (tree, jax_version)
    batch = value("batch")
    if batch is None and value("x") is not None and value("y") is not None:
        batch = (value("x"), value("y"))
    if batch is None:
        raise UserError(f"{file.name} has no data: x and y, or a function batch(rng) that returns (x, y)")
    return Trio(
        hand=value("hand"),
        torch=torch_version,
        jax=jax_version,
        params=value("params"),
        batch=batch,
        state=value("state"),
        jax_state=value("jax_state"),
        update={who: value(f"{who}_update") for who in ("hand", "torch", "jax")},
        names=value("names"),
        executions={who: value(f"{who}_executions") for who in ("hand", "torch", "jax")},
        workers={who: value(f"{who}_worker") for who in ("torch", "jax")},
        name=file.name,
        file=str(file),
    )
