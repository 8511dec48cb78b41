"""The further losses that the user gave, for torch, jax or NumPy, as witnesses."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from ...common.arrays import unflatten
from ...common.errors import UserError
from ...user.raised import reported
from ...witnesses import Arrays, absent
from ...witnesses.reference import draws_for
from ...witnesses.rounding.units import units
from ..check import GradientCheck
from .network import is_convention, points_nearby
from .witnesses import Loss, differenced, with_own


def from_losses(check: GradientCheck) -> GradientCheck:
    """Ask the further losses: those for torch and jax are differentiated by the framework, NumPy's is differenced."""
    for who, loss in (("torch", check.torch_loss), ("jax", check.jax_loss)):
        if loss is not None:
            check = _from_framework(check, who, loss)
    if check.numpy_loss is None:
        return check
    value = _numpy_value(check, check.numpy_loss)
    found = replace(differenced(check, value), name="numpy_loss")
    found = replace(found.scaled(_scale(check, found.loss, value)), units=check.own)
    return check.but(witnesses=[*check.witnesses, found])


def _from_framework(check: GradientCheck, who: str, loss: Any) -> GradientCheck:
    if absent(who):
        raise UserError(f"{who}_loss cannot be used: {absent(who)}")
    if not callable(loss) and not hasattr(loss, "bound"):
        raise UserError(f"{who}_loss is {type(loss).__name__}: a function (params, x, y) -> scalar is needed")
    module, subject, many = import_module(f"compare.witnesses.{who}"), check.subject, check.many
    of_leaves, said = _of_leaves(check, who, loss)
    with reported(f"{who}_loss"):
        found = module.evidence(of_leaves, subject.flat, subject.batch)
    case = (of_leaves, subject.flat, subject.batch, check.coarsest, draws_for(subject.flat), check.seed, many)
    rounding = units(module.noise(*case), found.arrays, check.coarsest, many)
    scale = _scale(check, found.loss, lambda at: module.evidence(of_leaves, at, subject.batch).loss)
    found = replace(found, units=rounding).scaled(scale)
    found = replace(found, units=with_own(check.own, found.units, many))
    assumed = [*check.answer.assumed, *(s for s in said if s not in check.answer.assumed)]
    return check.but(witnesses=[*check.witnesses, found], answer=replace(check.answer, assumed=assumed))


def _of_leaves(check: GradientCheck, who: str, loss: Any) -> tuple[Callable[..., Any], list[str]]:
    """Return the loss as a function of ({name: leaf}, x, y), and what was assumed."""
    if who == "torch" and hasattr(loss, "named_parameters"):
        from ...user.modules import module_loss

        loss = module_loss(loss)
    if hasattr(loss, "bound"):
        return loss.bound(check.subject, check.answer.loss)

    def of_leaves(leaves: Any, *inputs: Any) -> Any:
        value = loss(unflatten(leaves, check.subject.like), *inputs)
        if who == "torch" and (not hasattr(value, "backward") or value.numel() != 1):
            raise UserError(f"torch_loss returned {_what(value)}: a tensor of one number is needed")
        return value.reshape(()) if who == "torch" else value

    return of_leaves, []


def _numpy_value(check: GradientCheck, loss: Callable[..., Any]) -> Loss:
    """Return numpy_loss as a function of the parameters; it raises UserError where the loss is no number."""

    def value(flat: Arrays) -> float:
        with reported("numpy_loss"):
            found = loss(unflatten(flat, check.subject.like), *check.subject.batch)
        if np.size(found) != 1 or np.asarray(found).dtype.kind not in "fiub":
            raise UserError(f"numpy_loss returned {_what(found)}: one number is needed")
        return float(np.reshape(found, ()))

    return value


def _what(value: Any) -> str:
    """Describe a returned value: 'float', or 'a Tensor of shape (8,)'."""
    kind = type(value).__name__
    return f"{kind} of shape {tuple(value.shape)}" if hasattr(value, "shape") else kind


def _scale(check: GradientCheck, other: float, value: Loss) -> float:
    """Return c with the user's loss c times the other one, here and at two more points; 1 where there is no such c."""
    subject, mine = check.subject, check.answer.loss
    if (
        check.trio is not None
        or not subject.function
        or mine is None
        or not other
        or not np.isfinite([other, mine]).all()
    ):
        return 1.0
    room, c = 1e3 * np.finfo(check.coarsest).eps, mine / other
    if abs(c - 1) <= room or not is_convention(c):
        return 1.0
    for point in points_nearby(subject.flat, check.seed, 2):
        here = float(subject.loss(point))
        if not abs(here - c * value(point)) <= room * max(abs(here), 1e-3 * c):
            return 1.0
    return c
