"""Functions with arguments of their own: one for loss and gradients, cost and gradient apart, forward and backward."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .adapter import Adapter, is_floating, moves
from .calls import Call, Chain, Output
from .choosing import namesakes, nearest
from .globals import globals_of
from .pairing import Pairs, Parameter, elements, loss_of, nests, paired, parameters, shared
from .roles import FORWARD, INPUTS, TARGETS, UPDATES, is_gradient, is_loss, role
from .space import Entry, Space, returned_names


def adapters(space: Space, wanted: str | None = None) -> Iterator[Adapter]:
    """Yield an adapter for each function that gives gradients, or for the one that is `wanted`.

    Of several losses that may belong to a gradient each is a reading of its own, under the loss's name.
    """
    functions = space.functions
    named = [n for n in functions if is_gradient(n) or n in space.declared]
    trained = {n for n, f in functions.items() if _trains(f, functions)}
    also = [n for n, f in functions.items() if not is_gradient(n) and (is_loss(n) or _returns_loss(f))]
    also = [n for n in also if n not in trained or n == wanted]
    names = [*named, *also] if wanted is None else [wanted] if wanted in functions else []
    # What another of them calls is a helper.
    helpers = {n for n in names for m in names if m != n and n in functions[m].__code__.co_names}
    found = False
    for name in [n for n in names if n not in helpers]:
        if found and name in also:
            return
        for made in _readings(space, name):
            found = found or name in named
            yield made
    if wanted is not None and is_loss(wanted):
        made_of = (_adapter(space, n, functions[n], [wanted]) for n in named)
        yield from [replace(a, name=wanted) for a in made_of if a is not None and f"`{wanted}`" in a.loss]


def _readings(space: Space, name: str) -> list[Adapter]:
    """Return the adapters of one gradient's function, with each loss that fits it equally."""
    gradient = space.functions[name]
    said = [space.declared[name]] if name in space.declared else []
    if said and (as_said := _adapter(space, name, gradient, said)) is not None:
        return [as_said]
    others = [n for n in space.functions if is_loss(n) and n != name]
    called = {n for n in others for m in others if n != m and n in space.functions[m].__code__.co_names}
    apart = [n for n in others if n not in called] or namesakes(space.functions, name)
    best = nearest(apart, name)
    made = {n: a for n in best if (a := _adapter(space, name, gradient, [n])) is not None}
    if len({a.loss for a in made.values()}) > 1:
        return [replace(a, name=n) for n, a in made.items()]
    one = next(iter(made.values()), None) or _adapter(space, name, gradient, apart)
    return [] if one is None else [one]


def _trains(function: Callable[..., Any], functions: Mapping[str, Any]) -> bool:
    """Return whether a function calls a backward pass and then what updates with it: it returns trained parameters."""
    called = [n for n in function.__code__.co_names if n in functions]
    return any(is_gradient(n) for n in called) and any(UPDATES.search(n) for n in called)


def _returns_loss(function: Callable[..., Any]) -> bool:
    """Return whether a function returns a loss, by its name, beside other values."""
    names = returned_names(function)
    return len(names) > 1 and any(n is not None and is_loss(n) for n in names)


def _adapter(space: Space, name: str, gradient: Callable[..., Any], losses: list[str]) -> Adapter | None:
    still = None
    for forward in [None, *_forwards(space, gradient)]:
        chain = Chain(space)
        if forward is not None and chain.call(forward, space.functions[forward]) is None:
            continue
        call = chain.call(name, gradient)
        if call is None:
            continue
        found = _loss(space, chain, call, losses)
        if found is None:
            continue
        loss, owner = found
        pairs = _pairs(space, chain, call, loss)
        if pairs is None:
            continue
        made = _made(space, chain, call, loss, owner, pairs)
        if moves(made):
            return made
        still = still or made
    return still


def _forwards(space: Space, gradient: Callable[..., Any]) -> list[str]:
    """Return the functions that may have to be called before the gradient's."""
    own = {n: f for n, f in space.functions.items() if f is not gradient and not is_gradient(n)}
    likely = [n for n in own if FORWARD.search(n)]
    helpers = {n for n in likely for m in likely if m != n and n in own[m].__code__.co_names}
    return [n for n in likely if n not in helpers] + [n for n in own if is_loss(n)]


def _loss(space: Space, chain: Chain, call: Call, losses: list[str]) -> tuple[Output, str] | None:
    """Return the loss, and the function that returns it; a loss function apart is called after the others."""
    own = loss_of(call)
    beside = len(call.outputs) > 1 or isinstance(call.value, dict)
    first = call.outputs[0]
    if own is not None and beside:
        fits = own.name is None or is_loss(own.name) or own is first
        if fits and not (own.name is not None and is_gradient(own.name)):
            return own, call.target
    for earlier in chain.calls:
        before = loss_of(earlier)
        if (
            earlier is not call
            and before is not None
            and (len(earlier.outputs) > 1 or is_loss(earlier.target))
        ):
            return before, earlier.target
    for name in losses:
        made = _called_with_outputs(space, chain, name)
        loss = None if made is None else loss_of(made)
        if made is not None and loss is not None:
            return loss, name
        if made is not None:
            chain.calls.remove(made)
    return None


def _called_with_outputs(space: Space, chain: Chain, name: str) -> Call | None:
    """Call a loss function; where it needs the prediction, a forward function before it."""
    function = space.functions[name]
    if (made := chain.call(name, function)) is not None:
        return made
    for forward in [n for n in space.functions if FORWARD.search(n) and n != name]:
        if any(c.target == forward for c in chain.calls):
            continue
        before = chain.call(forward, space.functions[forward])
        if before is not None and (made := chain.call(name, function)) is not None:
            return made
        if before is not None:
            chain.calls.remove(before)
    return None


def _pairs(space: Space, chain: Chain, call: Call, loss: Output) -> Pairs | None:
    """Pair what the gradient's function returned with arguments, with what other calls take, or with globals."""
    own = [s for _, s in call.given if isinstance(s, Entry)]
    if (whole := nests(call, loss, [*own, *chain.entries])) is not None:
        return whole
    returned = elements(call, loss)

    def required(parameter: Parameter) -> bool:
        return (
            role(parameter.name) == "weight"
            and getattr(parameter.value, "ndim", 0) > 0
            and parameter.entry in own
        )

    batch = [Entry(e.name, e.source, e.value) for e in own if is_floating(e.value)]
    for known in (parameters(own), parameters(chain.entries), parameters(globals_of(space, chain))):
        found = paired(returned, known, required)
        if found is not None:
            return found
    if len(batch) == 1 and len(own) == 1:  # f(x): what is differentiated by has the name of a batch
        return paired(returned, [Parameter(e.name, e.value, e) for e in batch], required)
    return None


def _made(space: Space, chain: Chain, call: Call, loss: Output, owner: str, pairs: Pairs) -> Adapter:
    passed = {s.name for c in chain.calls for _, s in c.given if isinstance(s, Entry)}
    differentiated = {p.entry.name for p in pairs.parameters}
    sides: dict[str, str] = {}
    for kind, names in (("x", INPUTS), ("y", TARGETS)):
        entries = [
            e
            for e in chain.entries
            if role(e.name) == kind and e.name not in differentiated and e.name in names
        ]
        if entries:
            sides[entries[0].name] = kind
    if list(sides.values()) == ["y"]:  # hand(params, y) would be given y as x
        sides = {}

    def argument(source: Entry | str) -> str:
        if isinstance(source, Entry) and source.name in sides:
            return sides[source.name]
        return pairs.argument(source)

    body = []
    hidden = [p for p in pairs.parameters if p.entry.name not in passed]
    if hidden:
        owned = [pairs.owner.name] if pairs.owner is not None else [p.name for p in hidden]
        body += [f"globals()[{n!r}] = params" + ("" if pairs.owner else f"[{n!r}]") for n in owned]
    body += [c.line(argument) for c in chain.calls]
    gradients = dict(pairs.gradients)
    body.append(f"return {loss.source}, {pairs.result}")
    entry = {kind: name for name, kind in sides.items()}
    return Adapter(
        space.module,
        call.target,
        pairs.params,
        pairs.given,
        tuple(body),
        f"`{loss.name}` of `{owner}`" if loss.name else f"of `{owner}`",
        shared(list(gradients.values()), call),
        space.entries[entry["x"]].source if "x" in entry else None,
        space.entries[entry["y"]].source if "y" in entry else None,
        space.setup,
        space.notes,
        {k: space.entries[n].value for k, n in entry.items()},
    )
