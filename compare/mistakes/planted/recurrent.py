"""What goes wrong on the way back through time; where="whole": all steps share one line."""

from dataclasses import replace
from functools import partial

import numpy as np

from manual.layers import cells

from ..mistake import mistake

recurrent = partial(mistake, where="whole", network="Recurrent")


def _cell(*names):
    def needs(net, params, x, y, layers):
        return None if net.cell in names else f"the cell is {net.cell}, not {' or '.join(names)}"

    return needs


def _steps(net, params, x, y, layers):
    return "one step: nothing is carried back" if net.steps < 2 else None


def _steps_of(*names):
    return lambda *case: _steps(*case) or _cell(*names)(*case)


@recurrent("rnn-carry-dropped", "hidden_carry", needs=_steps)
def carry_dropped(Net, at):
    """
    wrong: dh_t = 0 for every step but the last
    right: dh_t = dz_next @ W_hh, dz_next the deltas of the step after it
    why: the loss sees h_t through all the steps after it; without what they hand back only the last one learns
    """

    class Planted(Net):
        def hidden_carry(self, t, p):
            return self.while_alive(t, np.zeros_like(p.delta["h"][t]), p.delta["h"][t], p)

    return Planted


@recurrent("rnn-carry-dropped:direct", "hidden_carry", needs=_steps_of("gru"))
def direct_carry_dropped(Net, at):
    """
    wrong: dh_t = dz_next @ W_hh
    right: dh_t = dz_next @ W_hh + dh_next * z_next
    why: h_t is used twice, in the gates' net inputs and as z * h_t itself
    """

    class Planted(Net):
        def hidden_carry(self, t, p):
            return self.while_alive(t, p.delta["zh"][t] @ p.params["W_hh"], p.delta["h"][t], p)

    return Planted


@recurrent("weight-not-transposed:recurrent", "hidden_carry", needs=_steps_of("rnn"))
def recurrent_weight_not_transposed(Net, at):
    """
    wrong: dh_t = dz_next @ W_hh.T
    right: dh_t = dz_next @ W_hh
    why: forward h_t is multiplied with W_hh.T, so back with W_hh; it is square, so both run
    """

    class Planted(Net):
        def hidden_carry(self, t, p):
            return self.while_alive(t, p.delta["zh"][t] @ p.params["W_hh"].T, p.delta["h"][t], p)

    return Planted


@recurrent("missing-activation-derivative:recurrent", "through_gate", needs=_cell("rnn"))
def tanh_derivative_missing(Net, at):
    """
    wrong: dz_t = dh_t
    right: dz_t = dh_t * (1 - h_t**2)
    why: h_t = tanh(z_t), at every step
    """

    class Planted(Net):
        def through_gate(self, gate, da, a):
            return da

    return Planted


@recurrent("lstm-cell-not-accumulated", "cell_delta", needs=_steps_of("lstm"))
def cell_not_accumulated(Net, at):
    """
    wrong: dc_t = dh_t * o_t * (1 - tanh(c_t)**2)
    right: dc_t = dh_t * o_t * (1 - tanh(c_t)**2) + dc_next * f_next
    why: c_t is used twice, in h_t and in the next cell state; both contributions add up
    """

    class Planted(Net):
        def cell_delta(self, t, through_h, p):
            # A sequence that has ended hands on what its state is given.
            return through_h if t == self.steps - 1 else through_h + self._past_the_end(t + 1, p)

        def _past_the_end(self, t, p):
            return self.while_alive(t, np.zeros_like(p.delta["c"][t]), p.delta["c"][t], p)

    return Planted


@recurrent("lstm-tanh-twice", "through_output", needs=_cell("lstm"))
def tanh_twice(Net, at):
    """
    wrong: dc_t += dh_t * o_t * (1 - np.tanh(s_t)**2), s_t = tanh(c_t) already
    right: dc_t += dh_t * o_t * (1 - s_t**2)
    why: what was kept on the way forward is tanh(c_t), not c_t
    """

    class Planted(Net):
        def through_output(self, t, p):
            do, _ = super().through_output(t, p)
            s = np.tanh(p.kept["tanh_c"][t])
            return do, cells.lstm_output_backward(p.delta["h"][t], p.a["gates"][t], s)[1]

    return Planted


def _gate_derivative_missing(gate, da):
    """The mistake for one gate: its sigma' is left out."""

    def plant(Net, at):
        class Planted(Net):
            def through_gate(self, name, da, a):
                return da if name == gate else super().through_gate(name, da, a)

        return Planted

    plant.__doc__ = f"""
    wrong: dz_{gate} = {da}
    right: dz_{gate} = {da} * {gate}_t * (1 - {gate}_t)
    why: the gate is {gate}_t = sigma(z_{gate}), and sigma' = sigma (1 - sigma)
    """
    return plant


for gate, da in (("i", "dc_t * g_t"), ("f", "dc_t * c_before"), ("o", "dh_t * tanh(c_t)")):
    recurrent(
        "lstm-gate-derivative-missing" + (f":{gate}" if gate != "i" else ""),
        "through_gate",
        needs=_steps_of("lstm") if gate == "f" else _cell("lstm"),
    )(_gate_derivative_missing(gate, da))


@recurrent("lstm-gate-derivative-missing:g", "through_gate", needs=_cell("lstm"))
def candidate_through_sigmoid(Net, at):
    """
    wrong: dz_g = dc_t * i_t * g_t * (1 - g_t)
    right: dz_g = dc_t * i_t * (1 - g_t**2)
    why: g_t is a tanh, not a sigmoid like the three gates
    """

    class Planted(Net):
        def through_gate(self, name, da, a):
            return super().through_gate("i" if name == "g" else name, da, a)

    return Planted


@recurrent("assigned-not-accumulated:time", "recurrent_weight_gradient", needs=_steps)
def only_one_step(Net, at):
    """
    wrong: dW_ih = dz_t.T @ x_t, and so for dW_hh and db, at each step of the loop
    right: dW_ih += dz_t.T @ x_t, and so for dW_hh and db
    why: all steps share the weights; of an assignment only the last one, the first step's, is left
    """

    class Planted(Net):
        def input_weight_gradient(self, p):
            return super().input_weight_gradient(_first_step(p))

        def recurrent_weight_gradient(self, p):
            return super().recurrent_weight_gradient(_first_step(p))

        def bias_gradient(self, p):
            return super().bias_gradient(_first_step(p))

        def candidate_bias_gradient(self, p):
            return super().candidate_bias_gradient(_first_step(p))

    return Planted


def _first_step(p):
    delta = p.delta | {"zx": p.delta["zx"][:1], "zh": p.delta["zh"][:1]}
    return replace(p, x=p.x[:1], a=p.a | {"h": p.a["h"][:2]}, delta=delta)


@recurrent("activation-not-previous:time", "recurrent_weight_gradient")
def state_not_previous(Net, at):
    """
    wrong: dW_hh += dz_t.T @ h_t
    right: dW_hh += dz_t.T @ h_before, the state that step t began with
    why: W_hh multiplies the state that came in, not the one that went out
    """

    class Planted(Net):
        def recurrent_weight_gradient(self, p):
            h = p.a["h"]
            shifted = replace(p, a=p.a | {"h": np.concatenate([h[1:], h[:1]])})
            return super().recurrent_weight_gradient(shifted)

    return Planted
