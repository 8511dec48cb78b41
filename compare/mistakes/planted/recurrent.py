"""Mistakes in the backward pass through time; where="whole": all steps share one line."""

from dataclasses import replace
from functools import partial

import numpy as np

from manual import Recurrent
from manual.layers import cells

from ..mistake import mistake
from ..needs import all_of

recurrent = partial(mistake, where="whole", network="Recurrent")


def _cell(name):
    return lambda site: None if site.net.cell == name else f"the cell is {site.net.cell}, not {name}"


def _steps(site):
    return "one step: nothing is carried back" if site.net.steps < 2 else None


@recurrent("rnn-carry-dropped", "hidden_carry", needs=_steps)
def _(net, right, t, trace):
    """
    wrong: dh_t = 0 for every step but the last
    right: dh_t = dz_next @ W_hh, dz_next the deltas of the step after it
    why: the loss sees h_t through all the steps after it; without what they hand back only the last one learns
    """
    return net.while_alive(t, np.zeros_like(trace.delta["h"][t]), trace.delta["h"][t], trace)


@recurrent("rnn-carry-dropped:direct", "hidden_carry", needs=all_of(_steps, _cell("gru")))
def _(net, right, t, trace):
    """
    wrong: dh_t = dz_next @ W_hh
    right: dh_t = dz_next @ W_hh + dh_next * z_next
    why: h_t is used twice, in the gates' net inputs and as z * h_t itself
    """
    return net.while_alive(t, trace.delta["zh"][t] @ trace.params["W_hh"], trace.delta["h"][t], trace)


@recurrent("weight-not-transposed:recurrent", "hidden_carry", needs=all_of(_steps, _cell("rnn")))
def _(net, right, t, trace):
    """
    wrong: dh_t = dz_next @ W_hh.T
    right: dh_t = dz_next @ W_hh
    why: forward h_t is multiplied with W_hh.T, so back with W_hh; it is square, so both run
    """
    return net.while_alive(t, trace.delta["zh"][t] @ trace.params["W_hh"].T, trace.delta["h"][t], trace)


@recurrent("missing-activation-derivative:recurrent", "through_gate", needs=_cell("rnn"))
def _(net, right, gate, da, a):
    """
    wrong: dz_t = dh_t
    right: dz_t = dh_t * (1 - h_t**2)
    why: h_t = tanh(z_t), at every step
    """
    return da


@recurrent("lstm-cell-not-accumulated", "cell_delta", needs=all_of(_steps, _cell("lstm")))
def _(net, right, t, through_h, trace):
    """
    wrong: dc_t = dh_t * o_t * (1 - tanh(c_t)**2)
    right: dc_t = dh_t * o_t * (1 - tanh(c_t)**2) + dc_next * f_next
    why: c_t is used twice, in h_t and in the next cell state; both contributions add up
    """
    if t == net.steps - 1:
        return through_h
    # A sequence that has ended passes on the gradient of its state.
    above = trace.delta["c"][t + 1]
    return through_h + net.while_alive(t + 1, np.zeros_like(above), above, trace)


@recurrent("lstm-tanh-twice", "through_output", needs=_cell("lstm"))
def _(net, right, t, trace):
    """
    wrong: dc_t += dh_t * o_t * (1 - np.tanh(s_t)**2), s_t = tanh(c_t) already
    right: dc_t += dh_t * o_t * (1 - s_t**2)
    why: the forward pass keeps tanh(c_t), not c_t
    """
    do, _ = right(t, trace)
    s = np.tanh(trace.kept["tanh_c"][t])
    return do, cells.lstm_output_backward(trace.delta["h"][t], trace.a["gates"][t], s)[1]


def _gate_derivative_missing(gate, dgate):
    def override(net, right, name, da, a):
        return da if name == gate else right(name, da, a)

    override.__doc__ = f"""
    wrong: dz_{gate} = {dgate}
    right: dz_{gate} = {dgate} * {gate}_t * (1 - {gate}_t)
    why: the gate is {gate}_t = sigma(z_{gate}), and sigma' = sigma (1 - sigma)
    """
    return override


for id, gate, dgate, condition in (
    ("", "i", "dc_t * g_t", _cell("lstm")),
    (":f", "f", "dc_t * c_before", all_of(_steps, _cell("lstm"))),
    (":o", "o", "dh_t * tanh(c_t)", _cell("lstm")),
):
    enter = recurrent(f"lstm-gate-derivative-missing{id}", "through_gate", needs=condition)
    enter(_gate_derivative_missing(gate, dgate))


@recurrent("lstm-gate-derivative-missing:g", "through_gate", needs=_cell("lstm"))
def _(net, right, gate, da, a):
    """
    wrong: dz_g = dc_t * i_t * g_t * (1 - g_t)
    right: dz_g = dc_t * i_t * (1 - g_t**2)
    why: g_t is a tanh, not a sigmoid like the three gates
    """
    return right("i" if gate == "g" else gate, da, a)


def _first_step(trace):
    delta = trace.delta | {"zx": trace.delta["zx"][:1], "zh": trace.delta["zh"][:1]}
    return replace(trace, x=trace.x[:1], a=trace.a | {"h": trace.a["h"][:2]}, delta=delta)


@recurrent("assigned-not-accumulated:time", "recurrent_weight_gradient", needs=_steps)
class OneStepAlone(Recurrent):
    """
    wrong: dW_ih = dz_t.T @ x_t, and so for dW_hh and db, at each step of the loop
    right: dW_ih += dz_t.T @ x_t, and so for dW_hh and db
    why: all steps share the weights; of an assignment only the last one, the first step's, is left
    """

    def input_weight_gradient(self, trace):
        return super().input_weight_gradient(_first_step(trace))

    def recurrent_weight_gradient(self, trace):
        return super().recurrent_weight_gradient(_first_step(trace))

    def bias_gradient(self, trace):
        return super().bias_gradient(_first_step(trace))

    def candidate_bias_gradient(self, trace):
        return super().candidate_bias_gradient(_first_step(trace))


@recurrent("activation-not-previous:time", "recurrent_weight_gradient")
def _(net, right, trace):
    """
    wrong: dW_hh += dz_t.T @ h_t
    right: dW_hh += dz_t.T @ h_before, the state that step t began with
    why: W_hh multiplies the state that came in, not the one that went out
    """
    h = trace.a["h"]
    return right(replace(trace, a=trace.a | {"h": np.concatenate([h[1:], h[:1]])}))
