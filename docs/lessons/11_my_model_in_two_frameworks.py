"""
My model in two frameworks
==========================

A small network with a batch norm is written in torch and ported to jax, line by line, by somebody who knows both. It
runs, its loss goes down, and it never trains as well. **Where do the two part, and why?**

Prediction: the port holds five mistakes, one convention of the frameworks each. Every one shows at step 0 or 1 of a run
from the same parameters, and hides the ones behind it: the loss first, then the gradients, what a batch norm carries,
the update.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
import torch.nn.functional as F

import threeways

rng = np.random.default_rng(0)
WIDTH = 6
x = rng.normal(size=(64, WIDTH))
y = np.sin(x[:, :2]) + 0.1 * rng.normal(size=(64, 2))

# %%
# The network in torch
# --------------------
# A Linear layer that is square, a batch norm, a gelu, features divided by their standard deviation, a Linear layer.


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(WIDTH, WIDTH)
        self.norm = torch.nn.BatchNorm1d(WIDTH)
        self.last = torch.nn.Linear(WIDTH, 2)

    def forward(self, x):
        h = F.gelu(self.norm(self.first(x)))
        h = h / h.std(dim=1, keepdim=True)
        return self.last(h)


torch.manual_seed(0)
model = Net()


def torch_update(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


# %%
# The port
# --------
# Every line below is what the line above looks like in jax. ``right`` lists the lines that were corrected.

start = {
    "first": {"weight": jnp.zeros((WIDTH, WIDTH)), "bias": jnp.zeros(WIDTH)},
    "norm": {"weight": jnp.zeros(WIDTH), "bias": jnp.zeros(WIDTH)},
    "last": {"weight": jnp.zeros((2, WIDTH)), "bias": jnp.zeros(2)},
}
statistics = {"norm": {"running_mean": jnp.zeros(WIDTH), "running_var": jnp.ones(WIDTH)}}


def port(right):
    """Return (loss, update) of the port, with the mistakes in ``right`` corrected."""
    ddof = 1 if "std" in right else 0
    momentum = 0.1 if "momentum" in right else 0.9  # torch's momentum=0.1, as flax counts it
    epsilon = 1e-8 if "epsilon" in right else 1e-7

    def loss(p, state, x, y):
        first = p["first"]["weight"]
        z = x @ (first.T if "layout" in right else first) + p["first"]["bias"]
        mean, var, n = z.mean(0), z.var(0), len(z)
        old, new = 1 - momentum, momentum
        after = {
            "running_mean": old * state["norm"]["running_mean"] + new * mean,
            "running_var": old * state["norm"]["running_var"] + new * var * n / (n - 1),
        }
        z = (z - mean) / jnp.sqrt(var + 1e-5) * p["norm"]["weight"] + p["norm"]["bias"]
        h = jax.nn.gelu(z, approximate="gelu" not in right)
        h = h / h.std(axis=1, keepdims=True, ddof=ddof)
        out = h @ p["last"]["weight"].T + p["last"]["bias"]
        return ((out - y) ** 2).mean(), {"norm": after}

    return loss, optax.adam(0.01, eps=epsilon)


def trio(right):
    loss, update = port(right)
    return threeways.Trio(
        torch=(model, F.mse_loss),
        jax=(start, loss),
        jax_state=statistics,
        batch=(x, y),
        update={"torch": torch_update, "jax": update},
        name="the port",
    )


# %%
# One after the other
# -------------------
# Several mistakes at once have no single cause, so the first look is at the port with one mistake left in each turn. A
# name is not guessed: the run of one framework is repeated with one of its operations in another convention, until it
# gives the other's numbers.

EVERY = ("layout", "gelu", "std", "momentum", "epsilon")
NAMED = {
    "layout": "linear-layout",
    "gelu": "gelu-approximate",
    "std": "std-correction",
    "momentum": "batchnorm-momentum",
    "epsilon": "update-rule",
}
for mistake in EVERY:
    result = threeways.train(trio(set(EVERY) - {mistake}), steps=5)
    assert result.ok is False and result.finding.step <= 1
    print(f"{mistake}:\n  {result.finding.sentence}\n")
    assert NAMED[mistake] in result.finding.one_of

# %%
# All five together: the first that rounding does not explain is the loss of step 0. Three causes at once have no
# name, two have. With these corrected the others come out in the order in which a step computes them.

wrong = threeways.train(trio(set()), steps=5)
print(wrong.finding.sentence)
assert wrong.finding.kind == "loss" and wrong.finding.one_of == ()
wrong = threeways.train(trio({"layout"}), steps=5)
print(wrong.finding.sentence)
assert set(wrong.finding.one_of) == {"gelu-approximate", "std-correction"}
left = threeways.train(trio({"layout", "gelu", "std"}), steps=5)
print(left.finding.sentence)
assert left.finding.kind == "statistics"

# %%
# Right
# -----
# With all five corrected the two agree to the last digits for as long as one likes.

right = threeways.train(trio(set(EVERY)), steps=100)
print(right)
assert right.ok

# %%
# What to remember: the defaults of two frameworks are two conventions. torch's gelu is exact, its ``std`` divides by
# n-1, its BatchNorm's momentum weighs the new value, its Linear holds [out, in]; jax takes the tanh approximation,
# divides by n, and flax's momentum weighs the old value. None raises an error. Compare one step from the same
# parameters, in float64, before you compare two curves.
