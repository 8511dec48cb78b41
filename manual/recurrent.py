"""A recurrent network, backpropagated through time by hand: RNN, LSTM or GRU, then one linear layer.

    z_t = x_t W_ih^T + b + h_{t-1} W_hh^T      h_t, c_t = cell(z_t, h_{t-1}, c_{t-1})      t = 1 .. T,   h_0 = c_0 = 0
    logits = h_T W_out^T + b_out               loss = the mean cross-entropy of softmax(logits)

x is (N, T I), a sample's steps one after the other in its row; or (N, T I + 1), the last column how many of the
steps are its own, 1 .. T: from there on its state stays. Parameters, from the input to the loss: W_ih (G H, I),
W_hh (G H, H), b (G H,), a GRU's b_hn (H,), W_out (M, H), b_out (M,); G blocks of rows, in the order of GATES.
Arrays over time are (T, N, H), entry t what step t has left; the states h and c have h_0 in front.
"""

from dataclasses import dataclass, field

import numpy as np

from .activations import ACTIVATIONS
from .criteria import FUSED
from .init import SCHEMES
from .layers import cells
from .layers.cells import GATES, blocks, join

CRITERION = FUSED["softmax", "cross_entropy"]


@dataclass
class Pass:
    """What one forward and one backward pass leave behind, over time; alive is None where all have length T."""

    x: np.ndarray
    W_hh: np.ndarray
    W_out: np.ndarray
    alive: np.ndarray | None
    a: np.ndarray  # the gates, joined: before step t their net inputs' share of x, after it their outputs
    h: np.ndarray
    c: np.ndarray | None = None
    s: np.ndarray | None = None  # tanh(c)
    u: np.ndarray | None = None  # a GRU's W_hn h + b_hn
    b_hn: np.ndarray | None = None
    zeros: dict = field(default_factory=dict)
    logits: np.ndarray | None = None
    y: np.ndarray | None = None
    delta: dict = field(default_factory=dict)
    dzx: np.ndarray | None = None  # dL/d(net inputs), joined: the input's share ...
    dzh: np.ndarray | None = None  # ... and the state's, of which only a GRU's differs
    direct: np.ndarray | None = None  # what a GRU hands back through z h itself

    def kept(self, t, new, old):
        """`new` where the sequence has a step t, else `old`."""
        return new if self.alive is None else np.where(self.alive[t], new, old)


def _untouched(name, z):
    return z


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

    def __post_init__(self):
        if self.cell not in GATES:
            raise ValueError(f"unknown cell {self.cell!r}; known: {', '.join(GATES)}")
        for name in ("inputs", "hidden", "classes", "steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value}; a positive integer is needed")

    @property
    def gates(self):
        """The names of the cell's gates, in the order of their blocks."""
        return GATES[self.cell]

    @property
    def depth(self):
        """1, the number of recurrent layers."""
        return 1

    def init(self, rng, dtype="float64", scheme="xavier"):
        """Parameters drawn from the NumPy generator `rng`, gate by gate; biases 0. scheme: from init.SCHEMES."""
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

    def forward(self, params, x):
        """The prediction softmax(logits), (N, M)."""
        return ACTIVATIONS["softmax"](self._forward(params, x).logits)

    def loss(self, params, x, y):
        """The cross-entropy's mean over the batch; a scalar."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        p = self._backward(self._forward(params, x), y)
        grads = {
            "W_ih": self.input_weight_gradient(p),
            "W_hh": self.recurrent_weight_gradient(p),
            "b": self.bias_gradient(p),
        }
        if self.cell == "gru":
            grads["b_hn"] = self.candidate_bias_gradient(p)
        grads |= {"W_out": self.output_weight_gradient(p), "b_out": self.output_bias_gradient(p)}
        return CRITERION(p.logits, y), grads

    def deltas(self, params, x, y):
        """dL/d each intermediate over time: the gates' net inputs, an LSTM's c, h, each (T, N, H); logits (N, M).

        A GRU's delta_hn is by u = W_hn h + b_hn, inside the reset product.
        """
        p = self._backward(self._forward(params, x), y)
        found = dict(zip(self.gates, blocks(p.dzx, len(self.gates)), strict=True))
        if self.cell == "gru":
            found["hn"] = blocks(p.dzh, 3)[2]
        return {f"delta_{name}": delta for name, delta in (found | p.delta).items()}

    # ---- The backward rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, p):
        """delta_logits = (softmax(logits) - onehot(y)) / N"""
        return CRITERION.derivative(p.logits, p.y)

    def output_bias_gradient(self, p):
        """db_out = sum over the batch of delta_logits"""
        return p.delta["logits"].sum(axis=0)

    def output_weight_gradient(self, p):
        """dW_out = delta_logits^T h_T"""
        return p.delta["logits"].T @ p.h[-1]

    def hidden_delta(self, t, p):
        """delta_h_t: the loss sees the last state alone; each other is seen by the step after it"""
        return p.delta["logits"] @ p.W_out if t == self.steps - 1 else self.hidden_carry(t + 1, p)

    def hidden_carry(self, t, p):
        """What step t hands back to the state before it: its net inputs' deltas times W_hh, and a GRU's z h"""
        carry = p.dzh[t] @ p.W_hh
        return p.kept(t, carry if p.direct is None else carry + p.direct, p.delta["h"][t])

    def cell_delta(self, t, through_h, p):
        """delta_c_t: c_t is used twice, in h_t and by the step after it"""
        return through_h if t == self.steps - 1 else through_h + self.cell_carry(t + 1, p)

    def cell_carry(self, t, p):
        """What step t hands back to the cell state before it: delta_c_t f_t"""
        return p.kept(t, cells.lstm_state_backward(p.delta["c"][t], p.a[t], p.c[t])[3], p.delta["c"][t])

    def through_output(self, t, p):
        """dL/do_t, and dL/dc_t through h_t = o_t tanh(c_t)"""
        return cells.lstm_output_backward(p.delta["h"][t], p.a[t], p.s[t])

    def through_state(self, t, p):
        """dL/d(i_t, f_t, g_t) through c_t = f_t c_{t-1} + i_t g_t"""
        return cells.lstm_state_backward(p.delta["c"][t], p.a[t], p.c[t])[:3]

    def through_reset(self, t, dz_n, p):
        """dL/dr_t, and dL/du_t with u_t = W_hn h_{t-1} + b_hn, through the candidate's net input"""
        return cells.gru_reset_backward(dz_n, blocks(p.a[t], 3)[0], p.u[t])

    def through_gate(self, gate, da, a):
        """dL/dz of one gate, by its output a: a (1 - a), or 1 - a^2 where the gate is a tanh"""
        if gate in ("g", "n") or self.cell == "rnn":
            return cells.tanh_gate_backward(da, a)
        return cells.sigmoid_gate_backward(da, a)

    def bias_gradient(self, p):
        """db = sum over time and batch of dz_t"""
        return _rows(p.dzx).sum(axis=0)

    def candidate_bias_gradient(self, p):
        """db_hn = sum over time and batch of delta_hn"""
        return _rows(blocks(p.dzh, 3)[2]).sum(axis=0)

    def input_weight_gradient(self, p):
        """dW_ih = sum over time of dz_t^T x_t, in one product"""
        return _rows(p.dzx).T @ _rows(p.x)

    def recurrent_weight_gradient(self, p):
        """dW_hh = sum over time of dz_t^T h_{t-1}, in one product"""
        return _rows(p.dzh).T @ _rows(p.h[:-1])

    # ---- One forward pass, one backward pass

    def _forward(self, params, x, tap=_untouched):
        p = self._begun(params, x, tap)
        step = {"rnn": self._rnn, "lstm": self._lstm, "gru": self._gru}[self.cell]
        for t in range(self.steps):
            step(t, p)
        p.logits = tap("delta_logits", p.h[-1] @ p.W_out.T + params["b_out"])
        return p

    def _begun(self, params, x, tap):
        """The Pass before its first step: every step's net input from x, in one product."""
        T, N, H, W_hh = self.steps, len(x), self.hidden, params["W_hh"]
        x, alive = self._sequences(x)
        z = (_rows(x) @ params["W_ih"].T + params["b"]).reshape(T, N, -1)
        for gate, block in zip(self.gates, blocks(z, len(self.gates)), strict=True):
            block[...] = tap(f"delta_{gate}", block)
        p = Pass(x, W_hh, params["W_out"], alive, z, np.zeros_like(z, shape=(T + 1, N, H)))
        zero = np.broadcast_to(np.zeros_like(z, shape=()), (T, N, H))  # takes no memory
        p.zeros["h"] = tap("delta_h", zero)
        if self.cell == "lstm":
            p.c, p.s = np.zeros_like(p.h), np.empty_like(p.h[1:])
            p.zeros["c"] = tap("delta_c", zero)
        if self.cell == "gru":
            p.b_hn, p.u = tap("delta_hn", params["b_hn"] + zero), np.empty_like(p.h[1:])
        return p

    def _sequences(self, x):
        """(T, N, I) of the rows, and which samples have a step t, (T, N, 1), or None for all."""
        T, N, width = self.steps, len(x), self.steps * self.inputs
        if x.shape[1:] not in ((width,), (width + 1,)):
            raise ValueError(
                f"x is {x.shape}; {T} steps of {self.inputs} are {width} columns, or one more with the lengths"
            )
        # Half a step, so that a length that is off by a rounding is still that length.
        alive = np.arange(T)[:, None, None] + 0.5 < x[:, width:]
        x = x[:, :width].reshape(N, T, -1).swapaxes(0, 1).copy()
        return x, alive if alive.shape[-1] else None

    def _rnn(self, t, p):
        p.a[t] = np.tanh(p.a[t] + p.h[t] @ p.W_hh.T)
        p.h[t + 1] = p.kept(t, p.a[t], p.h[t]) + p.zeros["h"][t]

    def _lstm(self, t, p):
        p.a[t] = cells.lstm_gates(p.a[t] + p.h[t] @ p.W_hh.T)
        p.c[t + 1] = p.kept(t, cells.lstm_state(p.a[t], p.c[t]), p.c[t]) + p.zeros["c"][t]
        h, p.s[t] = cells.lstm_output(p.a[t], p.c[t + 1])
        p.h[t + 1] = p.kept(t, h, p.h[t]) + p.zeros["h"][t]

    def _gru(self, t, p):
        p.a[t], p.u[t] = cells.gru_gates(p.a[t], p.h[t] @ p.W_hh.T, p.b_hn[t])
        p.h[t + 1] = p.kept(t, cells.gru_state(p.a[t], p.h[t]), p.h[t]) + p.zeros["h"][t]

    def _backward(self, p, y):
        p.y = y
        if self.cell == "lstm":
            p.delta["c"] = np.empty_like(p.s)
        p.delta |= {"h": np.empty_like(p.h[1:]), "logits": self.output_delta(p)}
        p.dzx = np.empty_like(p.a)
        p.dzh = np.empty_like(p.a) if self.cell == "gru" else p.dzx
        step = {"rnn": self._rnn_back, "lstm": self._lstm_back, "gru": self._gru_back}[self.cell]
        for t in reversed(range(self.steps)):
            p.delta["h"][t] = self.hidden_delta(t, p)
            step(t, p)
        return p

    def _rnn_back(self, t, p):
        p.dzx[t] = p.kept(t, self.through_gate("z", p.delta["h"][t], p.a[t]), 0)

    def _lstm_back(self, t, p):
        do, through_h = self.through_output(t, p)
        p.delta["c"][t] = self.cell_delta(t, p.kept(t, through_h, 0), p)
        da = (*self.through_state(t, p), do)
        p.dzx[t] = p.kept(t, join(*map(self.through_gate, self.gates, da, blocks(p.a[t], 4))), 0)

    def _gru_back(self, t, p):
        r, z, n = blocks(p.a[t], 3)
        dz, dn, p.direct = cells.gru_state_backward(p.delta["h"][t], p.a[t], p.h[t])
        dz_n = self.through_gate("n", dn, n)
        dr, du = self.through_reset(t, dz_n, p)
        dz_r, dz_z = self.through_gate("r", dr, r), self.through_gate("z", dz, z)
        p.dzx[t] = p.kept(t, join(dz_r, dz_z, dz_n), 0)
        p.dzh[t] = p.kept(t, join(dz_r, dz_z, du), 0)

    def _loss(self, params, x, y, tap=_untouched):
        return CRITERION(self._forward(params, x, tap).logits, y)


def _rows(over_time):
    """(T, N, K) as (T N, K): a sum over time and batch is one product."""
    return over_time.reshape(-1, over_time.shape[-1])
