"""The user's function, called on private copies and watched."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, update_wrapper
from inspect import signature
from typing import Any

import numpy as np

import manual

from ..common.arrays import equal, flatten, is_masked, positional_names, unflatten
from ..common.errors import UserError
from ..networks.passes import in_one_pass
from ..witnesses import Arrays
from ..witnesses.rounding.noisy import Rounding, noisy
from .jax_loss import CompiledLoss
from .matching import match
from .raised import in_a_line, reported
from .returned import Outcome, understand

MANY_TERMS = 100  # eps: what a sum of so many terms may lose


def _as_it_is(tree: Any) -> Any:
    return tree


@dataclass(frozen=True)
class Answer:
    """The result of the user's function, or the values the user gave: arrays under the parameters' names.

    library: the package whose arrays the gradients were.
    """

    loss: float | None
    arrays: Arrays
    deltas: Arrays
    assumed: list[str]
    library: str = "numpy"


class Subject:
    """The candidate with its parameters and batch.

    hand: a function (params, x, y) -> (loss, grads) or (loss, grads, deltas) or grads; an object with
    `loss_and_grads`; or the gradients themselves. Raises UserError where it is none of these.
    flat: {name: parameter}.  paths: {name: place in the user's nest}.  mutated: the arguments a call has changed.
    """

    seeded = False  # the batch holds no cotangents

    def __init__(self, hand: Any, params: Any, x: Any, y: Any) -> None:
        self.like = params
        with readable("x", x):
            self.x = _batch(x)
        with readable("y", y):
            self.y = _batch(y)
        with readable("params", params):
            # Weights and biases in lists get the names they have in books.
            names = positional_names(params)
            self.paths: dict[str, str] = {name: place for place, name in names.items()}
            read = flatten(params)
            unflatten(read, params)  # as each call will need it
        given = {names.get(place, place): a for place, a in read.items()}
        if not given:
            raise UserError("the parameters are empty: a dict, list or tuple of arrays is needed")
        self.flat: Arrays = {n: a if a.dtype.kind == "f" else a.astype(np.float64) for n, a in given.items()}
        self.assumed = [
            f"{n} holds integers, taken as float64" for n, a in given.items() if a.dtype.kind != "f"
        ]
        self._check_numbers()
        self.owner = hand if hasattr(hand, "loss_and_grads") else None
        self.function = self._as_function(hand)
        self.values = None if self.function else hand
        self.mutated: list[str] = []
        self.has_loss = True
        self.loss_at: int | str = 0
        self.compiled: CompiledLoss | None = None  # of a function that answers in jax's arrays

    @property
    def arguments(self) -> int:
        """Return how many arguments the user's function gets after the parameters, None among them."""
        return len(self.batch) + (len(self.function.keywords) if isinstance(self.function, partial) else 0)

    def _check_numbers(self) -> None:
        for name, array in self.flat.items():
            if not array.size:
                raise UserError(f"parameter {name} is empty: its shape is {array.shape}")
            if not np.isfinite(array).all():
                raise UserError(f"parameter {name} holds nan or inf")
        for name, array in (("x", self.x), ("y", self.y)):
            if isinstance(array, np.ndarray) and array.dtype.kind == "f" and not np.isfinite(array).all():
                raise UserError(f"{name} holds nan or inf")
        if isinstance(self.x, np.ndarray) and self.x.size == 0:
            raise UserError(f"x is empty: its shape is {self.x.shape}")

    def _as_function(self, hand: Any) -> Callable[..., Any] | None:
        if self.owner is not None:
            return lambda params, x, y: _with_deltas(hand, params, x, y)
        return self._without_batch(hand) if callable(hand) else None

    def _without_batch(self, hand: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is called without what is None: an argument that it needs is passed on as None."""
        needed = _required(hand)
        missing = [n for n, a in zip(needed[1:3], (self.x, self.y), strict=False) if a is None]
        if not missing or needed[1 + len(self.batch) : 3] != missing:
            return hand
        passing = partial(hand, **dict.fromkeys(missing))
        return update_wrapper(passing, hand)

    @property
    def code(self) -> Any:
        """Return what a call runs: the user's function, or the method of the user's object."""
        return self.owner.loss_and_grads if self.owner is not None else self.function

    def understood(self, result: Any) -> Outcome:
        """Return what a call returned as an Outcome."""
        return understand(result, [a.shape for a in self.flat.values()])

    @property
    def name(self) -> str:
        """Return what to call the user's function in a line of code."""
        return getattr(self.function, "__name__", "hand") if self.owner is None else "net.loss_and_grads"

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(*self.flat.values())

    @property
    def batch(self) -> list[Any]:
        """Return the arguments after the parameters: those of x and y that were given."""
        return [a for a in (self.x, self.y) if a is not None]

    def on_batch(self, x: Any, y: Any) -> "Subject":
        """Return the same candidate on another batch."""
        other = copy.copy(self)
        other.x, other.y = x, y
        return other

    def call(self, flat: Arrays | None = None, wrap: Callable[[Any], Any] = _as_it_is) -> Outcome:
        """Call the function once on fresh copies; `wrap` (noisy) is put around them."""
        at = self.flat if flat is None else flat
        params = unflatten({n: wrap(np.array(a, subok=True)) for n, a in at.items()}, self.like)
        given = {n: a for n, a in (("x", self.x), ("y", self.y)) if a is not None}
        batch = {n: _copied(a, wrap) for n, a in given.items()}
        assert self.function is not None
        result = self.understood(self.function(params, *batch.values()))
        if wrap is _as_it_is and flat is None:  # as the first call is: what changes its arguments shows there
            given["params"] = unflatten(at, self.like)
            for what, after in ({"params": params} | batch).items():
                if what not in self.mutated and not _same(given[what], after):
                    self.mutated.append(what)
        return result

    def answer(self) -> Answer:
        """Return the first Answer of the function, or the values; note whether it holds a loss, and where."""
        if self.function:
            with reported("your code"):
                outcome = self.call()
        else:
            outcome = understand_values(self.values)
        arrays, assumed = match(outcome.grads, self.flat)
        self.has_loss, self.loss_at = outcome.loss is not None, outcome.loss_at
        said = [*self.assumed, *assumed, *outcome.ignored]
        library = _library(outcome.grads)
        if self.function and self.has_loss and library == "jax":
            self.compiled = CompiledLoss()
        return Answer(outcome.loss, arrays, _deltas(outcome), said, library)

    def arrays(self, flat: Arrays | None = None) -> Arrays:
        """Call the user's function again, at `flat` if given; return its gradients under the parameters' names."""
        return match(self.call(flat).grads, self.flat)[0]

    def another(self, first: Answer) -> Arrays | None:
        """Return the arrays of a second call with the same inputs where they or the loss differ from the first's."""
        second = self.call()
        again, _ = match(second.grads, self.flat)
        one, two = first.loss, second.loss
        # A sum in another order may round to another loss.
        close = MANY_TERMS * float(np.finfo(self.dtype).eps)
        same_loss = one is None or two is None or np.isclose(one, two, rtol=close, atol=0, equal_nan=True)
        return None if same_loss and equal(again, first.arrays) else again

    def loss(self, flat: Arrays) -> float:
        """Return the loss alone at other parameters; in a wider type the batch is widened with them.

        A framework that does not mix types raises otherwise. Where it raises all the same, the parameters are
        rounded to the user's types.
        """
        own = {n: self.flat[n].dtype for n in flat}
        if all(a.dtype == own[n] for n, a in flat.items()):
            return self._loss(flat)
        try:
            return self.wide()._loss(flat)
        except Exception:
            return self._loss({n: a.astype(own[n]) for n, a in flat.items()})

    def _loss(self, flat: Arrays) -> float:
        return self.compiled(self, flat) if self.compiled else self.call(flat).loss  # type: ignore[return-value]

    def wide(self) -> "Subject":
        """Return the candidate with parameters and a batch of the same numbers in float64."""
        other = self.on_batch(_widened(self.x), _widened(self.y))
        other.flat = {n: a.astype(np.float64) for n, a in self.flat.items()}
        return other

    def complex_loss(self, flat: Arrays) -> complex:
        """Return the loss at complex parameters, unrounded: for the complex step."""
        params = unflatten(flat, self.like)
        batch = [np.array(a) if isinstance(a, np.ndarray) else a for a in self.batch]
        assert self.function is not None
        result = self.function(params, *batch)
        return next(complex(np.asarray(r).reshape(())) for r in result[:2] if np.size(r) == 1)

    def noisy_arrays(
        self, draws: int, seed: int = 0, many: bool = False, still: bool = False
    ) -> list[Arrays]:
        """Return the arrays of `draws` calls in which the result of every NumPy operation is moved by an ulp.

        still: by nothing. Code that leaves NumPy, or checks the type of its arguments, cannot be perturbed: return
        none.
        """
        rounding, found = Rounding(seed, many, still), []
        try:
            with np.errstate(all="ignore"):
                for _ in range(draws):
                    outcome = self.call(wrap=lambda tree: noisy(tree, rounding))
                    found.append(match(outcome.grads, self.flat)[0] | _deltas(outcome))
        except Exception:
            return []
        return found


def _required(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments that a function cannot do without."""
    try:
        wanted = list(signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    return [p.name for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]


def understand_values(values: Any) -> Outcome:
    """Wrap gradients that were given as values in an Outcome."""
    if isinstance(values, (dict, list, tuple)) or hasattr(values, "shape"):
        return Outcome(None, values)
    raise UserError(
        f"hand is {type(values).__name__}: a function, an object with loss_and_grads, or arrays are needed"
    )


def _with_deltas(net: Any, params: Any, x: Any, y: Any) -> tuple:
    if type(net) is manual.MLP:  # its deltas are made on the way
        loss, arrays = in_one_pass(net, params, x, y)
        deltas = {n: arrays.pop(n) for n in [*arrays] if n.startswith("delta")}
        return loss, arrays, deltas
    loss, grads = net.loss_and_grads(params, x, y)
    return (loss, grads, net.deltas(params, x, y)) if hasattr(net, "deltas") else (loss, grads)


def _deltas(outcome: Outcome) -> Arrays:
    flat = {} if outcome.deltas is None else flatten(outcome.deltas)
    if all(key.startswith("delta") for key in flat):
        return flat
    return {f"delta{i}": a for i, a in enumerate(flat.values(), start=1)}


@contextmanager
def readable(what: str, value: Any) -> Iterator[None]:
    """Raise UserError for what a value of the user's raises when it is read or copied."""
    try:
        yield
    except UserError as error:
        if what == "params" and str(error).startswith("the value holds"):
            kind = type(value).__name__
            raise UserError(f"params is a {kind}: a dict, list or tuple of arrays is needed") from error
        if what != "params":
            raise UserError(f"{what}: {error}") from error
        raise
    except MemoryError:
        raise
    except Exception as error:
        kind = type(value).__name__
        raise UserError(f"{what} ({kind}) cannot be read and copied as arrays: {in_a_line(error)}") from error


def _batch(value: Any) -> Any:
    if value is None or isinstance(value, (str, bytes)):
        return value
    try:
        array = np.array(value.detach().cpu() if hasattr(value, "detach") else value)
    except ValueError:
        array = np.array(
            None
        )  # sequences of different lengths, several inputs in a tuple: passed on as they are
    if is_masked(value):
        raise UserError("a masked array's mask would be lost: fill it, or leave the entries out")
    if array.dtype.kind in "fiub" and not _records(value) and not _several(value):
        return array
    if isinstance(value, np.ndarray) and not issubclass(type(value), np.ndarray):
        raise UserError(f"{type(value).__name__} claims to be an array, and is none")
    copy.deepcopy(value)  # each call gets a copy
    return value


def _records(value: Any) -> bool:
    """Return whether a list holds tuples such as (user, item, 4.0), with indices: these are no rows of an array."""
    if not isinstance(value, list) or not all(isinstance(row, tuple) for row in value):
        return False
    whole = [all(isinstance(v, (int, np.integer)) for v in column) for column in zip(*value, strict=False)]
    return any(whole) and not all(whole)


def _several(value: Any) -> bool:
    """Return whether a list or a tuple holds arrays of several kinds, actions and returns: no array holds both."""
    if not isinstance(value, (list, tuple)):
        return False
    return len({each.dtype.kind for each in value if isinstance(each, np.ndarray)}) > 1


def _copied(value: Any, wrap: Callable[[Any], Any]) -> Any:
    return wrap(np.array(value)) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _library(tree: Any) -> str:
    """Return the package of the first array in a nest."""
    while isinstance(tree, (dict, list, tuple)) and tree:
        tree = next(iter(tree.values())) if isinstance(tree, dict) else tree[0]
    name = type(tree).__module__.partition(".")[0]
    return "jax" if name == "jaxlib" else name


def _widened(tree: Any) -> Any:
    if isinstance(tree, np.ndarray):
        return tree.astype(np.float64) if tree.dtype.kind == "f" else tree
    return type(tree)(_widened(t) for t in tree) if type(tree) in (list, tuple) else tree


def _same(before: Any, after: Any) -> bool:
    try:
        return equal(before, after)
    except (UserError, KeyError, TypeError):  # no arrays to compare
        return True
