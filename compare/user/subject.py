"""The person's side of a check: their function, called on private copies and watched."""

import copy
import traceback
from dataclasses import dataclass

import numpy as np

import manual

from ..common.arrays import equal, flatten, positional_names, unflatten
from ..common.errors import UserError
from ..networks.passes import in_one_pass
from ..witnesses.rounding.noisy import Rounding, noisy
from .matching import match
from .returned import Outcome, understand


def _as_it_is(tree):
    return tree


@dataclass(frozen=True)
class Answer:
    """What the person's function, or the values they brought, say: arrays under the parameters' names."""

    loss: float | None
    arrays: dict
    deltas: dict
    assumed: list


class Subject:
    """A hand derivation with its parameters and batch.

    hand: a function (params, x, y) -> (loss, grads) or (loss, grads, deltas) or grads; an object with
    `loss_and_grads`; or the gradients themselves. Raises UserError where it is none of these.
    """

    def __init__(self, hand, params, x, y):
        self.like, self.x, self.y = params, _batch(x), _batch(y)
        # Weights and biases in lists get the names they have in books; where each stands is kept.
        names = positional_names(params)
        self.paths = {name: place for place, name in names.items()}
        given = {names.get(place, place): a for place, a in flatten(params).items()}
        if not given:
            raise UserError("the parameters are empty: a dict, list or tuple of arrays is needed")
        self.flat = {n: a if a.dtype.kind == "f" else a.astype(np.float64) for n, a in given.items()}
        self.assumed = [
            f"{n} holds integers, taken as float64" for n, a in given.items() if a.dtype.kind != "f"
        ]
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
        self.owner = hand if hasattr(hand, "loss_and_grads") else None
        self.function = self._as_function(hand)
        self.mutated: list = []
        self.has_loss, self.loss_at = True, 0

    def _as_function(self, hand):
        if self.owner is not None:
            return lambda params, x, y: _with_deltas(hand, params, x, y)
        return hand if callable(hand) else None

    @property
    def name(self):
        """What to call their function in a line of code."""
        return getattr(self.function, "__name__", "hand") if self.owner is None else "net.loss_and_grads"

    @property
    def dtype(self):
        return np.result_type(*self.flat.values())

    def call(self, flat=None, x=None, y=None, wrap=_as_it_is):
        """One call on fresh copies; `wrap` (noisy) is put around them."""
        given = {"params": self.flat if flat is None else flat, "x": x, "y": y}
        given |= {n: getattr(self, n) for n in ("x", "y") if given[n] is None}
        params = unflatten({n: wrap(np.array(a, subok=True)) for n, a in given["params"].items()}, self.like)
        batch = {n: _copied(given[n], wrap) for n in ("x", "y") if given[n] is not None}
        result = understand(self.function(params, *batch.values()), len(self.flat))
        if wrap is _as_it_is and flat is None:  # as the first call is: what changes its arguments shows there
            given["params"] = unflatten(given["params"], self.like)
            for what, after in ({"params": params} | batch).items():
                if what not in self.mutated and not _same(given[what], after):
                    self.mutated.append(what)
        return result

    def answer(self, values=None):
        """The first call's Answer; a second one must say the same (see `another`)."""
        outcome = self._guarded() if self.function else understand_values(values)
        arrays, assumed = match(outcome.grads, self.flat)
        self.has_loss, self.loss_at = outcome.loss is not None, outcome.loss_at
        deltas = {} if outcome.deltas is None else _named_deltas(outcome.deltas)
        return Answer(outcome.loss, arrays, deltas, [*self.assumed, *assumed, *outcome.ignored])

    def _guarded(self):
        try:
            return self.call()
        except UserError:
            raise
        except Exception as error:
            said = (str(error).splitlines() or [""])[0]
            raise UserError(f"your code raised {type(error).__name__}: {said}{_where(error)}") from error

    def another(self, first):
        """The arrays of a second call with the same inputs, where they or the loss differ from the first's, or None."""
        second = self.call()
        again, _ = match(second.grads, self.flat)
        same_loss = (
            first.loss is None or second.loss is None or equal(np.array(second.loss), np.array(first.loss))
        )
        return None if same_loss and equal(again, first.arrays) else again

    def loss(self, flat):
        """The loss alone at other parameters."""
        return self.call(flat).loss

    def complex_loss(self, flat):
        """The loss at complex parameters, as it comes: for the complex step."""
        params = unflatten(flat, self.like)
        x, y = (np.array(a) if isinstance(a, np.ndarray) else a for a in (self.x, self.y))
        result = self.function(params, *[a for a in (x, y) if a is not None])
        return next(complex(np.asarray(r).reshape(())) for r in result[:2] if np.size(r) == 1)

    def noisy_arrays(self, draws, seed=0, many=False):
        """The arrays of `draws` calls, one by one, with every NumPy operation's result moved by an ulp.

        Code that leaves NumPy, or checks the type of what it gets, cannot be watched this way: then there are none.
        """
        rounding, found = Rounding(seed, many), []
        try:
            with np.errstate(all="ignore"):
                for _ in range(draws):
                    outcome = self.call(wrap=lambda a: noisy(a, rounding))
                    deltas = {} if outcome.deltas is None else _named_deltas(outcome.deltas)
                    found.append(match(outcome.grads, self.flat)[0] | deltas)
        except Exception:
            return []
        return found


def understand_values(values):
    """Gradients that were brought as values."""
    if isinstance(values, (dict, list, tuple)) or hasattr(values, "shape"):
        return Outcome(None, values)
    raise UserError(
        f"hand is {type(values).__name__}: a function, an object with loss_and_grads, or arrays are needed"
    )


def _with_deltas(net, params, x, y):
    if type(net) is manual.MLP:  # its deltas are made on the way
        loss, arrays = in_one_pass(net, params, x, y)
        deltas = {n: arrays.pop(n) for n in [*arrays] if n.startswith("delta")}
        return loss, arrays, deltas
    loss, grads = net.loss_and_grads(params, x, y)
    return (loss, grads, net.deltas(params, x, y)) if hasattr(net, "deltas") else (loss, grads)


def _named_deltas(deltas):
    flat = flatten(deltas)
    if all(key.startswith("delta") for key in flat):
        return flat
    return {f"delta{i}": a for i, a in enumerate(flat.values(), start=1)}


def _batch(value):
    if value is None or isinstance(value, (str, bytes)):
        return value
    try:
        array = np.array(value.detach().cpu() if hasattr(value, "detach") else value)
    except ValueError:
        return value  # sequences of different lengths, several inputs in a tuple: theirs to take apart
    return array if array.dtype.kind in "fiub" else value


def _copied(value, wrap):
    return wrap(np.array(value)) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _same(before, after):
    try:
        return equal(before, after)
    except (UserError, KeyError, TypeError):  # no arrays: nothing can be said
        return True


def _where(error):
    """' (my_file.py, line 12)': the deepest line that is the person's own."""
    ours = __file__.rsplit("/", 2)[0]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(ours)]
    frames = [f for f in frames if "site-packages" not in f.filename and "<" not in f.filename] or frames
    return f" ({frames[-1].filename.rsplit('/', 1)[-1]}, line {frames[-1].lineno})" if frames else ""
