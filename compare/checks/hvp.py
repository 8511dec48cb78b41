"""check_hvp: a Hessian-vector product that the user derived, as the gradient of the slope of the loss along v."""

from collections.abc import Callable
from typing import Any

from manual import MLP

from ..common.errors import UserError
from ..judge.report import Report
from ..networks.second import along
from ..user.slope import Slope
from ..user.subject import Subject
from .check import GradientCheck, run
from .gradients import STAGES, WITNESSES, check_gradients
from .stages.lines import placed
from .stages.reproduction import reproduced
from .stages.rules import rules_apart

# R{da} is the derivative of the slope by no value of the gradient's run, so a line cannot be cleared, or blamed, by it;
# and the user has no function that returns the slope, by which to reproduce an entry.
LEFT_OUT = (placed, reproduced, rules_apart)

SECOND = (
    "Each array is that of H v, the Hessian times v: the gradient of <dL/dp, v>, the slope of your loss along v by "
    "your own gradient"
)
FIRST = "The gradient itself is not right; H v was not looked at"


def check_hvp(
    product: Callable[..., Any],
    hand: Any,
    params: Any,
    x: Any = None,
    y: Any = None,
    v: Any = None,
    *,
    network: MLP | None = None,
    torch_loss: Callable[..., Any] | None = None,
    jax_loss: Callable[..., Any] | None = None,
    seed: int = 0,
) -> Report:
    """Check whether a hand-written product is the Hessian of the loss times a vector.

    product: a function (params, x, y, v) -> H v, a nest like params; without what is None, as `hand` is called.
    hand: a function (params, x, y) -> (loss, grads), or an object with `loss_and_grads`. It is checked first: where
        the gradient is not right, the report is of the gradient.
    v: the direction, a nest like params; else random normal.
    network: the manual.MLP meant: torch and jax take part, and a rule R{.} that is wrong is named.
    torch_loss, jax_loss: the loss (params, x, y) -> scalar in that framework, as further witnesses.

    H v is the gradient of <dL/dp, v> (Pearlmutter 1994), and judged as `check_gradients` judges one: by the record of
    your gradient's own operations, by differences, by the frameworks. Returns a Report. Raises UserError where the
    input is unusable.
    """
    if not callable(product):
        raise UserError(f"product is {type(product).__name__}: a function (params, x, y, v) -> H v is needed")
    subject = Subject(hand, params, x, y)
    if subject.function is None:
        raise UserError("hand is needed as a function (params, x, y) -> (loss, grads): H v is its derivative")
    losses: dict[str, Any] = {"torch_loss": torch_loss, "jax_loss": jax_loss}
    if network is not None and type(network) is not MLP:
        raise UserError(
            f"network is {type(network).__name__}: a manual.MLP has a second order by hand, no other"
        )
    first = check_gradients(hand, params, x, y, network=network, seed=seed, about={"taken": FIRST}, **losses)
    if not first.ok:
        return first
    slope = Slope(subject, v, seed)
    makers = {"torch_loss": slope.in_torch, "jax_loss": slope.in_jax}
    losses = {name: loss and makers[name](loss) for name, loss in losses.items()}
    second = Subject(slope.by_hand(product), params, x, y)
    curved = None if network is None else along(network, slope.v)
    about = {"product": True, "taken": SECOND, "first": first.about}
    options: dict[str, Any] = {
        "seed": seed,
        "network": curved,
        "about": about,
        "wanted": frozenset(WITNESSES),
    }
    return run(
        GradientCheck(second, second.answer(), **losses, **options), [s for s in STAGES if s not in LEFT_OUT]
    )
