"""Trio: a user's network as the instruments take one, beside the built-in networks."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from ...common.arrays import Arrays, flatten, positional_names
from ...common.errors import UserError
from ...witnesses import absent
from ..raised import reported
from .sides import Side, first_alike, hand_side

WHO = ("hand", "torch", "jax")
PACKAGES = {"hand": "manual", "torch": "torch_ref", "jax": "jax_ref"}


class Trio:
    """One network written two or three times; what is not given takes no part.

    hand: a function (params, x, y) -> (loss, gradients) in NumPy.
    torch: a function (params, x, y) -> scalar; an nn.Module that returns its loss, module(x, y); or (module, loss) with
        loss(output, y) or loss(module, x, y).
    jax: a function (params, x, y) -> scalar, or (pytree, loss) with loss(pytree, x, y): a module of equinox, the
        parameters of flax or haiku.
    params: NumPy arrays in any nest of dicts, lists and tuples; without it the module's own are taken.
    batch: (x, y), all samples; or a function rng -> (x, y), one batch.
    state: arrays that a step carries and does not train, as params is. A function then takes (params, state, x, y)
        and returns (loss, state), hand (loss, gradients, state). The buffers of a module are such arrays.
    jax_state: those of a jax pytree, in a pytree of their own: loss(pytree, state, x, y) -> (loss, state).
    update: {"hand", "torch" or "jax": that version's own update}, see `updates`.
    names: {"torch" or "jax": {common name: name there}}, where name, order and shape do not tell.
    executions: {"hand", "torch" or "jax": {a name: function (params, x, y) -> (loss, gradients)}}: how a training
        program of the user computes them, accumulated for example. `threeways executions` judges them.
    workers: {"torch" or "jax": function (params, x, y, rank, world) -> (loss, gradients)}: what each process of the
        user's program does. It gets the whole batch, takes its shard, and reduces over the group of torch.distributed
        or jax.distributed that it runs in.

    Raises UserError where nothing is given, or the versions do not fit one another.
    """

    fields: Mapping[str, Any] = {}
    held = False  # whether what is carried stays as it is

    def __init__(
        self,
        *,
        hand: Callable[..., Any] | None = None,
        torch: Any = None,
        jax: Any = None,
        params: Any = None,
        batch: Any = None,
        state: Any = None,
        jax_state: Any = None,
        update: Mapping[str, Any] | None = None,
        names: Mapping[str, Mapping[str, str]] | None = None,
        executions: Mapping[str, Mapping[str, Callable[..., Any]] | None] | None = None,
        workers: Mapping[str, Callable[..., Any] | None] | None = None,
        name: str = "your network",
        file: str | None = None,
    ):
        self.given = {"hand": hand, "torch": torch, "jax": jax}
        self.state, self.jax_state = state, jax_state
        self.own_names, self.name, self.file = dict(names or {}), name, file
        self.updates = {who: rule for who, rule in (update or {}).items() if rule is not None}
        self.executions = {who: functions for who, functions in (executions or {}).items() if functions}
        self.workers = {who: function for who, function in (workers or {}).items() if function}
        self.absent: dict[str, str] = {}
        for who, version in self.given.items():
            why = f"no {who} version is given" if version is None else absent(who)
            if why:
                self.absent[who] = why
        self.here = [who for who in WHO if who not in self.absent]
        if not self.here:
            raise UserError("nothing to compare: give hand=, torch= or jax=, and at least two of them")
        if hand is not None and not callable(hand):
            raise UserError(f"hand is {type(hand).__name__}: a function (params, x, y) -> (loss, gradients)")
        if self.updates.keys() - set(WHO):
            raise UserError(f"update has {', '.join(self.updates)}: hand, torch and jax are known")
        self.uncarried = ""
        self.like, self.params = self._parameters(params)
        self.carried = self._carried()
        if batch is None:
            raise UserError("no data: give batch=(x, y), or batch=function of rng that returns (x, y)")
        self.batch = batch
        self.x, self.y = self.draw(0)
        self._sides: dict[str, Side] = {}

    # ---- What the instruments ask of a network

    def build(self, who: str) -> Side:
        """Return the version of `who`, in its framework's arrays."""
        if who not in self._sides:
            self._sides[who] = self._built(who)
        self._sides[who].held = self.held
        return self._sides[who]

    def saved(self) -> dict[str, Any]:
        """Return what another process reads it from. Raises UserError where it is in no file."""
        if self.file is None:
            raise UserError(
                "this Trio has no file, so another process cannot load it: "
                "write Trio(..., file=__file__) at the top of a file, or run threeways time FILE"
            )
        return {"file": self.file, "reader": "compare.files.trio:read", "held": self.held}

    def product_flops(self, batch: int) -> None:
        """Return None: the products of a user's network are not counted."""

    def closures(self) -> list[str]:
        """Say which version's loss does not depend on the data it is given: it closes over its own."""
        found = []
        for who in self.here:
            version = OnNumpy(self, who)
            loss = version.loss_and_grads(self.params, self.x, self.y)[0]
            for name in "xy":
                moved = {"x": self.x, "y": self.y} | {name: _other(getattr(self, name))}
                if loss == version.loss_and_grads(self.params, moved["x"], moved["y"])[0]:
                    found.append(
                        f"{who}'s loss is the same for another {name}: it closes over its data, which a compiler "
                        "folds into the program; take them from the arguments"
                    )
        return found

    def shadowed(self) -> Any:
        """Return the first version on NumPy arrays, as a shadow takes it."""
        return OnNumpy(self, self.here[0])

    @cached_property
    def exchangeable(self) -> bool:
        """Return whether a batch in another order has the same loss."""
        first = OnNumpy(self, self.here[0])
        loss = first.loss_and_grads(self.params, self.x, self.y)[0]
        other = first.loss_and_grads(self.params, self.x[::-1], self.y[::-1])[0]
        return abs(other - loss) <= 1e-9 * abs(loss)

    def describe(self) -> str:
        """Return 'net.py: hand, torch and jax, 4 arrays of 130 parameters'."""
        size = sum(a.size for a in self.params.values())
        carried = f", {len(self.carried)} carried" if self.carried else ""
        versions = " and ".join(", ".join(self.here).rsplit(", ", 1))
        return f"{self.name}: {versions}, {len(self.params)} arrays of {size} parameters{carried}"

    def said(self) -> list[str]:
        """Say what was paired with what, and what stays as it is."""
        found = [self.uncarried] if self.uncarried else []
        for who in self.here:
            if self.build(who).said:
                found.append(f"{who}: {'; '.join(self.build(who).said)}")
        return found

    def draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y): all samples, or where they are drawn one batch. Raises UserError where they are unusable."""
        if callable(self.batch):
            with reported("batch"):
                drawn = self.batch(np.random.default_rng([seed, 5]))
        else:
            drawn = self.batch
        if not isinstance(drawn, (tuple, list)) or len(drawn) != 2:
            raise UserError(f"batch gives {type(drawn).__name__}: the pair (x, y) is needed")
        arrays = [_array(name, a) for name, a in zip("xy", drawn, strict=True)]
        if len(arrays[0]) != len(arrays[1]):
            raise UserError(
                f"x has {len(arrays[0])} samples, y has {len(arrays[1])}: the batch needs as many of each"
            )
        return arrays[0], arrays[1]

    def initial(self, dtype: str = "float64") -> Arrays:
        """Return the parameters, and what is carried, in the floating type of a run."""
        return {n: a.astype(dtype) for n, a in (self.params | self.carried).items()}

    # ---- How it is read

    def _parameters(self, params: Any) -> tuple[Any, Arrays]:
        if params is None:
            own = self._own(0)
            if own is None:
                raise UserError("params is missing: a dict of NumPy arrays, the same for every version")
            return self._some(own), own
        places = positional_names(params)  # weights and biases in lists get the names they have in books
        flat = {places.get(place, place): a for place, a in flatten(params).items()}
        for name, array in self._some(flat).items():
            if not array.size or not np.isfinite(array).all():
                raise UserError(f"params: {name} is empty, or holds nan or inf")
        return params, {n: a.astype(np.float64) for n, a in flat.items()}

    @staticmethod
    def _some(flat: Arrays) -> Arrays:
        if not flat:
            raise UserError(
                "there are no parameters: a dict, list or tuple of arrays, or a module with some, is needed"
            )
        return flat

    def _own(self, which: int) -> Arrays | None:
        """Return the arrays of a module or pytree itself: parameters (0) or what it carries (1)."""
        version = self.given["torch"]
        model = version[0] if isinstance(version, tuple) else version
        if "torch" in self.here and hasattr(model, "named_parameters"):
            return import_module(f"{__package__}.torch_side").parameters(model)[which]
        tree = (self.given["jax"], self.jax_state)[which]
        tree = tree[0] if isinstance(tree, tuple) and which == 0 else tree if which else None
        if "jax" in self.here and tree is not None:
            return import_module(f"{__package__}.jax_side").parameters(tree)
        return None

    def _carried(self) -> Arrays:
        """Return what is carried: by every version that is here, or by none."""
        found = (self._own(1) if self.state is None else flatten(self.state)) or {}
        without = [who for who in self.here if found and not self._carries(who)]
        if without:
            self.uncarried = (
                f"{', '.join(found)} stay as they are: {' and '.join(without)} carries none (state=)"
            )
            return {}
        return {n: a.astype(np.float64) for n, a in found.items()}

    def _carries(self, who: str) -> bool:
        version = self.given[who]
        model = version[0] if isinstance(version, tuple) else version
        if hasattr(model, "named_buffers"):
            return any(b.is_floating_point() for _, b in model.named_buffers())
        return self.jax_state is not None if isinstance(version, tuple) else self.state is not None

    def _built(self, who: str) -> Side:
        if who == "hand":
            assert self.given["hand"] is not None
            return hand_side(self.given["hand"], self.like, self.carried, self.state)
        module = import_module(f"{__package__}.{who}_side")
        common = (self.given[who], self.like, self.params, self.carried, self.state, self.own_names.get(who))
        more = (self.jax_state,) if who == "jax" else ()
        before = [self.build(w) for w in self.here[: self.here.index(who)]]
        expected = self._loss(before[0]) if before else None
        with reported(f"the {who} version"):
            side = first_alike(module.sides(*common, *more), self._loss, expected)
            again = self._loss(side)
        if again != self._loss(side):
            raise UserError(
                f"the {who} version gives two losses for the same inputs (dropout? a sample of noise?): draw masks "
                "and noise in batch(rng) and return them as y, or as further columns of x; or call eval() on a module"
            )
        return side

    def _loss(self, side: Side) -> float:
        return OnNumpy(self, side.who, side).loss_and_grads(self.params, self.x, self.y)[0]


class OnNumpy:
    """A version called with NumPy arrays, in their widest floating type."""

    def __init__(self, trio: Trio, who: str, side: Side | None = None):
        self.side, self.who = side or trio.build(who), who
        package = import_module(PACKAGES[who])
        self.into, self.back = package.from_numpy, package.to_numpy

    def loss_and_grads(self, params: Arrays, x: Any, y: Any) -> tuple[float, Arrays]:
        """Return the loss and the gradients, in NumPy."""
        dtype = np.result_type(*params.values())
        given = {n: a.astype(dtype) for n, a in params.items()}
        with in_doubles(self.who, dtype), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a pairing that broadcasts is tried, and not taken
            loss, grads = self.side.loss_and_grads(*self.into((given, *as_floating((x, y), dtype))))
            return float(loss), self.back(grads)


def in_doubles(who: str, dtype: Any) -> Any:
    """Let `who` hold `dtype`: jax rounds float64 away unless it is enabled."""
    if who != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(dtype == np.float64)


def as_floating(arrays: Iterable[np.ndarray], dtype: Any) -> list[np.ndarray]:
    """Return samples in a floating type; integers stay as they are."""
    return [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]


def _other(array: np.ndarray) -> np.ndarray:
    """Return other samples of the same kind: other numbers, or where they are integers other ones of them."""
    if array.dtype.kind == "f":
        return 0.5 * array + 0.25
    flat = array.reshape(-1)
    return np.roll(flat, 1).reshape(array.shape) if len(set(flat.tolist())) > 1 else array[::-1]


def _array(name: str, value: Any) -> np.ndarray:
    array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    if array.dtype.kind not in "fiub" or not array.ndim or not array.size:
        raise UserError(f"{name} is {array.dtype} of shape {array.shape}: an array of samples is needed")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UserError(f"{name} holds nan or inf")
    return array
