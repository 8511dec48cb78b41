"""Tell which returned value is the loss, and which is the gradient of each parameter."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .adapter import entries_of, is_arrays, is_scalar, size
from .calls import Call, Output
from .roles import gradient_of, is_loss, role
from .space import Entry


@dataclass(frozen=True)
class Parameter:
    """An array that may be differentiated: a value of the module, or an entry of a dict of them."""

    name: str
    value: Any
    entry: Entry
    key: Any = None


@dataclass(frozen=True)
class Pairs:
    """The parameters and, by name, the expressions of their gradients.  owner: the dict they are entries of."""

    parameters: tuple[Parameter, ...]
    gradients: dict[str, str]
    owner: Entry | None = None

    @property
    def params(self) -> Any:
        """The value of `params`."""
        return self.owner.value if self.owner else {p.name: p.value for p in self.parameters}

    @property
    def given(self) -> str:
        """The line that makes `params`."""
        if self.owner:
            return f"params = {self.owner.source}"
        return f"params = {{{', '.join(f'{p.name!r}: {p.entry.source}' for p in self.parameters)}}}"

    def argument(self, source: Entry | str) -> str:
        """Write an argument of a call in hand."""
        if isinstance(source, str):
            return source
        if self.owner is not None and source.name == self.owner.name:
            return "params"
        return next(
            (f"params[{p.name!r}]" for p in self.parameters if p.entry.name == source.name), source.source
        )

    @property
    def result(self) -> str:
        """The expression of the gradients that hand returns."""
        return f"{{{', '.join(f'{n!r}: {g}' for n, g in self.gradients.items())}}}"


def loss_of(call: Call) -> Output | None:
    """Return the loss among what a call returned: a number with the name of a loss, or the first number."""
    if isinstance(call.value, dict):
        keys = [k for k, v in call.value.items() if isinstance(k, str) and is_loss(k) and is_scalar(v)]
        source = call.outputs[0].source
        return Output(keys[0], f"{source}[{keys[0]!r}]", call.value[keys[0]]) if keys else None
    numbers = [o for o in call.outputs if is_scalar(o.value)]
    named = [o for o in numbers if o.name is not None and is_loss(o.name)]
    return next(iter([*named, *numbers]), None)


def nests(call: Call, loss: Output | None, entries: Iterable[Entry]) -> Pairs | None:
    """Pair whole nests, where two that are returned have keys in common: `dW`, `db` with `W[0]`, `b[0]` and so on."""
    returned = [
        o for o in call.outputs if isinstance(o.value, dict) and (loss is None or o.source != loss.source)
    ]
    keys = [k for o in returned for k in o.value]
    known = {e.name: e for e in entries if isinstance(e.value, dict) and is_arrays(e.value)}
    named = {gradient_of(o.name, known): o.source for o in returned if o.name is not None}
    if len(set(keys)) == len(keys) or None in named or len(named) < len(returned):
        return None
    found = {str(n): source for n, source in named.items()}
    return Pairs(tuple(Parameter(n, known[n].value, known[n]) for n in found), found)


def elements(call: Call, loss: Output | None) -> list[Output]:
    """Return the values beside the loss: those of a dict one by one."""
    found: list[Output] = []
    for output in call.outputs:
        if loss is not None and output.source == loss.source:
            continue
        if isinstance(output.value, dict):
            inner = output.value.get("grads", output.value.get("gradients"))
            source, values = output.source, output.value
            if isinstance(inner, dict):
                source, values = f"{source}[{'grads' if 'grads' in values else 'gradients'!r}]", inner
            found += [Output(str(k), f"{source}[{k!r}]", v) for k, v in values.items()]
        elif fields := entries_of(output.value):
            paths = {k: re.sub(r"\.(\d+)", r"[\1]", f"{output.source}.{k}") for k in fields}
            found += [Output(k, paths[k], v) for k, v in fields.items()]
        else:
            found.append(output)
    return [o for o in found if loss is None or o.source != loss.source]


def parameters(entries: Iterable[Entry]) -> list[Parameter]:
    """Return the arrays among values that may be parameters; of a dict its entries."""
    found: list[Parameter] = []
    for entry in entries:
        if role(entry.name) in ("x", "y") or not is_arrays(entry.value):
            continue
        if isinstance(entry.value, dict):
            found += [Parameter(str(k), v, entry, k) for k, v in entry.value.items()]
        elif fields := entries_of(entry.value):
            found += [Parameter(k, v, entry, k) for k, v in fields.items()]
        else:
            found.append(Parameter(entry.name, entry.value, entry))
    return found


def paired(
    returned: Sequence[Output], known: Sequence[Parameter], required: Callable[[Parameter], bool]
) -> Pairs | None:
    """Pair returned values with parameters by name; where no name fits, by order and shape.

    required: returns whether a parameter must have a gradient.
    """
    by_name = {p.name: p for p in reversed(known)}
    found: dict[str, str] = {}
    for output in returned:
        target = None if output.name is None else gradient_of(output.name, by_name)
        if target is not None and target not in found and output.value is not None:
            found[target] = output.source
    if not found:
        return _by_order([o for o in returned if is_arrays(o.value)], known)
    chosen = [by_name[n] for n in found]
    owners = {p.entry.name for p in chosen if p.key is not None}
    if len(owners) == 1 and all(p.key is not None for p in chosen):
        owner = chosen[0].entry
        return Pairs(tuple(p for p in known if p.entry is owner), found, owner)
    wanted = [p for p in known if p.name in found or (p.key is None and required(p))]
    # A value without a name, `dz.sum(0)`, stands where its parameter does.
    rest = [o for o in returned if o.name is None and o.source not in found.values() and is_arrays(o.value)]
    left = [p for p in wanted if p.name not in found]
    if len(rest) == len(left) and _alike(rest, left):
        found |= {p.name: o.source for p, o in zip(left, rest, strict=True)}
    return Pairs(tuple({p.name: p for p in wanted}.values()), found)


def _by_order(values: list[Output], known: Sequence[Parameter]) -> Pairs | None:
    if not values or not known:
        return None
    for some in (known, [p for p in known if p.entry is known[0].entry], known[: len(values)]):
        if len(some) == len(values) and _alike(values, some):
            found = {p.name: o.source for p, o in zip(some, values, strict=True)}
            return Pairs(tuple(some), found, some[0].entry if some[0].key is not None else None)
    nested = [p.entry for p in known if p.key is None and isinstance(p.value, (list, tuple))]
    if len(nested) == 1 and len(values) == 1:
        return Pairs((known[0],), {nested[0].name: values[0].source})
    return None


def _alike(values: list[Output], some: Sequence[Parameter]) -> bool:
    return all(_sizes(o.value) == _sizes(p.value) for o, p in zip(values, some, strict=True))


def _sizes(value: Any) -> Any:
    """Return the number of entries of an array, or those of each array of a list."""
    return [_sizes(v) for v in value] if isinstance(value, (list, tuple)) else size(value)


def shared(sources: list[str], call: Call) -> str:
    """Name the gradients, and the function that gives them: the dict that holds them all, or each."""
    names = {o.source: o.name for o in call.outputs}
    stems = list(dict.fromkeys(s if s in names else s.partition("[")[0] for s in sources))
    known = [f"`{names.get(s)}`" for s in stems if names.get(s)]
    return (
        f"{', '.join([*known, 'of'])} `{call.target}`".replace(", of", " of")
        if known
        else f"of `{call.target}`"
    )
