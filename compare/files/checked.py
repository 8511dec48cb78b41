"""A loaded file judged: its function is checked at its own inputs."""

import inspect
import warnings
from dataclasses import replace
from types import ModuleType
from typing import Any

from ..checks.gradients import check_gradients
from ..judge.report import Report
from ..user.subject import Subject
from .callables import HOLDER
from .elsewhere import also_elsewhere
from .finding import Found, as_found, find
from .guard import Guard


def judge(
    module: ModuleType,
    guard: Guard,
    function: str | None = None,
    inputs: tuple[Any, Any, Any] | None = None,
    certify: bool = False,
) -> Report:
    """Return the Report on `function` of a module, or on the one function it has, at `inputs` or at its own."""
    with guard:
        found = find(module, function, inputs)
    report, adapter = _judged(module, guard, found, certify), found.adapter
    right: list[str] = []
    while report.ok and adapter is not None and adapter.following is not None:
        right.append(adapter.loss)
        adapter = adapter.following
        report = _judged(module, guard, as_found(adapter), certify)
    if right:
        said = f"{report.about['taken']}; checked before it, and right: loss {', '.join(right)}"
        report = replace(report, about=report.about | {"taken": said})
    return report


def _judged(module: ModuleType, guard: Guard, found: Found, certify: bool) -> Report:
    if found.adapter is not None:
        found.adapter.show_source()
    with guard:
        Subject(found.hand, found.params, found.x, found.y)  # what reading them runs is the user's too
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the function is called at other parameters too
        adapter = found.adapter
        told = {} if adapter is None else adapter.about
        options: dict[str, Any] = {"certify": certify, "about": told}
        if adapter is not None and adapter.values is not None:
            options["about"] = told | {"file": guard.file, "places": adapter.places}
            report = check_gradients(found.hand, found.params, torch_loss=adapter.torch_loss, **options)
        else:
            hand = guard.around(found.hand)

            def check(params: Any, besides: dict[str, Any]) -> Report:
                return check_gradients(
                    hand, params, found.x, found.y, certify=certify, about={**told, **besides}
                )

            name = "params" if adapter is not None else _names(module, found)[0]
            report = also_elsewhere(found.params, check, name)
    about: dict[str, Any] = {"file": guard.file}
    if found.adapter is None:  # the harness may call an adapter; the user calls something else
        about |= {"function": found.name, "names": _names(module, found), **_call(module, found)}
    return replace(report, about=report.about | about)


def _names(module: ModuleType, found: Found) -> list[str]:
    """Return the module's names of the parameters and the batch; those that are used here where it has none."""
    given = {"params": found.params, "x": found.x, "y": found.y}
    own = {id(value): name for name, value in vars(module).items()}
    return [own.get(id(value), name) for name, value in given.items()]


def _call(module: ModuleType, found: Found) -> dict[str, str | None]:
    """Return what the user calls: a function, or an object's method; `holder`: the object that keeps the parameters."""
    name, holder = found.name, None
    if inspect.isclass(getattr(module, name.partition(".")[0], None)):
        name = name.replace(".", "().", 1) if "." in name else f"{name}()"
    method = "loss_and_grads" if not inspect.isroutine(found.hand) else found.hand.__name__
    if method.startswith(HOLDER):
        method, holder = method.removeprefix(HOLDER), name.removesuffix(f".{method.removeprefix(HOLDER)}")
    elif inspect.isfunction(found.hand):
        return {"call": name, "holder": None}
    return {"call": name if name.endswith(f".{method}") else f"{name}.{method}", "holder": holder}
