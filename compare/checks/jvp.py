"""check_jvp: a hand-written forward rule of one operation, and whether it and the backward are of one matrix."""

from collections.abc import Callable
from typing import Any

from ..common.errors import UserError
from ..judge.report import Report
from ..user.operation import Operation
from ..user.subject import Answer
from .check import Stage, run
from .stages.operations import VjpCheck
from .stages.pushes import beside_backward, pushed

STAGES: tuple[Stage[VjpCheck], ...] = (pushed, beside_backward)


def check_jvp(op: Any, *inputs: Any, reference: Callable[..., Any] | None = None, seed: int = 0) -> Report:
    """Check whether the forward rule of an operation is its Jacobian-vector product.

    op: a jax.custom_jvp function, a torch.autograd.Function with a `jvp`, or a function of either framework.
    inputs, reference: as in `check_vjp`; without a reference the forward is differenced along the direction.

    The report has J u for each output, u random, and in about["dot_product"] <J u, v> beside <u, J^T v> of the
    operation's own backward. Raises UserError where the input is unusable, or there is no forward rule.
    """
    operation = Operation(op, inputs, None, seed)
    if operation.op.framework == "numpy":
        raise UserError("check_jvp needs an operation of torch or jax: a NumPy pair has no forward rule")
    about = {"data": None, "framework": operation.op.framework}
    return run(VjpCheck(operation, Answer(None, {}, {}, []), seed, about=about, plain=reference), STAGES)
