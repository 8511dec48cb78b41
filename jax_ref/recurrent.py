"""A recurrent network, differentiated by jax.grad: RNN, LSTM or GRU, then one linear layer.

    z_t = x_t W_ih^T + b + h_{t-1} W_hh^T      h_t, c_t = cell(z_t, h_{t-1}, c_{t-1})      t = 1 .. T,   h_0 = c_0 = 0
    logits = h_T W_out^T + b_out               loss = the mean cross-entropy of softmax(logits)

x is (N, T I), a sample's steps one after the other in its row; or (N, T I + 1), the last column how many of the
steps are its own, 1 .. T: from there on its state stays. Parameters, from the input to the loss: W_ih (G H, I),
W_hh (G H, H), b (G H,), a GRU's b_hn (H,), W_out (M, H), b_out (M,); G blocks of rows, in the order of GATES.
Arrays over time are (T, N, H), entry t what step t has left. No derivative is written here: jax.grad finds them
all, and the cells are spelled out so that it finds the deltas inside them too.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from . import differentiate
from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .differentiate import Tap, untouched
from .fields import check_recurrent

GATES = {"rnn": ("z",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}
CRITERION = FUSED["softmax", "cross_entropy"]
State = tuple[Array, Array]  # h and c


@dataclass(frozen=True)
class Recurrent:
    """A recurrent network: hyperparameters only, the parameters live outside.

    cell: rnn, lstm or gru.  inputs: I, the numbers in a step.  hidden: H.  classes: M.  steps: T.
    Raises ValueError where these are not positive integers or the cell is unknown.
    """

    cell: str = "lstm"
    inputs: int = 8
    hidden: int = 16
    classes: int = 10
    steps: int = 8

    def __post_init__(self) -> None:
        check_recurrent(self, GATES)

    @property
    def gates(self) -> tuple[str, ...]:
        """The names of the cell's gates, in the order of their blocks."""
        return GATES[self.cell]

    @property
    def depth(self) -> int:
        """1, the number of recurrent layers."""
        return 1

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction softmax(logits), (N, M)."""
        return ACTIVATIONS["softmax"](self._forward(params, x))

    def _forward(self, params: Params, x: Array, tap: Tap = untouched) -> Array:
        x, alive = self._sequences(x)
        z = x @ params["W_ih"].T + params["b"]
        gates = zip(self.gates, jnp.split(z, len(self.gates), axis=-1), strict=True)
        z = jnp.concatenate([tap(f"delta_{gate}", part) for gate, part in gates], axis=-1)
        zero = jnp.zeros((self.steps, z.shape[1], self.hidden), z.dtype)
        # Zeros over time are added at every step, so that a tap can reach the states inside the loop.
        inner = {"rnn": (), "lstm": ("c",), "gru": ("hn",)}[self.cell]
        zeros = {name: tap(f"delta_{name}", zero) for name in (*inner, "h")}
        step = {"rnn": self._rnn, "lstm": self._lstm, "gru": self._gru}[self.cell]
        state = (zero[0], zero[0])
        state, _ = jax.lax.scan(
            lambda state, now: (step(params, state, *now), None), state, (z, zeros, alive)
        )
        return tap("delta_logits", state[0] @ params["W_out"].T + params["b_out"])

    def _sequences(self, x: Array) -> tuple[Array, Array | None]:
        """Return (T, N, I) of the rows, and which samples have a step t, (T, N, 1), or None for all."""
        T, N, width = self.steps, len(x), self.steps * self.inputs
        if x.shape[1:] not in ((width,), (width + 1,)):
            raise ValueError(
                f"x has shape {tuple(x.shape)}; it needs {width} columns ({T} steps x {self.inputs} inputs), or "
                f"{width + 1} with the lengths"
            )
        # Half a step, so that a length that is off by a rounding is still that length.
        alive = jnp.arange(T)[:, None, None] + 0.5 < x[:, width:]
        x = x[:, :width].reshape(N, T, -1).swapaxes(0, 1)
        return x, alive if alive.shape[-1] else None

    def _rnn(
        self, params: Params, state: State, z: Array, zeros: dict[str, Array], alive: Array | None
    ) -> State:
        h, c = state
        new = jnp.tanh(z + h @ params["W_hh"].T)
        return _kept(alive, new, h) + zeros["h"], c

    def _lstm(
        self, params: Params, state: State, z: Array, zeros: dict[str, Array], alive: Array | None
    ) -> State:
        h, c = state
        i, f, g, o = jnp.split(z + h @ params["W_hh"].T, 4, axis=-1)
        c = _kept(alive, jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g), c) + zeros["c"]
        return _kept(alive, jax.nn.sigmoid(o) * jnp.tanh(c), h) + zeros["h"], c

    def _gru(
        self, params: Params, state: State, z: Array, zeros: dict[str, Array], alive: Array | None
    ) -> State:
        h, c = state
        x_r, x_z, x_n = jnp.split(z, 3, axis=-1)
        h_r, h_z, h_n = jnp.split(h @ params["W_hh"].T, 3, axis=-1)
        r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
        n = jnp.tanh(x_n + r * (h_n + params["b_hn"] + zeros["hn"]))
        return _kept(alive, (1 - z) * n + z * h, h) + zeros["h"], c

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the cross-entropy's mean over the batch, a scalar."""
        return CRITERION(self._forward(params, x, tap), y)

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        return differentiate.loss_and_grads(self, params, x, y)

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return dL/d each intermediate over time: net inputs of the gates, c, h, each (T, N, H); logits (N, M).

        A GRU's delta_hn is by u = W_hn h + b_hn, inside the reset product.
        """
        return differentiate.deltas(self, params, x, y)


def _kept(alive: Array | None, new: Array, old: Array) -> Array:
    """Return `new` where the sequence has this step, else `old`."""
    return new if alive is None else jnp.where(alive, new, old)
