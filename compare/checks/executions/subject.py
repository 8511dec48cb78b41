"""The training to execute: a network, its start, an optimiser and batches, as arrays of each framework."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...common.arrays import Arrays
from ...common.errors import UserError
from ...common.floats import floating
from ...networks import Network, check_inputs, inputs, optimizers, targets
from ...networks.optimizers import Optimizer
from ...user.trio.trio import Trio
from ...user.trio.updates import Rule

Draw = Callable[[], tuple[np.ndarray, np.ndarray]]
STEPS = 10
DTYPES = ("float64", "float32", "bfloat16")


@dataclass(frozen=True)
class Subject:
    """A training step's arguments in NumPy.

    params: float64, each value one of `dtype`.  draws: a function for each batch; a user's `batch` is called anew each
    time, since it may leave something behind that the loss reads.
    """

    net: Network | Trio
    rule: Optimizer | Rule
    params: Arrays
    draws: tuple[Draw, ...]
    dtype: str
    data: str = ""
    seed: int = 0

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of a step, float64 with values of `dtype`."""
        x, y = self.draws[step]()
        return rounded(x, self.dtype), rounded(y, self.dtype)


@dataclass(frozen=True)
class Native:
    """The arrays of a framework in one floating type."""

    who: str
    dtype: str

    def into(self, tree: Any) -> Any:
        """Return nests of NumPy arrays in the framework's; integers keep their type."""
        if isinstance(tree, dict):
            return {name: self.into(a) for name, a in tree.items()}
        if isinstance(tree, (list, tuple)):
            return type(tree)(self.into(a) for a in tree)
        array, kind = np.array(tree), self.dtype
        if self.who == "torch":
            import torch

            native = torch.from_numpy(array)
            return native.to(getattr(torch, kind)) if array.dtype.kind == "f" else native
        if self.who == "jax":
            import jax.numpy as jnp

            return jnp.array(array, getattr(jnp, kind) if array.dtype.kind == "f" else None)
        return array.astype(kind) if array.dtype.kind == "f" else array

    def back(self, tree: Any) -> Any:
        """Return a number as a float and a dict of arrays in NumPy, float64."""
        if isinstance(tree, dict):
            return {name: self.back(a) for name, a in tree.items()}
        if self.who == "torch":
            tree = tree.detach().double().numpy()
        return np.array(tree).astype(np.float64)

    def open(self) -> AbstractContextManager:
        """Return the context in which the framework holds the type."""
        if self.who != "jax":
            return nullcontext()
        import jax

        return jax.enable_x64(self.dtype == "float64")


def rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return floating arrays with values of `dtype`, in float64; integers as they are."""
    array = np.asarray(array)
    return floating(dtype).rounded(array).astype(np.float64) if array.dtype.kind == "f" else array


def of_network(
    net: Network, rule: Optimizer, source: str | None, batch: int, seed: int, dtype: str
) -> Subject:
    """Return the Subject of a built-in network: samples of its data set, non-zero biases."""
    data = net.load(source)
    params, *_ = check_inputs(net, data, batch, seed)
    order = np.random.default_rng([seed, 7])
    rows = [order.choice(len(data.x_train), batch, replace=False) for _ in range(STEPS)]

    def draw(chosen: np.ndarray) -> Draw:
        return lambda: (inputs(data.x_train[chosen], "float64"), targets(net, data.y_train[chosen]))

    return _subject(net, rule, params, [draw(r) for r in rows], dtype, data.name, seed)


def of_trio(trio: Trio, rule: Optimizer | None, batch: int, seed: int, dtype: str) -> Subject:
    """Return the Subject of a user's network. What it carries (a batch norm's running mean) stays as it is."""
    if callable(trio.batch):
        draws: list[Draw] = [partial(trio.draw, seed + k) for k in range(STEPS)]
    else:
        order, size = np.random.default_rng([seed, 7]), min(batch, len(trio.x))
        rows = [order.choice(len(trio.x), size, replace=False) for _ in range(STEPS)]
        draws = [partial(lambda r: (trio.x[r], trio.y[r]), r) for r in rows]
    trio.held = True
    return _subject(trio, Rule(trio, rule), dict(trio.params), draws, dtype, trio.name, seed)


def _subject(
    net: Any, rule: Any, params: Arrays, draws: list[Draw], dtype: str, data: str, seed: int
) -> Subject:
    if dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: {', '.join(DTYPES[:2])} or {DTYPES[2]} is needed")
    start = {n: rounded(a, dtype) for n, a in params.items()}
    return Subject(net, rule, start, tuple(draws), dtype, data, seed)


def named_rule(name: str | None, rate: float | None, own: bool = False) -> Optimizer | None:
    """Return the optimiser of that name; plain descent by default, or None where versions have their own."""
    if name is None and own:
        return None
    name = name or "sgd"
    return optimizers.optimizer(name, optimizers.RATES.get(name, 0.1) if rate is None else rate)
