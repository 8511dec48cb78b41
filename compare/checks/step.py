"""check_step: a training step, judged by the gradient that its update contains."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..common.errors import UserError
from ..judge.report import Report
from ..trace.recording.kept import Kept
from ..user.returned import is_number
from ..user.subject import Subject
from .check import Stage, run
from .stages.network import input_warnings, referenced
from .stages.optimizers import rule_judged, rule_of, walked
from .stages.step_lines import placed_in_step
from .stages.step_names import gradients_returned, named_in_step, signs_only
from .stages.steps import StepCheck, excused_in_step, rated, stepped, witnessed
from .stages.verdicts import judged

DESCENT: tuple[Stage[StepCheck], ...] = (
    stepped,
    referenced,
    witnessed,
    input_warnings,
    gradients_returned,
    signs_only,
    rated,
    judged,
    excused_in_step,
    named_in_step,
    placed_in_step,
)
RULE: tuple[Stage[StepCheck], ...] = (walked, referenced, rule_judged, placed_in_step, input_warnings)


def check_step(
    update: Callable[..., Any],
    params: Any,
    x: Any,
    y: Any = None,
    rate: float | None = None,
    network: Any = None,
    seed: int = 0,
    optimizer: Any = None,
) -> Report:
    """Check whether one training step goes down the gradient and, if not, name the line that is wrong.

    update: a function (params, x, y) -> the new parameters, or (new parameters, loss) in either order, or None
        where it changes the ones it was given.
    params, x, y: as `check_gradients` takes them.  rate: the learning rate; else fitted, one number for all arrays.
    network: the network meant; else it is recognised from the loss that update returns, or that loss differenced.

    optimizer: the rule meant, of manual.optimizers (Adam(rate=0.01), ...); then update is called five times in a
        row, which begins its memory, so it must not have been called before. Published forms of the rule pass (Adam
        with epsilon-hat, Adagrad from 0); of other updates the rule and its constants are named where they fit.

    Without an optimizer the step must be plain gradient descent, params - rate * gradient. Returns a Report on the
    gradients (params - new) / rate, or on the steps. Raises UserError where the input is unusable.
    """
    rule, stages = None, DESCENT
    if optimizer is not None:
        rule = rule_of(optimizer)
        if rule.slots or callable(rule.rate) or rule.clip is not None:
            rate, stages = None, RULE
        else:
            rate = rule.rate
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        raise UserError(f"rate is {rate}: a positive number is needed")
    subject = Subject(_returning(update), params, x, y)
    kept = _kept(update)
    answer = replace(subject.answer(), deltas={}, assumed=subject.assumed)
    about = {"data": None, "rate": rate}
    check = StepCheck(
        subject, answer, seed, network, about, update=update, kept=kept, rate=rate, optimizer=rule
    )
    return run(check, stages)


def _kept(update: Callable[..., Any]) -> Kept | None:
    """Return a copy of what update keeps between its calls, or None where that cannot be made."""
    try:
        return Kept(update)
    except Exception:  # a user's object that cannot be looked into: the line stays unknown
        return None


def _returning(update: Callable[..., Any]) -> Callable[..., Any]:
    """Return `update` with the parameters it was given in the place of a None it returns."""
    if not callable(update):
        raise UserError(f"update is {type(update).__name__}: a function (params, x, y) is needed")

    def run(params: Any, *batch: Any) -> Any:
        result = update(params, *batch)
        if result is None:
            return params
        return (result, params) if is_number(result) else result

    run.__wrapped__ = update  # type: ignore[attr-defined]
    run.__name__ = getattr(update, "__name__", "update")
    return run
