"""The right files of which hostile ones are made: a text, and what stands in each of its places."""

HAND = """\
import os, sys
import numpy as np
{head}
rng = np.random.default_rng(0)
V, U, W, b = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)
params = {params}
x = {x}
y = {y}


def loss_and_grads(params, x, y):
    {body}
    z = x @ params["W"].T + params["b"]
    d = (z - y) / len(x)
    loss, grads = 0.5 * np.sum((z - y) ** 2) / len(x), {{"W": d.T @ x, "b": d.sum(axis=0)}}
    return {answer}


{tail}
"""
GIVEN = {
    "head": "", "params": '{"W": W, "b": b}', "x": "V", "y": "U", "body": "pass", "answer": "loss, grads", "tail": "",
}  # fmt: skip
THREE = """\
import jax, jax.numpy as jnp
import numpy as np
import torch
{head}
rng = np.random.default_rng(0)
V, U, W, b = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)
params = {params}
x = {x}
y = {y}


def hand(params, x, y):
    d = (x @ params["W"].T + params["b"] - y) / len(x)
    return 0.5 * np.sum(d * d) * len(x), {{"W": d.T @ x, "b": d.sum(axis=0)}}


def torch_loss(params, x, y):
    loss = 0.5 * ((x @ params["W"].T + params["b"] - y) ** 2).sum() / len(x)
    return {torch}


def jax_loss(params, x, y):
    loss = 0.5 * ((x @ params["W"].T + params["b"] - y) ** 2).sum() / len(x)
    return {jax}


{tail}
"""
GIVEN_THREE = GIVEN | {"torch": "loss", "jax": "loss"}
TORCH_OP = """\
import torch
{head}


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return {forward}

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return {backward}


def plain(a, b):
    return {plain}


def example():
    g = torch.Generator().manual_seed(0)
    return {inputs}
"""
GIVEN_OP = {
    "head": "", "forward": "a * b", "backward": "g * b, g * a", "plain": "a * b",
    "inputs": "torch.randn(3, 2, generator=g, dtype=torch.float64), "
    "torch.randn(3, 2, generator=g, dtype=torch.float64)",
}  # fmt: skip
JAX_OP = """\
import jax, jax.numpy as jnp
import numpy as np
{head}


@jax.custom_vjp
def scale(a, b):
    return {forward}


scale.defvjp(lambda a, b: (a * b, (a, b)), lambda kept, g: {backward})
plain = lambda a, b: {plain}
example = lambda: {inputs}
"""
GIVEN_JAX_OP = {
    "head": "", "forward": "a * b", "backward": "(g * kept[1], g * kept[0])", "plain": "a * b",
    "inputs": "(np.random.default_rng(0).normal(size=(3, 2)), np.ones((3, 2)))",
}  # fmt: skip
