"""One network three ways: by hand in NumPy, in torch and in jax. Leave out what you do not have; two are enough.

    threeways gradients THIS_FILE     do the gradients agree?
    threeways curves THIS_FILE        do the versions train alike, and from which step not?
    threeways time THIS_FILE          what does compiling buy, and after how many steps?
    threeways graph THIS_FILE         the graphs that torch and jax make of it

Change the network, the data and the derivation to your own.
"""

import jax.numpy as jnp
import numpy as np
import torch

rng = np.random.default_rng(0)

# The parameters to start from, in NumPy: every version gets these numbers. Any nest of dicts and lists will do. Without
# `params` those of torch_model are taken.
params = {
    "W1": 0.5 * rng.normal(size=(8, 3)),
    "b1": 0.1 * rng.normal(size=8),
    "W2": 0.5 * rng.normal(size=(2, 8)),
    "b2": 0.1 * rng.normal(size=2),
}

# The data: all samples, from which batches are drawn. Or a function batch(rng) that returns one batch (x, y).
x = rng.normal(size=(64, 3))
y = np.stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2]], axis=1)


# 1. By hand: (params, x, y) -> (loss, gradients under the names of the parameters)
def hand(params, x, y):
    a1 = np.tanh(x @ params["W1"].T + params["b1"])
    a2 = a1 @ params["W2"].T + params["b2"]
    loss = np.mean((a2 - y) ** 2)
    delta2 = 2 * (a2 - y) / y.size  # the mean is over batch and outputs
    delta1 = (delta2 @ params["W2"]) * (1 - a1**2)
    return loss, {
        "W1": delta1.T @ x,
        "b1": delta1.sum(axis=0),
        "W2": delta2.T @ a1,
        "b2": delta2.sum(axis=0),
    }


# 2. torch: a module and a loss (output, y), or a loss (module, x, y). The module's arrays are paired with `params` by
# name, order and shape; the report says how. Where that goes wrong: names = {"torch": {"W1": "0.weight", ...}}.
# Without torch_model, torch_loss is a function of the parameters themselves, (params, x, y) -> scalar.
torch_model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
torch_loss = torch.nn.functional.mse_loss


# 3. jax: a loss of the parameters, (params, x, y) -> scalar. With jax_model = a module of equinox, or the parameters of
# flax or haiku, it is a function (jax_model, x, y) -> scalar instead.
def jax_loss(params, x, y):
    a1 = jnp.tanh(x @ params["W1"].T + params["b1"])
    return jnp.mean((a1 @ params["W2"].T + params["b2"] - y) ** 2)


# The update is one for all, `threeways curves THIS_FILE --optimizer adam --rate 0.01`, or each version's own:
#
# def torch_update(parameters):
#     return torch.optim.Adam(parameters, lr=0.01)
#
# jax_update = optax.adam(0.01)
#
# def hand_update(params, grads, state):  # state is None at the first step
#     return {name: p - 0.01 * grads[name] for name, p in params.items()}, state
#
# Batch norm's running statistics: those of a torch module are found. In jax, jax_state is a pytree of them, and
# jax_loss(model, state, x, y) returns (loss, state).
