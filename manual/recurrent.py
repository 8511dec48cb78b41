"""A recurrent network, backpropagated through time by hand: RNN, LSTM or GRU, then one linear layer.

    z_t = x_t W_ih^T + b + h_{t-1} W_hh^T      h_t, c_t = cell(z_t, h_{t-1}, c_{t-1})      t = 1 .. T,   h_0 = c_0 = 0
    logits = h_T W_out^T + b_out               loss = the mean cross-entropy of softmax(logits)

x is (N, T I), a sample's steps one after the other in its row; or (N, T I + 1), the last column how many of the
steps are its own, 1 .. T: from there on its state stays. Parameters, from the input to the loss: W_ih (G H, I),
W_hh (G H, H), b (G H,), a GRU's b_hn (H,), W_out (M, H), b_out (M,); G blocks of rows, in the order of GATES.
Arrays over time are (T, N, H), entry t what step t has left; the states h and c have h_0 in front.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .fields import check_recurrent
from .init import SCHEMES
from .layers import cells
from .layers.cells import GATES, blocks, join
from .trace import Tap, Trace, untouched

CRITERION = FUSED["softmax", "cross_entropy"]


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

    def init(self, rng: np.random.Generator, dtype: DTypeLike = "float64", scheme: str = "xavier") -> Params:
        """Draw parameters from the NumPy generator `rng`, gate by gate; biases are 0. scheme: from init.SCHEMES."""
        draw, G, H = SCHEMES[scheme], len(self.gates), self.hidden
        params = {
            "W_ih": np.concatenate([draw(rng, H, self.inputs) for _ in self.gates]),
            "W_hh": np.concatenate([draw(rng, H, H) for _ in self.gates]),
            "b": np.zeros(G * H),
        }
        if self.cell == "gru":
            params["b_hn"] = np.zeros(H)
        params |= {"W_out": draw(rng, self.classes, H), "b_out": np.zeros(self.classes)}
        return {name: array.astype(dtype) for name, array in params.items()}

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction softmax(logits), (N, M)."""
        return ACTIVATIONS["softmax"](self.forward_pass(params, x).a["logits"])

    def forward_pass(self, params: Params, x: Array, tap: Tap = untouched) -> Trace:
        """Return the Trace with gates and states of every step.

        a: gates (T, N, G H), the outputs of the gates, joined; h and c (T + 1, N, H); a GRU's u = W_hn h + b_hn
        (T, N, H); logits.  kept: alive, which samples have step t (T, N, 1), or None; tanh_c (T, N, H).
        tap(name, z) sees the net inputs of each gate, c, u, h and the logits over time, and may replace them.
        """
        x, alive = self._sequences(x)
        trace = Trace(params, x, tap)
        trace.kept["alive"] = alive
        self._begin(trace)
        step = {"rnn": self._rnn, "lstm": self._lstm, "gru": self._gru}[self.cell]
        for t in range(self.steps):
            step(t, trace)
        trace.record("logits", trace.a["h"][-1] @ params["W_out"].T + params["b_out"])
        return trace

    def _sequences(self, x: Array) -> tuple[Array, Array | None]:
        """Return the rows of x as (T, N, I), and which samples have a step t, (T, N, 1), or None for all."""
        T, N, width = self.steps, len(x), self.steps * self.inputs
        if x.shape[1:] not in ((width,), (width + 1,)):
            raise ValueError(
                f"x has shape {x.shape}; it needs {width} columns ({T} steps x {self.inputs} inputs), or "
                f"{width + 1} with the lengths"
            )
        # Half a step, so that a length that is off by a rounding is still that length.
        alive = np.arange(T)[:, None, None] + 0.5 < x[:, width:]
        x = x[:, :width].reshape(N, T, -1).swapaxes(0, 1).copy()
        return x, alive if alive.shape[-1] else None

    def _begin(self, trace: Trace) -> None:
        """Lay out the arrays over time; gates hold x_t W_ih^T + b of every step, in one product."""
        a, params, (T, N, _) = trace.a, trace.params, trace.x.shape
        z = (_rows(trace.x) @ params["W_ih"].T + params["b"]).reshape(T, N, -1)
        for gate, block in zip(self.gates, blocks(z, len(self.gates)), strict=True):
            block[...] = trace.tap(f"delta_{gate}", block)
        a["gates"], a["h"] = z, np.zeros_like(z, shape=(T + 1, N, self.hidden))
        zero = np.broadcast_to(np.zeros_like(z, shape=()), (T, N, self.hidden))  # takes no memory
        trace.kept["added_h"] = trace.tap("delta_h", zero)
        if self.cell == "lstm":
            a["c"], trace.kept["tanh_c"] = np.zeros_like(a["h"]), np.empty_like(a["h"][1:])
            trace.kept["added_c"] = trace.tap("delta_c", zero)
        if self.cell == "gru":
            a["u"], trace.kept["b_hn"] = (
                np.empty_like(a["h"][1:]),
                trace.tap("delta_hn", params["b_hn"] + zero),
            )

    def _rnn(self, t: int, trace: Trace) -> None:
        a, added, W_hh = trace.a, trace.kept["added_h"][t], trace.params["W_hh"]
        a["gates"][t] = np.tanh(a["gates"][t] + a["h"][t] @ W_hh.T)
        a["h"][t + 1] = self.while_alive(t, a["gates"][t], a["h"][t], trace) + added

    def _lstm(self, t: int, trace: Trace) -> None:
        a, kept, W_hh = trace.a, trace.kept, trace.params["W_hh"]
        gates = a["gates"][t] = cells.lstm_gates(a["gates"][t] + a["h"][t] @ W_hh.T)
        c = cells.lstm_state(gates, a["c"][t])
        a["c"][t + 1] = self.while_alive(t, c, a["c"][t], trace) + kept["added_c"][t]
        h, kept["tanh_c"][t] = cells.lstm_output(gates, a["c"][t + 1])
        a["h"][t + 1] = self.while_alive(t, h, a["h"][t], trace) + kept["added_h"][t]

    def _gru(self, t: int, trace: Trace) -> None:
        a, kept, W_hh = trace.a, trace.kept, trace.params["W_hh"]
        a["gates"][t], a["u"][t] = cells.gru_gates(a["gates"][t], a["h"][t] @ W_hh.T, kept["b_hn"][t])
        h = cells.gru_state(a["gates"][t], a["h"][t])
        a["h"][t + 1] = self.while_alive(t, h, a["h"][t], trace) + kept["added_h"][t]

    def while_alive(self, t: int, new: Array, old: Array | int, trace: Trace) -> Array:
        """Return `new` where the sequence has a step t, else `old`."""
        alive = trace.kept["alive"]
        return new if alive is None else np.where(alive[t], new, old)

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the cross-entropy's mean over the batch, a scalar."""
        return CRITERION(self.forward_pass(params, x, tap).a["logits"], y)

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        return CRITERION(trace.a["logits"], y), trace.grads

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return dL/d each intermediate over time: net inputs of the gates, c, h, each (T, N, H); logits (N, M).

        A GRU's delta_hn is by u = W_hn h + b_hn, inside the reset product.
        """
        delta = self.backward_pass(self.forward_pass(params, x), y).delta
        found = dict(zip(self.gates, blocks(delta["zx"], len(self.gates)), strict=True))
        if self.cell == "gru":
            found["hn"] = blocks(delta["zh"], 3)[2]
        found |= {name: delta[name] for name in ("c", "h", "logits") if name in delta}
        return {f"delta_{name}": array for name, array in found.items()}

    def backward_pass(self, trace: Trace, y: Array) -> Trace:
        """Add the deltas over time and the gradients to the Trace of a forward pass, from the last step back.

        delta: h, c and logits; zx, the net inputs of the gates, joined, by their share of x; zh by that of h,
        of which only a GRU's differs.
        """
        trace.y = y
        delta, gates, h = trace.delta, trace.a["gates"], trace.a["h"]
        delta |= {"logits": self.output_delta(trace), "h": np.empty_like(h[1:]), "zx": np.empty_like(gates)}
        delta["zh"] = np.empty_like(gates) if self.cell == "gru" else delta["zx"]
        if self.cell == "lstm":
            delta["c"] = np.empty_like(h[1:])
        step = {"rnn": self._rnn_back, "lstm": self._lstm_back, "gru": self._gru_back}[self.cell]
        for t in reversed(range(self.steps)):
            delta["h"][t] = self.hidden_delta(t, trace)
            step(t, trace)
        trace.grads |= {
            "W_ih": self.input_weight_gradient(trace),
            "W_hh": self.recurrent_weight_gradient(trace),
            "b": self.bias_gradient(trace),
        }
        if self.cell == "gru":
            trace.grads["b_hn"] = self.candidate_bias_gradient(trace)
        trace.grads["W_out"] = self.output_weight_gradient(trace)
        trace.grads["b_out"] = self.output_bias_gradient(trace)
        return trace

    def _rnn_back(self, t: int, trace: Trace) -> None:
        dz = self.through_gate("z", trace.delta["h"][t], trace.a["gates"][t])
        trace.delta["zx"][t] = self.while_alive(t, dz, 0, trace)

    def _lstm_back(self, t: int, trace: Trace) -> None:
        do, through_h = self.through_output(t, trace)
        trace.delta["c"][t] = self.cell_delta(t, self.while_alive(t, through_h, 0, trace), trace)
        da = (*self.through_state(t, trace), do)
        dz = join(*map(self.through_gate, self.gates, da, blocks(trace.a["gates"][t], 4)))
        trace.delta["zx"][t] = self.while_alive(t, dz, 0, trace)

    def _gru_back(self, t: int, trace: Trace) -> None:
        gates = trace.a["gates"][t]
        r, z, n = blocks(gates, 3)
        dz, dn, trace.kept["direct"] = cells.gru_state_backward(trace.delta["h"][t], gates, trace.a["h"][t])
        dz_n = self.through_gate("n", dn, n)
        dr, du = self.through_reset(t, dz_n, trace)
        dz_r, dz_z = self.through_gate("r", dr, r), self.through_gate("z", dz, z)
        trace.delta["zx"][t] = self.while_alive(t, join(dz_r, dz_z, dz_n), 0, trace)
        trace.delta["zh"][t] = self.while_alive(t, join(dz_r, dz_z, du), 0, trace)

    # ---- The rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, trace: Trace) -> Array:
        """delta_logits = (softmax(logits) - onehot(y)) / N: undoes the cross-entropy"""
        return CRITERION.derivative(trace.a["logits"], trace.y)

    def output_bias_gradient(self, trace: Trace) -> Array:
        """db_out = sum over the batch of delta_logits: undoes + b_out"""
        return trace.delta["logits"].sum(axis=0)

    def output_weight_gradient(self, trace: Trace) -> Array:
        """dW_out = delta_logits^T h_T: undoes h_T W_out^T by W_out"""
        return trace.delta["logits"].T @ trace.a["h"][-1]

    def hidden_delta(self, t: int, trace: Trace) -> Array:
        """delta_h_t: undoes h_T W_out^T at the last step, and what step t+1 makes of h_t at every other"""
        if t == self.steps - 1:
            return trace.delta["logits"] @ trace.params["W_out"]
        return self.hidden_carry(t + 1, trace)

    def hidden_carry(self, t: int, trace: Trace) -> Array:
        """delta_h_{t-1} = delta_z_t W_hh, for a GRU + delta_h_t z_t: undoes h_{t-1} W_hh^T, and z_t h_{t-1}"""
        carry = trace.delta["zh"][t] @ trace.params["W_hh"]
        if self.cell == "gru":
            carry = carry + trace.kept["direct"]
        return self.while_alive(t, carry, trace.delta["h"][t], trace)

    def cell_delta(self, t: int, through_h: Array, trace: Trace) -> Array:
        """delta_c_t: undoes both uses of c_t, in h_t = o_t tanh(c_t) and in c_{t+1}"""
        return through_h if t == self.steps - 1 else through_h + self.cell_carry(t + 1, trace)

    def cell_carry(self, t: int, trace: Trace) -> Array:
        """delta_c_{t-1} = delta_c_t f_t: undoes f_t c_{t-1} by c_{t-1}"""
        delta, gates, c = trace.delta["c"][t], trace.a["gates"][t], trace.a["c"][t]
        return self.while_alive(t, cells.lstm_state_backward(delta, gates, c)[3], delta, trace)

    def through_output(self, t: int, trace: Trace) -> tuple[Array, Array]:
        """dL/do_t and dL/dc_t: undoes h_t = o_t tanh(c_t)"""
        return cells.lstm_output_backward(trace.delta["h"][t], trace.a["gates"][t], trace.kept["tanh_c"][t])

    def through_state(self, t: int, trace: Trace) -> tuple[Array, ...]:
        """dL/d(i_t, f_t, g_t): undoes c_t = f_t c_{t-1} + i_t g_t"""
        return cells.lstm_state_backward(trace.delta["c"][t], trace.a["gates"][t], trace.a["c"][t])[:3]

    def through_reset(self, t: int, dz_n: Array, trace: Trace) -> tuple[Array, Array]:
        """dL/dr_t and dL/du_t: undoes r_t u_t in the net input of n, u_t = W_hn h_{t-1} + b_hn"""
        return cells.gru_reset_backward(dz_n, blocks(trace.a["gates"][t], 3)[0], trace.a["u"][t])

    def through_gate(self, gate: str, da: Array, a: Array) -> Array:
        """dL/dz = dL/da a (1 - a), or dL/da (1 - a^2) for a tanh: undoes a = sigma(z) or tanh(z)"""
        if gate in ("g", "n") or self.cell == "rnn":
            return cells.tanh_gate_backward(da, a)
        return cells.sigmoid_gate_backward(da, a)

    def bias_gradient(self, trace: Trace) -> Array:
        """db = sum over time and batch of delta_z_t: undoes + b at every step"""
        return _rows(trace.delta["zx"]).sum(axis=0)

    def candidate_bias_gradient(self, trace: Trace) -> Array:
        """db_hn = sum over time and batch of delta_hn: undoes + b_hn at every step"""
        return _rows(blocks(trace.delta["zh"], 3)[2]).sum(axis=0)

    def input_weight_gradient(self, trace: Trace) -> Array:
        """dW_ih = sum over time of delta_z_t^T x_t, in one product: undoes x_t W_ih^T by W_ih"""
        return _rows(trace.delta["zx"]).T @ _rows(trace.x)

    def recurrent_weight_gradient(self, trace: Trace) -> Array:
        """dW_hh = sum over time of delta_z_t^T h_{t-1}, in one product: undoes h_{t-1} W_hh^T by W_hh"""
        return _rows(trace.delta["zh"]).T @ _rows(trace.a["h"][:-1])


def _rows(over_time: Array) -> Array:
    """Return (T, N, K) as (T N, K): a sum over time and batch is one product."""
    return over_time.reshape(-1, over_time.shape[-1])
