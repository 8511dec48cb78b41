"""jax_ref.Recurrent spells its cells out under lax.scan; jax's own LSTM vouches for outputs and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.rnn import lstm_ref

import jax_ref
import manual

I, H, M, T, N = 3, 4, 5, 6, 7


def in_jax(params, x, lengths, y):
    """The loss, by jax's reference of cuDNN's LSTM; its second bias is 0."""
    zero = jnp.zeros((1, N, H), x.dtype)
    second = {0: jnp.zeros_like(params["b"])}
    weights = {0: params["W_ih"]}, {0: params["W_hh"]}, {0: params["b"]}, second
    x = x.reshape(N, T, I)
    _, h, _ = lstm_ref(x, zero, zero, *weights, lengths, I, H, 1, 0.0, False)
    logits = h[0] @ params["W_out"].T + params["b_out"]
    return -jax.nn.log_softmax(logits)[jnp.arange(N), y].mean()


@pytest.mark.parametrize("lengths", [None, [1, T, 2, 3, T, 5, 1]], ids=["full", "lengths"])
def test_jaxs_own_lstm_gives_the_same_loss_and_gradients(lengths):
    rng = np.random.default_rng(0)
    params = manual.Recurrent("lstm", I, H, M, T).init(rng)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in params.items()}
    x, y = rng.standard_normal((N, T * I)), rng.integers(0, M, N)
    with jax.enable_x64(True):
        params, x, y = jax_ref.from_numpy((params, x, y))
        own = jnp.array(lengths or [T] * N, jnp.int32)
        rows = jnp.column_stack([x, own]) if lengths else x
        loss, grads = jax_ref.Recurrent("lstm", I, H, M, T).loss_and_grads(params, rows, y)
        their_loss, theirs = jax.value_and_grad(in_jax)(params, x, own, y)
        assert float(loss) == pytest.approx(float(their_loss), rel=1e-12)
        for name, grad in grads.items():
            assert np.allclose(grad, theirs[name], rtol=1e-10, atol=1e-13), name


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_time_is_scanned_not_unrolled(cell):
    """The graph is as large for 50 steps as for 5."""

    def equations(steps):
        net, rng = manual.Recurrent(cell, I, H, M, steps), np.random.default_rng(0)
        arguments = jax_ref.from_numpy(
            (net.init(rng, "float32"), np.ones((N, steps * I), "float32"), np.ones(N, int))
        )
        return len(jax.make_jaxpr(jax_ref.Recurrent(cell, I, H, M, steps).loss)(*arguments).eqns)

    assert equations(50) == equations(5)
