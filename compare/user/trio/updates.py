"""Update the versions of a Trio: by one named optimiser, or each by its own."""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ...common.errors import UserError
from .sides import arguments
from .trio import PACKAGES, Trio, in_doubles


@dataclass(frozen=True)
class Rule:
    """The update of a Trio, in the place of a `networks.optimizers.Optimizer`.

    named: that optimiser, for the versions that have no update of their own; None where all have.
    An update of one's own is a function (params, grads, state) -> (params, state), with None for the first state; for
    torch also a function of a list of parameters that returns a torch.optim.Optimizer, or (optimizer, scheduler); for
    jax also a transformation of optax.
    """

    trio: Trio
    named: Any

    @property
    def class_name(self) -> str:
        """The class of the named optimiser; '' where a version has its own."""
        return "" if self.trio.updates else self.named.class_name

    @property
    def rate(self) -> float:
        """The rate of the named optimiser."""
        return self.named.rate if self.named is not None else 0.0

    def settings(self, who: str) -> dict[str, Any]:
        """Return the arguments of the named optimiser's class."""
        return {} if self.trio.updates else self.named.settings(who)

    def describe(self) -> str:
        """Return the optimiser in words."""
        own = [who for who in self.trio.here if who in self.trio.updates]
        said = [self.named.describe()] if self.named is not None and len(own) < len(self.trio.here) else []
        return ", ".join([*said, *(["an update of its own: " + " and ".join(own)] if own else [])])

    def shadowed(self) -> Any:
        """Return the first version's update on NumPy arrays, as a shadow takes it."""
        first = self.trio.here[0]
        if first not in self.trio.updates:
            return self._carrying(self.named.build("hand"))
        return self.build(first) if first == "hand" else OnNumpyRule(first, self.build(first))

    def build(self, who: str) -> Any:
        """Return the optimiser of `who`: init(params) -> state, update(params, grads, state) -> (params, state)."""
        own = self.trio.updates.get(who)
        if own is None and self.named is None:
            raise UserError(f"{who} has no update of its own: give one, or --optimizer for all")
        return self._carrying(self.named.build(who) if own is None else _adapted(who, own))

    def _carrying(self, rule: Any) -> Any:
        return Carrying(rule, tuple(self.trio.carried)) if self.trio.carried else rule


def _adapted(who: str, own: Any) -> Any:
    if hasattr(own, "init") and hasattr(own, "update"):
        return Optax(own) if who == "jax" else own
    if not callable(own):
        raise UserError(
            f"update of {who} is {type(own).__name__}: a function (params, grads, state) is needed"
        )
    return TorchOptim(own) if who == "torch" and arguments(own, 3) == 1 else Own(own, who != "jax")


@dataclass(frozen=True)
class Carrying:
    """An optimiser for all arrays but the carried ones, which take their next values from the gradients' place."""

    rule: Any
    names: tuple[str, ...]

    def init(self, params: Any) -> Any:
        """Return the state of the optimiser, of what is trained."""
        return self.rule.init(self._trained(params))

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the parameters one step later, and the state."""
        moved, state = self.rule.update(self._trained(params), self._trained(grads), state)
        return {n: grads[n] if n in self.names else moved[n] for n in params}, state

    def _trained(self, arrays: Any) -> Any:
        return {n: a for n, a in arrays.items() if n not in self.names}


@dataclass(frozen=True)
class Own:
    """A function (params, grads, state) -> (params, state). private: it gets a copy of its state."""

    function: Callable[..., Any]
    private: bool = True

    def init(self, params: Any) -> Any:
        """Return no state: the function makes its own."""
        return None

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the parameters one step later, and the state."""
        found = self.function(dict(params), dict(grads), copy.deepcopy(state) if self.private else state)
        if not isinstance(found, tuple) or len(found) != 2 or not isinstance(found[0], dict):
            raise UserError("an update returns (params, state), params a dict")
        return found


@dataclass(frozen=True)
class Optax:
    """A gradient transformation of optax."""

    transformation: Any

    def init(self, params: Any) -> Any:
        """Return its state."""
        return self.transformation.init(params)

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the parameters one step later, and the state."""
        import optax

        updates, state = self.transformation.update(grads, state, params)
        return optax.apply_updates(params, updates), state


@dataclass(frozen=True)
class OnNumpyRule:
    """An update of torch or jax on NumPy arrays."""

    who: str
    rule: Any

    def init(self, params: Any) -> Any:
        """Return its state, in its framework's arrays."""
        package = import_module(PACKAGES[self.who])
        with in_doubles(self.who, np.result_type(*params.values())):
            return self.rule.init(package.from_numpy(dict(params)))

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the parameters one step later, and the state."""
        package = import_module(PACKAGES[self.who])
        with in_doubles(self.who, np.result_type(*params.values())):
            moved, state = self.rule.update(*package.from_numpy((dict(params), dict(grads))), state)
            return package.to_numpy(moved), state


@dataclass(frozen=True)
class TorchOptim:
    """A torch.optim.Optimizer, alone or with its scheduler. The state is the tuple of their state_dict()."""

    make: Callable[[list], Any]

    def init(self, params: Any) -> Any:
        """Return no state: the optimiser begins with its first update."""
        return None

    def update(self, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
        """Return the parameters one step later, and the state.

        The optimiser is made anew around its state at each step, so that a step can be repeated.
        """
        import torch

        held = {n: torch.nn.Parameter(p.detach().clone()) for n, p in params.items()}
        made = self.make(list(held.values()))
        parts = (
            made if isinstance(made, tuple) else (made,)
        )  # the scheduler last, the optimiser's rates after it
        for part, kept in zip(reversed(parts), reversed(state or ()), strict=False):
            part.load_state_dict(copy.deepcopy(kept))
        for name, parameter in held.items():
            parameter.grad = grads[name].detach().clone()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a scheduler misses the steps of the optimiser before this one
            for part in parts:
                part.step()
        moved = {n: h.detach().clone() for n, h in held.items()}
        return moved, tuple(copy.deepcopy(part.state_dict()) for part in parts)
