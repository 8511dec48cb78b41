"""Read the role of a value from its name: batch, targets, output, loss, or the gradient of a parameter."""

import re
from collections.abc import Callable, Iterable
from inspect import Parameter, signature
from typing import Any

from ..matching import undecorated

# The likeliest first.
_INPUTS = (
    "X x inputs input data features X_train x_train train_X train_x Xtrain xtrain X_batch x_batch Xb xb xs Xs images "
    "batch_x batch_X"
)
_TARGETS = (
    "Y y targets target labels label t T y_train Y_train train_Y train_y ytrain Ytrain y_batch Y_batch yb Yb ys Ys "
    "y_true Y_true batch_y batch_Y"
)
INPUTS, TARGETS = tuple(_INPUTS.split()), tuple(_TARGETS.split())
WHOLE = ("params", "parameters", "theta", "weights", "model", "w", "W", "p", "Theta")
CACHE = re.compile(r"caches?|memory|ctx|intermediates?|acts?|activations?", re.IGNORECASE)
OUTPUT = re.compile(
    r"a\d*|al|o|y_?hat|y_?pred\w*|pred\w*|outs?|outputs?|out_?\w*|prob\w*|scores?|logits|h|yh|p|x_?out|z\d*|activations?",
    re.IGNORECASE,
)
MADE = re.compile(r"pred\w*|y_?hat|y_?pred\w*|outputs?|scores|logits|d_?out\w*|dA|dZ", re.IGNORECASE)
UPSTREAM = re.compile(
    r"d_?out\w*|d_?y\w*|d_?a\w*|d_?scores|d_?logits|grad\w*|delta\w*|up\w*|d_?loss|d|dl\w*|g", re.IGNORECASE
)
LOSS = re.compile(
    r"loss|cost|error|objective|(?:^|_)nll|mse|mae|bce|hinge|entropy|energy|criterion|likelihood",
    re.IGNORECASE,
)
LOSS_WHOLE = ("J", "L", "E", "f", "fun", "func", "obj", "err")
GRADIENT = re.compile(
    r"grad|back|deriv|jac|propagate|nabla|(?-i:^d[A-Z])|^d_?f|prime$|_der$|^jac$"
    r"|^d_?(sig|tanh|relu|soft|act|[wb]\d*$)|^d(loss|cost|mse|err|nll|obj)",
    re.IGNORECASE,
)
USES = re.compile(
    r"check|test|numer|approx|descent|ascent|clip|plot|train|updat|verif|optimi[sz]|^(zero|reset|clear)",
    re.IGNORECASE,
)
UPDATES = re.compile(r"updat|step|optimi[sz]|apply", re.IGNORECASE)
FORWARD = re.compile(r"forward|predict|feed|hypothesis|infer|__call__|^model$|^net$", re.IGNORECASE)
RATE = re.compile(
    r"lr\d*|l_?r|alpha\w*|eta|learn\w*|(l|train\w*_?|update_?)?rate|step_?(size|length)|step|epsilon",
    re.IGNORECASE,
)
PLURAL = {"w": "weights", "b": "biases"}
WEIGHT = re.compile(r"[WUVwb]|[WwUVb]_?\d+|[WU][a-z]{1,3}|b[a-z]|theta_?\d+|bias(es)?\d*|[wb]_\w+")


def is_rate(name: str) -> bool:
    """Return whether a name is that of a learning rate."""
    return bool(re.fullmatch(RATE, name))


def is_loss(name: str) -> bool:
    """Return whether a name is that of a loss: `compute_cost`, `J`, but not `loss_grad`."""
    return name in LOSS_WHOLE or bool(
        LOSS.search(name) and not GRADIENT.search(name) and not USES.search(name)
    )


def is_gradient(name: str) -> bool:
    """Return whether a function's name is that of a gradient or a backward pass, and not of what uses or checks one."""
    forward = "forward" in name.lower() and "back" not in name.lower()
    return bool(GRADIENT.search(name) and not USES.search(name) and not forward)


def role(name: str) -> str | None:
    """Return "x", "y", "cache", "params" or "weight" for an argument's name; None where it says nothing."""
    if name in INPUTS:
        return "x"
    if name in TARGETS:
        return "y"
    if re.fullmatch(CACHE, name):
        return "cache"
    if name in WHOLE:
        return "params"
    return "weight" if re.fullmatch(WEIGHT, name) else None


def arguments(function: Callable[..., Any]) -> list[Parameter] | None:
    """Return the arguments of a function that can be given; None where they are not known or it takes any."""
    try:
        found = list(signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in found):
        return None
    return [p for p in found if p.kind is not p.VAR_KEYWORD]


def contradicted(function: Callable[..., Any]) -> bool:
    """Return whether the arguments' names say that a function is not called as (params, x, y): forward(W, b, X)."""
    given = arguments(function) or []
    roles = [role(p.name) for p in given][:3]
    if len(roles) < 3:
        return False
    if re.fullmatch(MADE, given[0].name) or any(is_gradient(p.name) or is_rate(p.name) for p in given[1:3]):
        return True
    first, second, third = roles
    return (
        first in ("x", "y", "cache")
        or second in ("weight", "params", "cache", "y")
        or third in ("x", "params", "cache")
        or (third == "weight" and first == "weight")
    )


def gradient_of(name: str, known: Iterable[str]) -> str | None:
    """Return the parameter that a gradient's name belongs to: W1 for dW1, grad_W1, W1_grad and nabla_W1."""
    lower = {k.lower(): k for k in known}
    if name.lower() in lower:
        return lower[name.lower()]
    for form in undecorated(name):
        if form in lower:
            return lower[form]
        plural = PLURAL.get(form.removesuffix("s"))
        if plural in lower:
            return lower[plural]
    return None


def gradient_names(name: str) -> list[str]:
    """Return the names that the gradient of `name` may have, the likeliest first."""
    return [
        f"d{name}", f"d_{name}", f"grad_{name}", f"{name}_grad", f"g{name}", f"g_{name}", f"nabla_{name}",
        f"delta_{name}", f"D{name}", f"D_{name}", f"grad{name}", f"{name}_gradient", f"{name}grad", f"{name}Grad",
        f"d{name.lower()}",
    ]  # fmt: skip
