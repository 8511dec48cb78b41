"""Calls of the user's functions, one after another, their arguments found by name."""

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .roles import CACHE, OUTPUT, RATE, UPSTREAM, arguments, role
from .slots import is_object
from .space import Entry, Space, returned_names

Source = Entry | str  # a value of the module, or the expression of an output of an earlier call


@dataclass(frozen=True)
class Output:
    """A value that a call returned: its name, if it has one, and the expression that gives it."""

    name: str | None
    source: str
    value: Any


@dataclass(frozen=True)
class Call:
    """A call: `target(arguments)`, its result assigned to `result`.  outputs: the values in it."""

    target: str
    given: tuple[tuple[str | None, Source], ...]
    result: str
    value: Any
    outputs: tuple[Output, ...]

    def line(self, of: Callable[[Source], str]) -> str:
        """Return the call as a line of code; `of` writes an argument."""
        parts = [of(s) if n is None else f"{n}={of(s)}" for n, s in self.given]
        return f"{self.result} = {self.target}({', '.join(parts)})"


@dataclass
class Chain:
    """Calls in a row; later ones may take what earlier ones returned."""

    space: Space
    calls: list[Call] = field(default_factory=list)

    @property
    def outputs(self) -> list[Output]:
        """Return the values that the calls returned, those of the last call first."""
        return [o for call in reversed(self.calls) for o in call.outputs]

    def source(self, name: str, optional: bool) -> tuple[Source, Any] | None:
        """Return where an argument of that name comes from, and its value."""
        outputs = self.outputs
        if self.space.unit and re.fullmatch(RATE, name):
            return "1.0", 1.0
        for output in outputs:
            if output.name == name and output.value is not None:
                return output.source, output.value
        entries = self.space.entries
        if (
            name in entries
            and entries[name].value is not None
            and not (self.space.one and role(name) in ("x", "y"))
        ):
            return entries[name], entries[name].value
        if optional and role(name) not in ("x", "y"):
            return None
        if re.fullmatch(CACHE, name):
            kept = [o for o in outputs if isinstance(o.value, (tuple, list, dict)) or is_object(o.value)]
            if kept:
                return kept[0].source, kept[0].value
        if role(name) is None and re.fullmatch(OUTPUT, name):
            made = [o for o in reversed(outputs) if isinstance(o.value, (np.ndarray, float))]
            if made:
                return made[0].source, made[0].value
        if role(name) is None and re.fullmatch(UPSTREAM, name):
            made = [o for o in outputs if o.name is not None and re.fullmatch(UPSTREAM, o.name)]
            if made:
                return made[0].source, made[0].value
        found = self.space.find(name)
        return None if found is None else (found, found.value)

    def bound(self, function: Callable[..., Any]) -> list[tuple[str | None, Source, Any]] | None:
        """Return [(keyword, source, value)] for a function's arguments; None where one is not found."""
        wanted = arguments(function)
        if wanted is None:
            return None
        given: list[tuple[str | None, Source, Any]] = []
        skipped = False
        for each in wanted:
            optional = each.default is not each.empty
            found = self.source(each.name, optional)
            if found is None and optional:
                found = self.space.passed(function, each) or self.space.penalty(each)
            if found is None:
                if not optional:
                    return None
                skipped = True
                continue
            keyword = each.name if skipped or each.kind is each.KEYWORD_ONLY else None
            given.append((keyword, *found))
        return given

    def call(
        self,
        target: str,
        function: Callable[..., Any],
        result: str = "",
        only: Entry | None = None,
        named: str | None = None,
    ) -> Call | None:
        """Call a function, and note what it returned; None where an argument is not found or it raises.

        only: what is given where the function needs one argument, whatever its name is.  named: the output's name.
        """
        given = self.bound(function)
        required = [p for p in arguments(function) or () if p.default is p.empty]
        if only is not None and len(required) == 1:
            given = [(None, only, only.value)]
        if given is None:
            return None
        try:
            positional = [copy.deepcopy(v) for n, _, v in given if n is None]
            value = function(*positional, **{n: copy.deepcopy(v) for n, _, v in given if n is not None})
        except Exception as error:
            self.space.raised.append((target, error))
            return None
        names = returned_names(function) if named is None else [named]
        result, outputs = _named(value, names, result or f"{target.split('.')[-1]}_", self._used())
        made = Call(target, tuple((n, s) for n, s, _ in given), result, value, outputs)
        self.calls.append(made)
        return made

    def _used(self) -> set[str]:
        return {o.source for o in self.outputs} | {"params", "x", "y"}

    @property
    def entries(self) -> list[Entry]:
        """The values of the module that the calls take, the last call's first."""
        found = [s for call in reversed(self.calls) for _, s in call.given if isinstance(s, Entry)]
        return list({e.name: e for e in found}.values())


def _named(
    value: Any, names: Sequence[str | None], result: str, used: set[str]
) -> tuple[str, tuple[Output, ...]]:
    """Return what a call's result is assigned to, and the outputs under the names of the return statement."""
    if not isinstance(value, tuple):
        name = names[0] if len(names) == 1 else None
        source = name if name is not None and name.isidentifier() and name not in used else result
        return source, (Output(name, source, value),)
    named = list(names) if len(names) == len(value) else [None] * len(value)
    plain = all(n is not None and n.isidentifier() and n not in used for n in named)
    if plain and len(set(named)) == len(named) and len(named) > 1:
        return ", ".join(map(str, named)), tuple(
            Output(n, str(n), v) for n, v in zip(named, value, strict=True)
        )
    listed = zip(named, value, strict=True)
    return result, tuple(Output(n, f"{result}[{i}]", v) for i, (n, v) in enumerate(listed))
