"""A training loop whose step is made inside functions or methods: what a step at rate 1 takes away is the gradient.

This serves classes with `train` alone, functions that update globals, and layers whose `backprop(d, rate)` updates.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import isfunction
from typing import Any

from .adapter import is_float, is_scalar
from .firstpass import Loop
from .moving import plain
from .roles import gradient_names, is_rate
from .slots import objects, outermost, short, slots
from .space import Space
from .updates import Update, names_in, updates_in

NOTE = "the gradient is what a step with a learning rate of 1 takes away"


@dataclass(frozen=True)
class Moved:
    """The updates of a loop: {parameter: its place}, the lines that set the rate, and numbers in the loop
    that are passed as the rate.
    """

    loop: Loop
    places: dict[str, str]
    setup: tuple[str, ...]
    literals: tuple[ast.expr, ...]


def moved(loop: Loop, space: Space) -> Moved | None:
    """Return what the functions that a loop runs update; None without updates, or where a step keeps an average."""
    names = vars(space.module)
    found: list[tuple[ast.FunctionDef | ast.For | ast.While | ast.With, Update]] = [*stepping(loop.tree)]
    found += [(loop.node, u) for u in loop.updates if any(is_rate(n) for n in names_in(u.statement))]
    if not found or any(_averages(loop, f, u) for f, u in found):
        return None
    roots = outermost(objects(space.module))
    held = slots(roots)
    targets = {_name(u.target) for _, u in found}
    places = {
        short(slot, len(roots) == 1): path
        for path, slot in held.items()
        if is_float(slot.value) and targets & {slot.key, slot.holder.rpartition(".")[2]}
    }
    own = {n for f, _ in found for n in (targets if f is loop.node else _globals(f))} & targets
    places |= {n: n for n in names if n in own and is_float(names[n])}
    for name in [n for n in names if n in own and isinstance(names[n], list)]:
        places |= dict(_listed(names[name], name, name))
    rates = {n for _, u in found for n in names_in(u.statement) if is_rate(n)}
    for _ in range(3):  # train(lr) calls backprop(d, lr), whose argument is called learn_rate
        passed = {n for name, v in _given(loop.tree, loop.tree) if name in rates for n in names_in(v)}
        rates |= {n for n in passed if is_rate(n)}
    lines = [f"{path} = 1.0" for path, slot in held.items() if slot.key in rates and is_scalar(slot.value)]
    lines += [f"globals()[{n!r}] = 1.0" for n in sorted(rates) if is_scalar(names.get(n))]
    numbers = [v for n, v in _given(loop.node, loop.tree) if n in rates and isinstance(v, ast.Constant)]
    lines += _defaults(names, rates)
    if not places or not (lines or numbers or all(_bare(u) for _, u in found)):
        return None
    return Moved(replace(loop, updates=(), called=True), places, tuple(lines), tuple(numbers))


def _listed(value: Any, name: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield (name, path) of the arrays and numbers in a list of them, or in a list of lists: of W, W.0.1 at W[0][1]."""
    for i, each in enumerate(value):
        if isinstance(each, list):
            yield from _listed(each, f"{name}.{i}", f"{path}[{i}]")
        elif is_float(each):
            yield f"{name}.{i}", f"{path}[{i}]"


def targets_of(loop: Loop) -> set[str]:
    """Return the names of what the updates of a loop change."""
    return {n for u in loop.updates if (n := _name(u.target)) is not None}


def stepping(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, Update]]:
    """Yield (function, update) of the updates that functions and methods make: with a named learning rate, or
    `self.W += d_W`.
    """
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        for update in updates_in(function.body):
            if any(is_rate(n) for n in names_in(update.statement)) or _bare(update):
                yield function, update


def _bare(update: Update) -> bool:
    """Return whether an update of an attribute takes its gradient as it is, which has the attribute's name."""
    target, gradient = update.target, update.gradient
    own = isinstance(target, ast.Attribute) and isinstance(gradient, (ast.Name, ast.Attribute))
    return own and (_name(gradient) or "") in gradient_names(_name(target) or "") and not update.rate


def _averages(loop: Loop, function: ast.FunctionDef | ast.For | ast.While | ast.With, update: Update) -> bool:
    """Return whether an update is no plain step: with momentum, or divided by a root."""
    inside = replace(loop, node=ast.copy_location(ast.With([], function.body), function))
    return plain(update, inside)[0] is not update.gradient


def _name(target: ast.expr) -> str | None:
    """Return what an update's target is called: W1 of self.W1 and of self.params["W1"]."""
    while isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant):
        target = target.value
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", None)


def _globals(function: ast.AST) -> set[str]:
    return {n for node in ast.walk(function) if isinstance(node, ast.Global) for n in node.names}


def _given(node: ast.AST, tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield (argument, value) of the calls in a node whose function the file defines."""
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    taken = {f.name: [a.arg for a in f.args.args if a.arg != "self"] for f in functions}
    for call in [n for n in ast.walk(node) if isinstance(n, ast.Call)]:
        order = taken.get(ast.unparse(call.func).rpartition(".")[2], [])
        yield from zip(order, call.args, strict=False)
        yield from ((k.arg, k.value) for k in call.keywords if k.arg is not None)


def _defaults(names: dict[str, Any], rates: set[str]) -> Iterator[str]:
    """Yield lines that set the default of such arguments to 1."""
    kinds = [(n, v) for n, v in names.items() if isinstance(v, type)]
    functions = [(n, v) for n, v in names.items() if isfunction(v)]
    functions += [(f"{n}.{m}", f) for n, kind in kinds for m, f in vars(kind).items() if isfunction(f)]
    for name, function in functions:
        last = function.__code__.co_varnames[: function.__code__.co_argcount]
        values = list(function.__defaults__ or ())
        made = [
            1.0 if n in rates else v for n, v in zip(last[len(last) - len(values) :], values, strict=True)
        ]
        if any(n in rates for n in last[len(last) - len(values) :]) and all(is_scalar(v) for v in made):
            yield f"{name}.__defaults__ = {tuple(made)!r}"
