"""check_vjp: a hand-written backward of one operation, as research code keeps them inside the frameworks."""

from collections.abc import Callable
from typing import Any

from ..common.errors import UserError
from ..judge.report import Report
from ..user.operation import Given
from ..user.second import backward_of
from .check import Stage, run
from .stages.cotangents import linear_in_cotangent
from .stages.kinks import excused
from .stages.operation_names import named_operation, named_pair
from .stages.operations import (
    VjpCheck,
    along_inputs,
    described_each,
    forward_judged,
    from_operation,
    judged_operation,
)
from .stages.pairs import placed_in_pair, recorded_pair
from .stages.repeats import pulled_again, steady
from .stages.rewritten import mended_in_source
from .stages.sliced import placed_in_source
from .stages.tolerances import beside_tolerances
from .stages.widened import judged_in_float64
from .sweep import swept

STAGES: tuple[Stage[VjpCheck], ...] = (
    forward_judged,
    pulled_again,
    recorded_pair,
    from_operation,
    steady,
    judged_operation,
    judged_in_float64,
    excused,
    linear_in_cotangent,
    described_each,
    named_operation,
    placed_in_pair,
    named_pair,
    placed_in_source,
    mended_in_source,
    along_inputs,
    beside_tolerances,
)


SECOND = "Second order: the gradients of the backward's own results, by the inputs and by the cotangent"


def check_vjp(
    op: Any,
    *inputs: Any,
    reference: Callable[..., Any] | None = None,
    cotangent: Any = None,
    seed: int = 0,
    sweep: bool = False,
    order: int = 1,
) -> Report:
    """Check whether the hand-written backward of one operation is its vector-Jacobian product.

    op: a torch.autograd.Function subclass (old style, or with setup_context), a jax.custom_vjp function, or a
        pair (forward, backward) of NumPy functions: backward(cotangent, *inputs), or backward(cotangent, cache)
        where forward returns (output, cache), also with several outputs; it returns one gradient for each input,
        or a dict by name. Or an object with forward(x) and backward(cotangent) that keeps gradients beside its
        parameters: self.dW of self.W, self.grads["W"] of self.params["W"].
    inputs: its arguments. Floating arrays are differentiated, also those in dicts, lists and tuples
        (`params.W`); the report says which of the others were not.
    reference: a plain implementation in the same framework, to be differentiated by it; else the op's own
        forward is differenced.
    cotangent: what the output is multiplied with, an array or one for each output; else random normal.
    order: 2 to judge the double backward too: the derivatives of the gradients by inputs and cotangents, in torch or
        jax. Its arrays are judged where those of the first order are right.
    sweep: check it at other shapes, layouts, types and cotangents too; the report is of the smallest case that fails.

    Arrays have the names of the op's arguments. Returns a Report. Raises UserError where the input is unusable.
    """
    return answered(Given(op, inputs, reference, cotangent, seed), sweep, order)


def answered(given: Given, sweep: bool, order: int, about: dict[str, Any] | None = None) -> Report:
    """Return the Report on a call of check_vjp; about: further entries of the report's."""
    if order not in (1, 2):
        raise UserError(f"order={order}: 1 or 2 is needed")
    known = about or {}

    def judge(case: Given, found: dict[str, Any] | None = None, diagnosis: str | None = None) -> Report:
        return judged_case(case, known | (found or {}), diagnosis)

    first = swept(given, judge) if sweep else judge(given)
    if order == 1 or not first.ok:
        return first
    taken = ". ".join(filter(None, [known.get("taken"), SECOND]))
    return judge(backward_of(given), {"order": 2, "taken": taken, "first": first.about})


def assert_vjp_correct(op: Any, *inputs: Any, **options: Any) -> Report:
    """Run `check_vjp` in a test: raise AssertionError, whose text is the report, unless every array passes."""
    __tracebackhide__ = True
    return check_vjp(op, *inputs, **options).raise_if_wrong()


def judged_case(given: Given, about: dict[str, Any] | None = None, diagnosis: str | None = None) -> Report:
    """Check one case of an operation; about, diagnosis: what is known of it."""
    operation = given.operation()
    known = {"data": None, "framework": operation.op.framework} | (about or {})
    check = VjpCheck(
        operation, operation.answer(), given.seed, about=known, plain=given.reference, diagnosis=diagnosis
    )
    return run(check, STAGES)
