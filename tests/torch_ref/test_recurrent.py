"""torch_ref.Recurrent spells its cells out; torch's own fused layers vouch for outputs and parameter gradients."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

import manual
import torch_ref

FUSED = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
I, H, M, T, N = 3, 4, 5, 6, 7


def fused(cell, params):
    """torch's own layer with these parameters: b in the first of its two biases, b_hn in the second."""
    layer = FUSED[cell](I, H, dtype=torch.float64)
    second = torch.zeros_like(params["b"])
    if cell == "gru":
        second[2 * H :] = params["b_hn"]
    named = {"weight_ih_l0": "W_ih", "weight_hh_l0": "W_hh", "bias_ih_l0": "b"}
    layer.load_state_dict({theirs: params[ours] for theirs, ours in named.items()} | {"bias_hh_l0": second})
    return layer


@pytest.mark.parametrize("lengths", [False, True], ids=["full", "lengths"])
@pytest.mark.parametrize("cell", FUSED)
def test_torchs_own_layer_gives_the_same_outputs_and_gradients(cell, lengths):
    rng = np.random.default_rng(0)
    net = torch_ref.Recurrent(cell, I, H, M, T)
    params = manual.Recurrent(cell, I, H, M, T).init(rng)
    params = torch_ref.from_numpy({n: p + 0.3 * rng.standard_normal(p.shape) for n, p in params.items()})
    x, y = torch_ref.from_numpy((rng.standard_normal((N, T * I)), rng.integers(0, M, N)))
    own = torch.full((N,), T) if not lengths else torch.tensor([1, T, 2, 3, T, 5, 1])
    layer = fused(cell, params)
    W, b = params["W_out"].clone().requires_grad_(), params["b_out"].clone().requires_grad_()
    packed = pack_padded_sequence(x.reshape(N, T, I), own, batch_first=True, enforce_sorted=False)
    last = layer(packed)[1]
    logits = (last[0] if cell == "lstm" else last)[0] @ W.T + b
    loss = torch.nn.functional.cross_entropy(logits, y)
    W_ih, W_hh, b_ih, b_hh, W, b = torch.autograd.grad(loss, [*layer.parameters(), W, b])
    theirs = {"W_ih": W_ih, "W_hh": W_hh, "b": b_ih, "W_out": W, "b_out": b}
    if cell == "gru":
        theirs["b_hn"] = b_hh[2 * H :]
    rows = torch.hstack([x, own[:, None].double()]) if lengths else x
    ours, grads = net.loss_and_grads(params, rows, y)
    torch.testing.assert_close(net.forward(params, rows), torch.softmax(logits, -1), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(ours, loss.detach(), rtol=1e-12, atol=0)
    assert grads.keys() == theirs.keys()
    for name, grad in grads.items():
        torch.testing.assert_close(grad, theirs[name], rtol=1e-10, atol=1e-13)
