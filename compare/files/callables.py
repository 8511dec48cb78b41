"""Find the functions of a module that may be a gradient (params, x, y) -> (loss, gradients), and how to call each."""

import inspect
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..common.errors import UserError
from ..user.forms.passes import called_as_is
from ..user.forms.roles import contradicted
from .lacking import signature_of

TELLING = re.compile(r"grad|back|deriv", re.IGNORECASE)
# These return no gradients.
MAKING = re.compile(
    r"init|make_|create|build|load|plot|generate|random|updat|train|predict|fit_|accura", re.IGNORECASE
)
HOLDER = "with_params_"  # begins the name of an adapter of a method whose object holds the parameters
METHODS = ("loss_and_grads", "loss_and_gradients", "backward", "backprop", "loss")


def plausible(module: ModuleType) -> dict[str, Any]:
    """Return {name: function or object} that could be a gradient (params, x, y) -> (loss, grads).

    Where several take three arguments, only those with a telling name.
    """
    own = {n: v for n, v in vars(module).items() if not n.startswith("_") and n != "example"}
    functions = {
        n: v
        for n, v in own.items()
        if inspect.isfunction(v) and v.__module__ == module.__name__ and takes(v) and not contradicted(v)
    }
    making = {n for n in functions if MAKING.match(n)}
    if functions.keys() - making:
        functions = {n: v for n, v in functions.items() if n not in making}
    else:  # train(params, x, y) may return them after all
        functions = {
            n: v for n, v in functions.items() if next(iter(inspect.signature(v).parameters)) == "params"
        }
    classes = {
        n: v
        for n, v in own.items()
        if inspect.isclass(v) and v.__module__ == module.__name__ and hasattr(v, "loss_and_grads")
    }
    objects = {n: v for n, v in own.items() if isinstance(v, tuple(classes.values()))}
    made = objects or {n: instance(v, n) for n, v in classes.items()}
    found = functions | {n: v for n, v in made.items() if called_as_is(v)}
    telling = {n: v for n, v in found.items() if TELLING.search(n) or n not in functions}
    return telling if telling and len(found) > 1 else found


def takes(function: Callable[..., Any], count: int = 3) -> bool:
    """Return whether a function can be called with `count` positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def called(hand: Any, name: str, count: int = 3) -> Any:
    """Return a function of (params, x, y), or an object with loss_and_grads of them; count: 2 where there is no y.

    Of another object, its method is returned; a method of (x, y) gets params as an attribute of its object.
    """
    if not callable(hand) or not inspect.isroutine(hand):
        method = next((m for m in METHODS if hasattr(hand, m)), None)
        if method is None:
            raise UserError(
                f"{name} is neither a function (params, x, y) -> (loss, gradients) "
                "nor an object with the method loss_and_grads"
            )
        if method == "loss_and_grads" and takes(hand.loss_and_grads):
            return hand
        return called(getattr(hand, method), f"{name}.{method}")
    if takes(hand, count):
        return hand
    owner = getattr(hand, "__self__", None)
    if owner is not None and hasattr(owner, "params") and takes(hand, 2):

        def with_params(params: Any, x: Any, y: Any) -> Any:
            owner.params = params
            return hand(x, y)

        with_params.__name__ = HOLDER + hand.__name__
        return with_params
    raise UserError(f"{name}{signature_of(hand)} cannot be called with (params, x, y)")


def instance(cls: type, name: str) -> Any:
    try:
        return cls()
    except TypeError as error:
        raise UserError(f"{name} is a class that needs arguments ({error}); make an object of it") from error
