"""The contents of the user's module: values by name, the expressions that give them, and its own functions."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import Parameter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .adapter import Adapter
from .choosing import declared
from .roles import FORWARD, INPUTS, TARGETS, WHOLE, arguments, is_gradient, is_loss, role

PENALTY = re.compile(r"reg\w*|l[12]\w*|lam\w*|lmb\w*|weight_decay|wd", re.IGNORECASE)
PENALISED = "1e-1"
STARTS = ("{}0", "{}_0", "initial_{}", "init_{}", "{}_init", "{}_initial", "start_{}")


@dataclass(frozen=True)
class Entry:
    """A value and the expression that gives it in the user's module.

    name: what the user calls it.
    """

    name: str
    source: str
    value: Any


def space_of(module: ModuleType) -> "Space":
    """Return the space of a module, with what its `example()` gives: params under their keys, x and y."""
    make = getattr(module, "example", None)
    given = make() if callable(make) else None
    if not isinstance(given, tuple) or len(given) != 3:
        return Space(module, notes=_assumed(module))
    found = {n: Entry(n, n, v) for n, v in zip(("params", "x", "y"), given, strict=True)}
    vars(module).update({n: e.value for n, e in found.items()})
    keys = given[0].items() if isinstance(given[0], dict) else ()
    added = {str(k): Entry(str(k), f"params[{k!r}]", v) for k, v in keys} | found
    return Space(module, added, ("params, x, y = example()",))


def _assumed(module: ModuleType) -> tuple[str, ...]:
    """Return what a report has to say of the values: where they were taken from, which are missing."""
    entered, missing = vars(module).get("__entered__"), vars(module).get("__missing__")
    notes = [] if entered is None else [f"values as where line {entered.line} calls {entered.name}"]
    return (
        *notes,
        *([] if missing is None else [f"without what raised {type(missing).__name__}: {missing}"]),
    )


@dataclass
class Space:
    """The names of a module.

    setup: lines that make the names that were added; notes: what they are.  raised: the calls that raised, and what.
    unit: whether a learning rate is given as 1.
    one: whether x stands for one sample beside X, all of them.
    penalised: whether the factor of a penalty, 0 by default, is given as another number.
    """

    module: ModuleType
    added: dict[str, Entry] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unit: bool = False
    one: bool = False
    penalised: bool = True
    raised: list[tuple[str, Exception]] = field(default_factory=list)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every value of the module; those of `example()` under the keys of its parameters, x and y."""
        own = {
            n: Entry(n, n, v)
            for n, v in vars(self.module).items()
            if not n.startswith("__")
            and not inspect.ismodule(v)
            and not inspect.isroutine(v)
            and not inspect.isclass(v)
            and n not in self.results
        }
        passed = {
            n: Entry(n, s, vars(self.module)[s]) for n, s in vars(self.module).get("__given__", {}).items()
        }
        return passed | own | self.added

    @cached_property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The module's own functions."""
        return {
            n: v
            for n, v in vars(self.module).items()
            if inspect.isfunction(v)
            and v.__module__ == self.module.__name__
            and n != "example"
            and not n.startswith("__")
        }

    @cached_property
    def results(self) -> frozenset[str]:
        """The names to which the file assigns what its passes and losses return: `A2, cache = forward(X, params)`."""
        return _results(self.module)

    def find(self, name: str) -> Entry | None:
        """Return the value meant by an argument's name: its own, that of its role, or the start of an iteration."""
        entries = self.entries
        if name in entries and entries[name].value is not None:
            return entries[name]
        kind = role(name)
        if kind in ("x", "y"):
            found = self.batch(kind)
            if found is not None:
                return found
        for form in STARTS:
            if form.format(name) in entries:
                return entries[form.format(name)]
        alike = [e for n, e in entries.items() if n.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0]
        return self.first(WHOLE) if kind == "params" and name not in ("w", "W") else None

    def passed(self, function: Callable[..., Any], argument: Parameter) -> tuple[str, Any] | None:
        """Return the number that the file gives for an optional argument where it calls a function; 0 says nothing."""
        order = [p.name for p in arguments(function) or ()]
        for call in self.calls.get(getattr(function, "__name__", ""), ()):
            given = dict(zip(order, call.args, strict=False))
            value = next((k.value for k in call.keywords if k.arg == argument.name), given.get(argument.name))
            if value is None:
                continue
            try:
                number = eval(ast.unparse(value), dict(vars(self.module)))
            except Exception:
                continue
            if isinstance(number, (int, float)) and not isinstance(number, bool) and number:
                return ast.unparse(value), number
        return None

    def penalty(self, argument: Parameter) -> tuple[str, Any] | None:
        """Return a number for the factor of a penalty whose default, 0, leaves the penalty out."""
        named = self.penalised and PENALTY.fullmatch(argument.name)
        return (PENALISED, float(PENALISED)) if named and argument.default in (0, 0.0) else None

    @cached_property
    def declared(self) -> dict[str, str]:
        """The functions that the file itself passes on as a gradient, each with its loss."""
        tree = _parsed(Path(str(self.module.__file__)))
        known = {} if tree is None else declared(tree)
        return {g: f for g, f in known.items() if {g, f} <= self.functions.keys()}

    @cached_property
    def calls(self) -> dict[str, list[ast.Call]]:
        """The calls in the file, by the last name of what is called."""
        path, found = Path(str(self.module.__file__)), dict[str, list[ast.Call]]()
        tree = _parsed(path)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Call):
                found.setdefault(ast.unparse(node.func).rpartition(".")[2], []).append(node)
        return found

    def first(self, names: Iterable[str]) -> Entry | None:
        """Return the first of these names that the module has."""
        found = (self.entries[n] for n in names if n in self.entries)
        return next((e for e in found if e.value is not None and not isinstance(e.value, (str, bytes))), None)

    def batch(self, kind: str) -> Entry | None:
        """Return the inputs ("x") or the targets ("y")."""
        names = INPUTS if kind == "x" else TARGETS
        return self.first(sorted(names, key=lambda n: not n.islower()) if self.one else names)

    def with_values(self, lines: Iterable[str], notes: Iterable[str]) -> "Space":
        """Return the space after lines were run that make further names."""
        made: dict[str, Any] = {"np": np}
        lines = tuple(lines)
        exec("\n".join(lines), vars(self.module) | made, made)
        vars(self.module).update({n: v for n, v in made.items() if n != "np"})
        entries = {n: Entry(n, n, v) for n, v in made.items() if n not in ("np", "rng")}
        return replace(
            self, added=self.added | entries, setup=(*self.setup, *lines), notes=(*self.notes, *notes)
        )


def _parsed(path: Path) -> ast.Module | None:
    if path.suffix != ".py" or not path.is_file():
        return None
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None


def _results(module: ModuleType) -> frozenset[str]:
    tree = _parsed(Path(str(module.__file__)))
    if tree is None:
        return frozenset()
    made: dict[str, bool] = {}
    for node in [n for n in ast.walk(tree) if isinstance(n, ast.Assign)]:
        called = ast.unparse(node.value.func).rpartition(".")[2] if isinstance(node.value, ast.Call) else ""
        passes = bool(FORWARD.search(called)) or is_loss(called) or is_gradient(called)
        for name in [m.id for t in node.targets for m in ast.walk(t) if isinstance(m, ast.Name)]:
            made[name] = passes and made.get(name, True)
    return frozenset(n for n, only in made.items() if only)


def returned_names(function: Callable[..., Any]) -> list[str | None]:
    """Return the names of what a function returns, None where a value has none; a method's `self.p` is 'p'."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return []
    returns = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value is not None]
    if not returns:
        return []
    value = max(returns, key=lambda v: len(v.elts) if isinstance(v, (ast.Tuple, ast.List)) else 0)
    values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [returns[-1]]
    return [_name(v) for v in values]


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return None


def penalised_in_part(lines: Iterable[str]) -> bool:
    """Return whether a penalty was given to some of the calls that make the loss and the gradients, not to all."""
    calls = [line.partition("(") for line in lines if re.match(r".*= [\w.*]+\(", line)]
    judged = [
        PENALISED in given
        for target, _, given in calls
        if _judged(target.rpartition(" ")[2].rpartition(".")[2])
    ]
    return any(judged) and not all(judged)


def noted(adapter: "Adapter") -> "Adapter":
    """Return an adapter with a note of the penalty that it was given."""
    if not any(PENALISED in line for line in adapter.body):
        return adapter
    note = f"the factor of the penalty is {float(PENALISED)}: its default, 0, would hide a mistake in it"
    return replace(adapter, notes=(*adapter.notes, note))


def _judged(called: str) -> bool:
    return is_gradient(called) or is_loss(called)
